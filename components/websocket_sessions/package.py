"""The components that the Pulumi package offers to programs in every language."""

import json
import sys
from importlib.metadata import PackageNotFoundError, metadata
from importlib.metadata import version as installed_version
from typing import Any

import pulumi_aws
from pulumi import ComponentResource, Inputs, ResourceOptions
from pulumi.provider import ConstructResult, Provider, main
from pulumi.provider.server import ComponentInitError

from websocket_sessions import __version__
from websocket_sessions.arguments import ArgumentError, camel_case, coerce_args
from websocket_sessions.cognito_users import CognitoUsers, CognitoUsersArgs
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
        """Construct a component. Raises ComponentInitError for arguments that are not allowed."""
        component = self._components[resource_type.rpartition(":")[2]]
        build: Any = component
        try:
            made = build(name, coerce_args(COMPONENTS[component], inputs), options)
        except ArgumentError as error:
            raise ComponentInitError(error) from error
        state = {camel_case(output): getattr(made, output) for output in output_annotations(component)}
        return ConstructResult(made.urn, state)


def package_schema() -> dict[str, Any]:
    """Return the package's schema."""
    aws_version = installed_version(pulumi_aws.__name__.replace("_", "-"))
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
        dependencies=[{"name": "aws", "version": aws_version}],
    )


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
