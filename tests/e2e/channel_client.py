"""A small client of the audience's channel: the WebSocket protocol of AppSync Events, and nothing more.

https://docs.aws.amazon.com/appsync/latest/eventapi/event-api-websocket-protocol.html
"""

import asyncio
import base64
import json
from collections.abc import Mapping
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tools.dev_stack.push_client import ANSWER_SECONDS, Message, PushClient

PROTOCOL = "aws-appsync-event-ws"


class ChannelRefused(Exception):  # noqa: N818 -- named as the refusal of an action
    """AppSync refused a connection or a subscription; `errors` is its answer."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        """Keep the errors."""
        super().__init__(json.dumps(errors))
        self.errors = errors


class ChannelClient(PushClient):
    """One subscription. Use `ChannelClient.subscribe`."""

    @classmethod
    async def subscribe(cls, offer: Mapping[str, str], name: str | None = None) -> Self:
        """Connect and subscribe as an offer says, or to another channel with the offer's token.

        Raises ChannelRefused if the connection or the subscription is refused.
        """
        authorization = {"host": offer["host"], "Authorization": offer["authorization"]}
        header = base64.urlsafe_b64encode(json.dumps(authorization).encode()).decode().rstrip("=")
        protocols = [Subprotocol(PROTOCOL), Subprotocol(f"header-{header}")]
        connection = await connect(
            offer["url"], subprotocols=protocols, compression=None, open_timeout=ANSWER_SECONDS
        )
        request = {"type": "subscribe", "id": "1", "channel": name or offer["name"]}
        try:
            await connection.send(json.dumps({"type": "connection_init"}))
            await _answer(connection, "connection_ack")
            await connection.send(json.dumps({**request, "authorization": authorization}))
            await _answer(connection, "subscribe_success")
        except ConnectionClosed as closed:
            raise ChannelRefused([{"message": str(closed)}]) from closed
        except ChannelRefused:
            await connection.close()
            raise
        return cls(connection)

    def _push_of(self, frame: Message) -> Message | None:
        return json.loads(frame["event"]) if frame["type"] == "data" else None


async def _answer(connection: ClientConnection, kind: str) -> None:
    """Wait for an answer. Raises ChannelRefused for an error."""
    while True:
        received = json.loads(await asyncio.wait_for(connection.recv(), ANSWER_SECONDS))
        if received["type"] == kind:
            return
        if received["type"] != "ka":
            raise ChannelRefused(received.get("errors", []))
