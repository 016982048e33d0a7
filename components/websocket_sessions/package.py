"""The components that the Pulumi package offers to programs in every language."""

import json
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, metadata
from typing import Any, cast

from pulumi import ComponentResource, InputPropertiesError, Inputs, Output, ResourceOptions, RunError
from pulumi.output import Unknown
from pulumi.provider import ConstructResult, Provider, main

from websocket_sessions import __version__
from websocket_sessions.arguments import camel_case, coerce_args
from websocket_sessions.cognito_users import CognitoUsers, CognitoUsersArgs
from websocket_sessions.event_channel import EventChannel, EventChannelArgs
from websocket_sessions.fan_out_queue import FanOutQueue, FanOutQueueArgs
from websocket_sessions.http_api import HttpApi, HttpApiArgs
from websocket_sessions.lambda_handler import LambdaHandler, LambdaHandlerArgs
from websocket_sessions.observability import Observability, ObservabilityArgs
from websocket_sessions.package_schema import PackageSchema, output_annotations
from websocket_sessions.schedule import Schedule, ScheduleArgs
from websocket_sessions.session_backend import SessionBackend, SessionBackendArgs
from websocket_sessions.session_tables import SessionTables, SessionTablesArgs
from websocket_sessions.static_site import StaticSite, StaticSiteArgs
from websocket_sessions.web_socket_api import WebSocketApi, WebSocketApiArgs
from websocket_sessions.web_socket_route import WebSocketRoute, WebSocketRouteArgs

PACKAGE = "websocket_sessions"
COMPONENTS: dict[type[ComponentResource], type[Any]] = {
    SessionBackend: SessionBackendArgs,
    WebSocketApi: WebSocketApiArgs,
    WebSocketRoute: WebSocketRouteArgs,
    HttpApi: HttpApiArgs,
    LambdaHandler: LambdaHandlerArgs,
    CognitoUsers: CognitoUsersArgs,
    SessionTables: SessionTablesArgs,
    FanOutQueue: FanOutQueueArgs,
    EventChannel: EventChannelArgs,
    Schedule: ScheduleArgs,
    Observability: ObservabilityArgs,
    StaticSite: StaticSiteArgs,
}
"""Each component with its arguments."""


class PackageProvider(Provider):
    """Constructs components for programs in other languages."""

    def __init__(self) -> None:
        self._components = {component.__name__: component for component in COMPONENTS}
        super().__init__(__version__, json.dumps(package_schema()))

    def construct(
        self, name: str, resource_type: str, inputs: Inputs, options: ResourceOptions | None = None
    ) -> ConstructResult:
        """Construct a component.

        Raises InputPropertiesError, which the engine shows without a traceback, for a type that the package
        does not have and for arguments that are not allowed.
        """
        component = self._components.get(resource_type.rpartition(":")[2])
        if component is None:
            names = ", ".join(sorted(self._components))
            raise InputPropertiesError(
                f"{resource_type} is no component of {PACKAGE}: allowed are {names}", []
            )
        build: Any = component
        try:
            made = build(name, coerce_args(COMPONENTS[component], _with_outputs(inputs)), options)
        except RunError as error:
            raise InputPropertiesError(str(error), []) from error
        state = {camel_case(output): getattr(made, output) for output in output_annotations(component)}
        return ConstructResult(made.urn, state)


def package_schema() -> dict[str, Any]:
    """Return the package's schema.

    It names no dependency on the AWS package: no argument has one of its types, and a generated SDK would
    otherwise require the one version of it that is installed here.
    """
    python = {"respectSchemaVersion": True, "pyproject": {"enabled": True}}
    return PackageSchema(PACKAGE, COMPONENTS).to_json(
        displayName="WebSocket sessions",
        version=__version__,
        namespace="websocket-sessions",
        description="WebSocket APIs and a session backend on AWS.",
        keywords=["pulumi", "aws", "websocket", "category/cloud", "kind/component"],
        **_project_url(),
        license="Apache-2.0",
        language={"nodejs": {"respectSchemaVersion": True}, "python": python},
    )


def _with_outputs(value: Any) -> Any:
    """Return inputs with an Output for each value that the engine does not know yet, at any depth.

    Mappings are sorted: the engine sends their keys in any order, which would change texts made of them.
    """
    if isinstance(value, Unknown):
        return Output.from_input(value)
    if isinstance(value, Mapping):
        return {key: _with_outputs(item) for key, item in sorted(cast(Mapping[str, Any], value).items())}
    if isinstance(value, list):
        return [_with_outputs(item) for item in cast(list[Any], value)]
    return value


def _project_url() -> dict[str, str]:
    """Return the repository that the distribution's metadata names."""
    try:
        named = metadata("websocket-sessions").get_all("Project-URL") or []
    except PackageNotFoundError:
        return {}
    urls = dict(entry.split(", ", 1) for entry in named)
    return {"repository": urls["Repository"]} if "Repository" in urls else {}


def serve() -> None:
    """Serve the components to the engine that started this process."""
    main(PackageProvider(), sys.argv[1:])
