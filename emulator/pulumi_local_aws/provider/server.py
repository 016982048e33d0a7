"""Serve the engine's gRPC requests: decode each one, pass it on, encode the result."""

# ruff: noqa: N802, ARG002 - the methods' names and parameters are gRPC's
import json
import os
import traceback
from collections.abc import Iterable
from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2, empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from pulumi_local_aws.launchers import TESTED_VERSION, VERSION_VARIABLE
from pulumi_local_aws.provider import lifecycle, registry, settings
from pulumi_local_aws.provider.check import Naming, check
from pulumi_local_aws.provider.cloud import AwsError, Cloud
from pulumi_local_aws.provider.diff import changes_tags, diff
from pulumi_local_aws.provider.lifecycle import Incomplete
from pulumi_local_aws.provider.package_schema import package_schema
from pulumi_local_aws.provider.registry import UnsupportedError
from pulumi_local_aws.provider.resource import Resource
from pulumi_local_aws.provider.values import Path, decode, encode

PLUGIN_VERSION = os.environ.get(VERSION_VARIABLE, TESTED_VERSION)
_KINDS = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


class AwsProvider(provider_pb2_grpc.ResourceProviderServicer):
    """The `aws` package for the emulator, as the engine sees it."""

    def __init__(self) -> None:
        self._cloud: Cloud | None = None

    @property
    def cloud(self) -> Cloud:
        """The connection. Raises AwsError before the engine has configured the provider."""
        if self._cloud is None:
            raise AwsError("configure", "", "the provider is not configured yet")
        return self._cloud

    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:
        """Return the version of pulumi-aws whose resources these are."""
        return plugin_pb2.PluginInfo(version=PLUGIN_VERSION)

    def GetSchema(self, request: Any, context: Any) -> provider_pb2.GetSchemaResponse:
        """Return the schema of what is supported."""
        return provider_pb2.GetSchemaResponse(schema=json.dumps(package_schema(PLUGIN_VERSION)))

    def CheckConfig(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:
        """Refuse unsupported config."""
        config, _ = decode(request.news)
        return provider_pb2.CheckResponse(
            inputs=request.news, failures=_failures(settings.config_failures(config))
        )

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: Any) -> provider_pb2.DiffResponse:
        """Compare two configs; a change of Region or endpoint replaces nothing here."""
        same = decode(request.old_inputs)[0] == decode(request.news)[0]
        changes = provider_pb2.DiffResponse.DIFF_NONE if same else provider_pb2.DiffResponse.DIFF_SOME
        return provider_pb2.DiffResponse(changes=changes)

    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Connect to the endpoint that the config names."""
        self._cloud = settings.connect(decode(request.args)[0])
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True,
            supportsPreview=True,
            acceptResources=False,
            acceptOutputs=False,
            supports_autonaming_configuration=True,
        )

    def Check(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Return the inputs with defaults and name, and their failures."""
        kind = _resource(request.type, context)
        news, secrets = decode(request.news)
        mode = provider_pb2.CheckRequest.AutonamingOptions
        naming = Naming(
            name=request.name,
            seed=request.randomSeed,
            proposed=request.autonaming.proposed_name,
            enforced=request.autonaming.mode == mode.ENFORCE,
            disabled=request.autonaming.mode == mode.DISABLE,
        )
        try:
            checked = check(kind, news, decode(request.olds)[0], naming)
        except Exception as error:
            _abort(context, request.urn, error)
        return provider_pb2.CheckResponse(
            inputs=encode(checked.inputs, secrets), failures=_failures(checked.failures)
        )

    def Diff(
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Return the changed properties, and those that need a replacement."""
        kind = _resource(request.type, context)
        news, state = decode(request.news)[0], decode(request.olds)[0]
        changes = diff(kind, decode(request.old_inputs)[0], news, state)
        if not changes.properties and changes_tags(kind, news, state, self.cloud.default_tags):
            changes.properties["tagsAll"] = "update"
        answer = provider_pb2.DiffResponse
        return answer(
            changes=answer.DIFF_SOME if changes.properties else answer.DIFF_NONE,
            diffs=list(changes.properties),
            replaces=changes.replaces,
            deleteBeforeReplace=changes.delete_first,
            hasDetailedDiff=True,
            detailedDiff={
                name: provider_pb2.PropertyDiff(kind=_KINDS[change, name in changes.replaces], inputDiff=True)
                for name, change in changes.properties.items()
            },
        )

    def Create(
        self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CreateResponse:
        """Create the resource; in a preview, return the planned outputs."""
        kind = _resource(request.type, context)
        inputs, secrets = decode(request.properties)
        if request.preview:
            preview = encode(lifecycle.planned_outputs(kind, inputs), _secrets(kind, secrets))
            return provider_pb2.CreateResponse(properties=preview)
        try:
            resource_id, outputs = lifecycle.create(kind, self.cloud, inputs)
        except Exception as error:
            _abort_partial(context, request.urn, error, request.properties, _secrets(kind, secrets))
        return provider_pb2.CreateResponse(
            id=resource_id, properties=encode(outputs, _secrets(kind, secrets))
        )

    def Read(
        self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ReadResponse:
        """Return what AWS has now; an empty response means that the resource does not exist."""
        kind = _resource(request.type, context)
        state, marked = decode(request.properties)
        inputs, more = decode(request.inputs)
        importing = not state and not inputs
        try:
            found = lifecycle.read(kind, self.cloud, request.id, state, None if importing else inputs)
        except Exception as error:
            _abort(context, request.urn, error)
        if found is None:
            return provider_pb2.ReadResponse()
        secrets = _secrets(kind, marked | more)
        return provider_pb2.ReadResponse(
            id=found.resource_id,
            properties=encode(found.outputs, secrets),
            inputs=encode(found.inputs, secrets),
        )

    def Update(
        self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.UpdateResponse:
        """Update the resource in place; in a preview, return the planned outputs."""
        kind = _resource(request.type, context)
        state, (news, secrets) = decode(request.olds)[0], decode(request.news)
        if request.preview:
            outputs = lifecycle.planned_outputs(kind, news, state)
            return provider_pb2.UpdateResponse(properties=encode(outputs, _secrets(kind, secrets)))
        try:
            outputs = lifecycle.update(kind, self.cloud, request.id, state=state, news=news)
        except Exception as error:
            _abort_partial(context, request.urn, error, request.news, _secrets(kind, secrets))
        return provider_pb2.UpdateResponse(properties=encode(outputs, _secrets(kind, secrets)))

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Delete the resource; a resource that does not exist is no error."""
        kind = _resource(request.type, context)
        try:
            lifecycle.delete(kind, self.cloud, request.id, decode(request.properties)[0])
        except Exception as error:
            _abort(context, request.urn, error)
        return empty_pb2.Empty()

    def Invoke(
        self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.InvokeResponse:
        """Call one of the package's functions."""
        try:
            function = registry.function(request.tok)
            result = function.invoke(self.cloud, decode(request.args)[0])
        except Exception as error:
            _abort(context, request.tok, error)
        answer = provider_pb2.InvokeResponse()
        getattr(answer, "return").CopyFrom(encode(result, {(name,) for name in function.secrets}))
        return answer

    def Cancel(self, request: Any, context: Any) -> empty_pb2.Empty:
        """Cancel nothing: each call to the emulator is short and bounded."""
        return empty_pb2.Empty()


def _resource(kind: str, context: grpc.ServicerContext) -> Resource:
    try:
        return registry.resource(kind)
    except UnsupportedError as error:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, str(error))


def _failures(failures: Iterable[tuple[str, str]]) -> list[provider_pb2.CheckFailure]:
    return [provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in failures]


def _secrets(kind: Resource, given: Iterable[Path]) -> set[Path]:
    """Return the paths that the program marks as secret, and those that the type always keeps secret."""
    return set(given) | {(name,) for name, prop in kind.table.items() if prop.secret}


def _abort_partial(
    context: grpc.ServicerContext, urn: str, error: Exception, inputs: Any, secrets: Iterable[Path]
) -> NoReturn:
    """End a create or an update with the error; if the resource exists, with its outputs for the state."""
    if isinstance(error, Incomplete):
        detail = any_pb2.Any()
        detail.Pack(
            provider_pb2.ErrorResourceInitFailed(
                id=error.resource_id,
                properties=encode(error.outputs, secrets),
                reasons=[str(error)],
                inputs=inputs,
            )
        )
        code: int = grpc.StatusCode.UNKNOWN.value[0]
        status = status_pb2.Status(code=code, message=str(error), details=[detail])
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(grpc.StatusCode.UNKNOWN, str(error))
    _abort(context, urn, error)


def _abort(context: grpc.ServicerContext, urn: str, error: Exception) -> NoReturn:
    """End the request with the error; a defect of the provider includes its traceback."""
    if isinstance(error, AwsError | UnsupportedError):
        context.abort(grpc.StatusCode.UNKNOWN, str(error))
    trace = "".join(traceback.format_exception(error))
    context.abort(grpc.StatusCode.INTERNAL, f"a defect of the local AWS provider, for {urn}:\n{trace}")
