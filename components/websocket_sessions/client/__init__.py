"""An asyncio client of the session protocol: a speaker's and a listener's side, over connections that end.

`Client` is the way in::

    client = Client(frontend_config, token=provider)
    async with client.create(source_language="en") as speaker:
        await speaker.publish("Good morning.")

    async with client.join("caring-king-275", target_language="es") as listener:
        async for message in listener:
            print(message.offset, message.text)

It needs the package `websockets`, which the extra `websocket-sessions[client]` installs.
"""

from websocket_sessions.client.client import Client
from websocket_sessions.client.connection import ConnectionState
from websocket_sessions.client.errors import SessionError
from websocket_sessions.client.listener import Listener, Message
from websocket_sessions.client.speaker import Speaker
from websocket_sessions.client.timings import Timings
from websocket_sessions.client.tokens import TokenProvider

__all__ = [
    "Client",
    "ConnectionState",
    "Listener",
    "Message",
    "SessionError",
    "Speaker",
    "Timings",
    "TokenProvider",
]
