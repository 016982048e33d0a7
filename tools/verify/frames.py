"""Odd frames, and the codes with which the connection is then closed."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tools.dev_stack.push_client import ANSWER_SECONDS
from tools.dev_stack.session_client import PROTOCOL
from tools.verify.connecting import url
from tools.verify.observations import Expectation, Observation
from tools.verify.verification import Verification

FRAME_BYTES = 32 * 1024
MESSAGE_BYTES = 128 * 1024
LIMITS = (
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/"
    "apigateway-execution-service-websocket-limits-table.html"
)
RFC = "https://www.rfc-editor.org/rfc/rfc6455"
CODES = "PROTOCOL.md, Close codes"
PADDED_HEARTBEAT = json.dumps({"action": "heartbeat", "requestId": "odd", "padding": "x" * 40_000})
Send = Callable[[ClientConnection], Awaitable[object]]


@dataclass(frozen=True, kw_only=True)
class OddFrame:
    """What a client sends, and what it should get: `close CODE`, `error CODE` or a type of reply."""

    name: str
    send: Send
    expected: str
    source: str


def _fragments(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


async def _ping(connection: ClientConnection) -> None:
    await asyncio.wait_for(await connection.ping(), ANSWER_SECONDS)
    await connection.send('{"action": "heartbeat"}')


FRAMES = (
    OddFrame(
        name="a binary frame",
        send=lambda connection: connection.send(b"\x00\x01"),
        expected="close 1003",
        source=CODES,
    ),
    OddFrame(
        name="a frame of more than 32 KB",
        send=lambda connection: connection.send("x" * (FRAME_BYTES + 1)),
        expected="close 1009",
        source=LIMITS,
    ),
    OddFrame(
        name="a message of more than 128 KB in frames of 16 KB",
        send=lambda connection: connection.send(_fragments("x" * (MESSAGE_BYTES + 1), FRAME_BYTES // 2)),
        expected="close 1009",
        source=LIMITS,
    ),
    OddFrame(
        name="a message of 40 KB in two frames",
        send=lambda connection: connection.send(_fragments(PADDED_HEARTBEAT, 20_100)),
        expected="heartbeatAck",
        source=LIMITS,
    ),
    OddFrame(
        name="text that is invalid UTF-8",
        send=lambda connection: connection.send(b'{"action": "\xff"}', text=True),
        expected="close 1007",
        source=f"{RFC}#section-8.1",
    ),
    OddFrame(
        name="a ping, then a heartbeat", send=_ping, expected="heartbeatAck", source=f"{RFC}#section-5.5.2"
    ),
    OddFrame(
        name="a close with code 4000",
        send=lambda connection: connection.close(4000),
        expected="close 4000",
        source=f"{RFC}#section-5.5.1",
    ),
    OddFrame(
        name="text that is invalid JSON",
        send=lambda connection: connection.send("{"),
        expected="error INVALID_MESSAGE",
        source="PROTOCOL.md, Errors",
    ),
    OddFrame(
        name="an unknown action",
        send=lambda connection: connection.send('{"action": "noSuchAction"}'),
        expected="error UNKNOWN_ACTION",
        source="PROTOCOL.md, Errors",
    ),
)


def frames(run: Verification) -> Iterator[Observation]:
    """Send each odd frame on a connection of its own."""
    for frame in FRAMES:
        expectation = Expectation(
            subject=frame.name,
            expected=frame.expected,
            source=frame.source,
            consequence="Correct PROTOCOL.md and the local gateway to what AWS does.",
        )
        seen = asyncio.run(_outcome(url(run), frame.send))
        yield expectation.seen(seen, holds=seen == frame.expected)


async def _outcome(address: str, send: Send) -> str:
    async with connect(
        address,
        subprotocols=[Subprotocol(PROTOCOL)],
        compression=None,
        ping_interval=None,
        open_timeout=ANSWER_SECONDS,
    ) as connection:
        try:
            await send(connection)
            answer = json.loads(await asyncio.wait_for(connection.recv(), ANSWER_SECONDS))
        except ConnectionClosed:
            return f"close {connection.close_code}"
        except TimeoutError:
            return f"nothing for {ANSWER_SECONDS:.0f} s"
    return f"error {answer['code']}" if answer.get("type") == "error" else str(answer.get("type", answer))
