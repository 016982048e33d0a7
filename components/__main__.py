"""Serves the components as a Pulumi package, for programs in every language.

The engine runs this folder (`pulumi package add <this repository>/components`); PulumiPlugin.yaml marks it.
"""

import sys
from pathlib import Path

from pulumi import ComponentResource
from pulumi.provider.experimental import component_provider_host

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from components.cognito_users import CognitoUsers
from components.fan_out_queue import FanOutQueue
from components.http_api import HttpApi
from components.lambda_handler import LambdaHandler
from components.session_backend import SessionBackend
from components.session_tables import SessionTables
from components.static_site import StaticSite
from components.web_socket_api import WebSocketApi

PACKAGE = "websocket_sessions"
COMPONENTS: list[type[ComponentResource]] = [
    SessionBackend,
    WebSocketApi,
    HttpApi,
    LambdaHandler,
    CognitoUsers,
    SessionTables,
    FanOutQueue,
    StaticSite,
]

if __name__ == "__main__":
    component_provider_host(COMPONENTS, PACKAGE)
