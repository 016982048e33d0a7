"""The provider's gRPC face: unpacks each request of the engine, hands it on, packs what comes back."""

# ruff: noqa: N802, ARG002 - the methods' names and parameters are gRPC's
import json
import traceback
from collections.abc import Iterable
from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2, empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from pulumi_local_aws.provider import lifecycle, registry, settings
from pulumi_local_aws.provider.check import Naming, check
from pulumi_local_aws.provider.cloud import AwsError, Cloud
from pulumi_local_aws.provider.diff import diff
from pulumi_local_aws.provider.lifecycle import Incomplete
from pulumi_local_aws.provider.registry import NotCarriedOut
from pulumi_local_aws.provider.resource import Resource
from pulumi_local_aws.provider.values import Path, decode, encode

PLUGIN_VERSION = "7.51.1"
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
        """The connection; the engine configures the provider before it asks for anything of AWS."""
        if self._cloud is None:
            raise AwsError("configure", "", "the provider is not configured yet")
        return self._cloud

    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:
        """The version of pulumi-aws whose resources these are."""
        return plugin_pb2.PluginInfo(version=PLUGIN_VERSION)

    def GetSchema(self, request: Any, context: Any) -> provider_pb2.GetSchemaResponse:
        """A schema with names only; the SDK has the full one."""
        return provider_pb2.GetSchemaResponse(schema=json.dumps({"name": "aws", "version": PLUGIN_VERSION}))

    def CheckConfig(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:
        """Refuse config that is not carried out."""
        config, _ = decode(request.news)
        return provider_pb2.CheckResponse(inputs=request.news, failures=_failures(settings.refused(config)))

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: Any) -> provider_pb2.DiffResponse:
        """Another Region or endpoint is no reason to replace anything here."""
        same = decode(request.old_inputs)[0] == decode(request.news)[0]
        changes = provider_pb2.DiffResponse.DIFF_NONE if same else provider_pb2.DiffResponse.DIFF_SOME
        return provider_pb2.DiffResponse(changes=changes)

    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Connect."""
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
        """Inputs with defaults and name, or what is wrong with them."""
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
        """Which properties change, and which of them replace."""
        kind = _resource(request.type, context)
        changes = diff(kind, decode(request.old_inputs)[0], decode(request.news)[0], decode(request.olds)[0])
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
        """Create it, or tell what the outputs would be."""
        kind = _resource(request.type, context)
        inputs, secrets = decode(request.properties)
        if request.preview:
            planned = encode(lifecycle.planned(kind, inputs), _secrets(kind, secrets))
            return provider_pb2.CreateResponse(properties=planned)
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
        """What is there now; an empty answer says that it is gone."""
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
        """Update it in place, or tell what the outputs would be."""
        kind = _resource(request.type, context)
        state, (news, secrets) = decode(request.olds)[0], decode(request.news)
        if request.preview:
            planned = lifecycle.planned(kind, news, state)
            return provider_pb2.UpdateResponse(properties=encode(planned, _secrets(kind, secrets)))
        try:
            outputs = lifecycle.update(kind, self.cloud, request.id, state=state, news=news)
        except Exception as error:
            _abort_partial(context, request.urn, error, request.news, _secrets(kind, secrets))
        return provider_pb2.UpdateResponse(properties=encode(outputs, _secrets(kind, secrets)))

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Delete it; gone already is fine."""
        kind = _resource(request.type, context)
        try:
            lifecycle.delete(kind, self.cloud, request.id, decode(request.properties)[0])
        except Exception as error:
            _abort(context, request.urn, error)
        return empty_pb2.Empty()

    def Invoke(
        self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.InvokeResponse:
        """Call a function of the package."""
        try:
            result = registry.invoke(self.cloud, request.tok, decode(request.args)[0])
        except Exception as error:
            _abort(context, request.tok, error)
        answer = provider_pb2.InvokeResponse()
        getattr(answer, "return").CopyFrom(encode(result))
        return answer

    def Cancel(self, request: Any, context: Any) -> empty_pb2.Empty:
        """Nothing to cancel: each call to the emulator is short and bounded."""
        return empty_pb2.Empty()


def _resource(kind: str, context: grpc.ServicerContext) -> Resource:
    try:
        return registry.resource(kind)
    except NotCarriedOut as error:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, str(error))


def _failures(failures: Iterable[tuple[str, str]]) -> list[provider_pb2.CheckFailure]:
    return [provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in failures]


def _secrets(kind: Resource, given: Iterable[Path]) -> set[Path]:
    """What the program made secret, and what the resource type always keeps secret."""
    return set(given) | {(name,) for name, prop in kind.table.items() if prop.secret}


def _abort_partial(
    context: grpc.ServicerContext, urn: str, error: Exception, inputs: Any, secrets: Iterable[Path]
) -> NoReturn:
    """End a create or an update with the error; with what is there, where it was not all, for the state."""
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
    """End the request with the error; a defect of ours with its trace, so that it can be reported."""
    if isinstance(error, AwsError | NotCarriedOut):
        context.abort(grpc.StatusCode.UNKNOWN, str(error))
    trace = "".join(traceback.format_exception(error))
    context.abort(grpc.StatusCode.INTERNAL, f"a defect of the local AWS provider, for {urn}:\n{trace}")
