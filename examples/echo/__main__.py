"""A WebSocket API that sends each message back."""

import pulumi

from websocket_sessions import WebSocketApi

api = WebSocketApi("echo", routes={"$default": "app/app.handler"})
pulumi.export("url", api.url)
