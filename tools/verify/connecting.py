"""A first connection: the heartbeat, and the three ways to send a token."""

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from tools.dev_stack.push_client import ANSWER_SECONDS
from tools.dev_stack.session_client import PROTOCOL, Refused, SessionClient
from tools.dev_stack.users import User, create_user, remove_user
from tools.verify.observations import Expectation, Observation
from tools.verify.verification import Verification

HEARTBEAT = Expectation(
    subject="heartbeat",
    expected="heartbeatAck with serverTime and connectedAt",
    source="PROTOCOL.md, heartbeat",
    consequence="The mock integration or its response template differs on AWS: compare them in the console.",
)
REJECTED = ("401", "403")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Way:
    """One way to send a token with the handshake."""

    name: str
    query: str = ""
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    subprotocols: tuple[str, ...] = ()


def ways(token: str) -> tuple[Way, ...]:
    """Return the three ways of PROTOCOL.md."""
    return (
        Way(name="subprotocol", subprotocols=(PROTOCOL, f"bearer.{token}")),
        Way(name="header", headers={"Authorization": f"Bearer {token}"}),
        Way(name="query parameter", query=f"?token={token}"),
    )


def heartbeat(run: Verification) -> Iterator[Observation]:
    """Send a heartbeat on a connection of a signed-in user."""

    async def send() -> dict[str, Any]:
        async with signed_in(run) as user, await SessionClient.open(url(run), user.token) as client:
            await client.send_text('{"action": "heartbeat"}')
            return await client.push("heartbeatAck")

    reply = asyncio.run(send())
    times = [reply.get(name) for name in ("connectedAt", "serverTime")]
    yield HEARTBEAT.seen(str(reply), holds=all(isinstance(time, int) for time in times))


def tokens(run: Verification) -> Iterator[Observation]:
    """Send a valid and an invalid token in each way, and none."""

    async def send() -> list[Observation]:
        async with signed_in(run) as user:
            cases = [
                *((f"a valid token by {way.name}", way, ("sessionCreated",)) for way in ways(user.token)),
                *((f"an invalid token by {way.name}", way, REJECTED) for way in ways("not.a.token")),
                ("no token", Way(name="none"), ("UNAUTHORIZED",) if run.allows_anonymous else REJECTED),
            ]
            return [_judge(subject, allowed, await _outcome(run, way)) for subject, way, allowed in cases]

    yield from asyncio.run(send())


@asynccontextmanager
async def signed_in(run: Verification) -> AsyncGenerator[User]:
    """Make a user for one step, and remove it."""
    user = await asyncio.to_thread(create_user, run.config, run.aws)
    try:
        yield user
    finally:
        await asyncio.to_thread(remove_user, run.config, run.aws, user.name)


def url(run: Verification) -> str:
    """Return the WebSocket API's URL."""
    return str(run.config["webSocketUrl"])


async def _outcome(run: Verification, way: Way) -> str:
    """Return what a handshake and then `createSession` come to: a status, a reply's type or an error code."""
    try:
        connection = await connect(
            f"{url(run)}{way.query}",
            additional_headers=dict(way.headers),
            subprotocols=[Subprotocol(name) for name in way.subprotocols] or None,
            compression=None,
            ping_interval=None,
            open_timeout=ANSWER_SECONDS,
        )
    except InvalidStatus as rejected:
        return str(rejected.response.status_code)
    async with SessionClient(connection) as client:
        try:
            reply = await client.request("createSession", sourceLanguage="en", quality="standard")
            await client.request("endSession")
        except Refused as refused:
            return refused.code
    return str(reply["type"])


def _judge(subject: str, allowed: tuple[str, ...], outcome: str) -> Observation:
    expectation = Expectation(
        subject=subject,
        expected=f"the handshake, and then createSession, lead to {' or '.join(allowed)}",
        source="PROTOCOL.md, Connecting",
        consequence="Clients that use this way cannot sign in: compare the authorizer's event in its log.",
    )
    return expectation.seen(outcome, holds=outcome in allowed)
