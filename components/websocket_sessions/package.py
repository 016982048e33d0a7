"""The components that the Pulumi package offers to programs in every language."""

from pulumi import ComponentResource

from websocket_sessions.cognito_users import CognitoUsers
from websocket_sessions.fan_out_queue import FanOutQueue
from websocket_sessions.http_api import HttpApi
from websocket_sessions.lambda_handler import LambdaHandler
from websocket_sessions.session_backend import SessionBackend
from websocket_sessions.session_tables import SessionTables
from websocket_sessions.static_site import StaticSite
from websocket_sessions.web_socket_api import WebSocketApi

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
