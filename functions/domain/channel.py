"""The audience's channel: which sessions have one, its name, and the tokens that admit listeners to it.

A channel has the pushes of one session in one target language. Clients subscribe to it at the service that
carries it (docs/adr/0019). A token admits its holder to one channel and to nothing else.
"""

import base64
import hmac
import json
from typing import Any, NamedTuple, cast

from domain.digest import short_digest
from domain.model import Caller, Session
from domain.placement import has_more_listeners_than
from domain.ports import Clock
from domain.settings import Settings

CHANNEL_TOKEN_SECONDS = 300
"""Time in which a listener connects and subscribes. Each reply to a join has a new token."""

MAX_TOKEN_CHARACTERS = 2_048
"""AppSync accepts no longer token (AWS AppSync Developer Guide, "Lambda authorization")."""


def channel_name(session_id: str, epoch: str, language: str) -> str:
    """Return the channel's name. AppSync's segments have 1 to 50 letters, digits and dashes.

    The epoch distinguishes the session from a later one with the same id, so that a subscription which
    outlives its session receives nothing of that one.
    """
    return f"/sessions/{session_id}-{epoch}/{language}"


def session_of(channel: str) -> str:
    """Return the part of a channel's name that all channels of its session have."""
    return channel.rpartition("/")[0]


class ChannelOffer(NamedTuple):
    """Where and how a listener subscribes to a channel."""

    url: str
    host: str
    name: str
    authorization: str


class ChannelClaims(NamedTuple):
    """A valid token's channel, and digests of the address and the connection that it was issued to."""

    channel: str
    address: str
    connection: str


class ChannelTokens:
    """Issues and verifies tokens: the claims and their HMAC-SHA-256, both in base64url without padding."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def issue(self, channel: str, *, address: str, connection: str) -> str:
        """Return a token for the channel. `address` and `connection` are digests."""
        claims = {
            "channel": channel,
            "expires": self._clock() + CHANNEL_TOKEN_SECONDS,
            "address": address,
            "connection": connection,
        }
        signed = _to_base64url(json.dumps(claims, separators=(",", ":")).encode())
        return f"{signed}.{self._signature(signed)}"

    def verify(self, token: str) -> ChannelClaims | None:
        """Return the claims of a token that this key signed and that has not expired, or None."""
        if len(token) > MAX_TOKEN_CHARACTERS:
            return None
        signed, _, signature = token.partition(".")
        expected = self._signature(signed)
        if not hmac.compare_digest(signature.encode(errors="replace"), expected.encode()):
            return None
        claims = cast(dict[str, Any], json.loads(_from_base64url(signed)))
        if claims["expires"] <= self._clock():
            return None
        return ChannelClaims(
            channel=claims["channel"], address=claims["address"], connection=claims["connection"]
        )

    def _signature(self, signed: str) -> str:
        return _to_base64url(hmac.digest(self._key, signed.encode(errors="replace"), "sha256"))


class ChannelOffers:
    """Makes the offers of a stack's channel, which clients reach at `url` under the name of `host`."""

    def __init__(self, *, url: str, host: str, tokens: ChannelTokens, settings: Settings) -> None:
        self._url = url
        self._host = host
        self._tokens = tokens
        self._settings = settings

    def includes(self, session: Session) -> bool:
        """Return whether the session's audience is large enough for a channel."""
        return has_more_listeners_than(session, self._settings.channel_audience)

    def offer(self, session: Session, language: str, caller: Caller) -> ChannelOffer:
        """Return an offer with a new token for the listener that asks."""
        name = channel_name(session.session_id, session.epoch, language)
        token = self._tokens.issue(
            name, address=caller.address, connection=short_digest(caller.connection_id or "")
        )
        return ChannelOffer(self._url, self._host, name, token)


def _to_base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
