"""Drives the package's own plugin process as the engine does: `Construct` over gRPC.

The process, its provider and its components are real. The one fake is the resource monitor, with which the
components register their resources: it records each registration and returns the outputs of `deployed.py`.
"""

import json
import subprocess
import sys
from collections.abc import Generator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    provider_pb2,
    provider_pb2_grpc,
    resource_pb2,
    resource_pb2_grpc,
)

from tests.components.deployed import ACCOUNT, PROJECT, REGION, STACK, aws_outputs

FOLDER = Path(__file__).resolve().parents[2] / "components"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How the engine writes a value that is known at deployment only."""
SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key by which a struct is a special value; the three below are its values
(https://pkg.go.dev/github.com/pulumi/pulumi/sdk/v3/go/common/resource)."""
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
_ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
_FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_OUTPUT_VALUES,
)
_CONSTRUCT_SECONDS = 120


def output(value: Any = UNKNOWN, *, secret: bool = False) -> dict[str, Any]:
    """Return an output as an SDK sends it; without a value, one that is known at deployment only."""
    known = {} if value == UNKNOWN else {"value": value}
    return {SIGNATURE: _OUTPUT, **known, "secret": secret, "dependencies": []}


def archive(path: Path) -> dict[str, Any]:
    """Return a FileArchive as an SDK sends it."""
    return {SIGNATURE: _ARCHIVE, "path": str(path), "hash": "0" * 64}


@dataclass(frozen=True, kw_only=True)
class Registered:
    """One resource that a component registered."""

    type: str
    name: str
    parent: str
    inputs: dict[str, Any]
    request: resource_pb2.RegisterResourceRequest = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Constructed:
    """A component that the plugin process constructed."""

    urn: str
    outputs: dict[str, Any]
    resources: list[Registered]

    def of(self, kind: str) -> list[Registered]:
        """Return the resources of a type: the part after the last colon."""
        return [item for item in self.resources if item.type.rpartition(":")[2] == kind]

    def one(self, kind: str) -> Registered:
        """Return the one resource of a type."""
        (found,) = self.of(kind)
        return found


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Records registrations. A preview leaves what AWS decides unknown."""

    def __init__(self) -> None:
        self.registered: list[Registered] = []
        self.preview = False

    def GetDeploymentInfo(  # noqa: N802 - a name of the protocol
        self, request: empty_pb2.Empty, context: grpc.ServicerContext
    ) -> resource_pb2.DeploymentInfo:
        """Return what the engine supports."""
        return resource_pb2.DeploymentInfo(supportedFeatures=_FEATURES)

    def Invoke(  # noqa: N802
        self, request: resource_pb2.ResourceInvokeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.InvokeResponse:
        """Return the account, the Region and the partition."""
        response = provider_pb2.InvokeResponse()
        returned = cast(struct_pb2.Struct, getattr(response, "return"))  # a keyword of Python
        returned.update({"region": REGION, "accountId": ACCOUNT, "partition": "aws"})
        return response

    def RegisterResource(  # noqa: N802
        self, request: resource_pb2.RegisterResourceRequest, context: grpc.ServicerContext
    ) -> resource_pb2.RegisterResourceResponse:
        """Record a resource and return its outputs."""
        inputs = cast(dict[str, Any], _plain(json_format.MessageToDict(request.object)))
        parent = request.parent.rpartition("::")[2]
        self.registered.append(
            Registered(type=request.type, name=request.name, parent=parent, inputs=inputs, request=request)
        )
        name: str = inputs.get("name") or request.name
        made = aws_outputs(request.type, name, inputs) if request.custom and not self.preview else {}
        return resource_pb2.RegisterResourceResponse(
            urn=f"urn:pulumi:{STACK}::{PROJECT}::{request.type}::{request.name}",
            id="" if self.preview or not request.custom else f"{request.name}-id",
            object=_struct({"name": request.name, **inputs, **made}),
        )

    def RegisterResourceOutputs(  # noqa: N802
        self, request: resource_pb2.RegisterResourceOutputsRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Take a component's outputs, which `Construct` returns too."""
        return empty_pb2.Empty()


class Log(engine_pb2_grpc.EngineServicer):
    """Keeps what the plugin process logs at the engine."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def Log(  # noqa: N802
        self, request: engine_pb2.LogRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Keep a message that a user would see."""
        if request.severity != engine_pb2.DEBUG:
            self.messages.append(request.message)
        return empty_pb2.Empty()


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """The running plugin process."""

    monitor: Monitor
    monitor_address: str
    provider: Any
    """The stub, whose methods have no types of their own."""

    def schema(self) -> dict[str, Any]:
        """Return the schema that the process serves."""
        return json.loads(self.provider.GetSchema(provider_pb2.GetSchemaRequest()).schema)

    def construct(
        self, component: str, inputs: dict[str, Any], *, preview: bool = False, **options: Any
    ) -> Constructed:
        """Construct a component; `options` are the request's own. Raises grpc.RpcError if it is refused."""
        self.monitor.registered.clear()
        self.monitor.preview = preview
        request = provider_pb2.ConstructRequest(
            project=PROJECT,
            stack=STACK,
            organization="organization",
            type=f"websocket_sessions:index:{component}",
            name="made",
            monitorEndpoint=self.monitor_address,
            dryRun=preview,
            parallel=1,
            inputs=_struct(inputs),
            accepts_output_values=True,
            **options,
        )
        response = self.provider.Construct(request, timeout=_CONSTRUCT_SECONDS)
        return Constructed(
            urn=response.urn,
            outputs=cast(dict[str, Any], _plain(json_format.MessageToDict(response.state))),
            resources=list(self.monitor.registered),
        )


@contextmanager
def running_plugin(cwd: Path) -> Generator[Plugin]:
    """Start the plugin process in a program's folder, as the language host does, and a monitor for it."""
    monitor = Monitor()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
    engine_pb2_grpc.add_EngineServicer_to_server(Log(), server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    command = [sys.executable, FOLDER, address]
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            yield Plugin(monitor=monitor, monitor_address=address, provider=stub)
    finally:
        process.terminate()
        process.wait()
        server.stop(None)


def _struct(values: dict[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(values, struct_pb2.Struct())


def _plain(value: Any) -> Any:
    """Return a value without the structs of outputs and secrets around it."""
    if isinstance(value, list):
        return [_plain(item) for item in cast(list[Any], value)]
    if not isinstance(value, dict):
        return value
    known = cast(dict[str, Any], value)
    if known.get(SIGNATURE) in (_OUTPUT, SECRET):
        return _plain(known.get("value", UNKNOWN))
    return {key: _plain(item) for key, item in known.items()}
