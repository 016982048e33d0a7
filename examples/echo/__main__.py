"""A WebSocket API that sends each message back."""

import pulumi

from websocket_sessions import LambdaHandler, LambdaHandlerArgs, WebSocketApi, WebSocketApiArgs

api = WebSocketApi("echo", WebSocketApiArgs())
handler = LambdaHandler(
    "echo-handler",
    LambdaHandlerArgs(
        archive=pulumi.FileArchive("app"),
        handler="app.handler",
        function_name=f"echo-{pulumi.get_stack()}",
    ),
)
api.add_route("$default", handler)
pulumi.export("url", api.url)
