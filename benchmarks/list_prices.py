"""List prices of services that carry messages to listeners, dated, each with the page that states it.

Providers fill in some price pages by script, so `seen` names the page in which the figure was read, and its
date. Prices are of the first tier, without base fees and free tiers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from websocket_sessions.capacity.operations import CHANNEL_UNIT_BYTES
from websocket_sessions.capacity.prices import MILLION, Price
from websocket_sessions.capacity.prices import PRICES as AWS_PRICES

METERED_BYTES = CHANNEL_UNIT_BYTES
"""IoT Core meters a message in units of 5 KB, as AppSync Events does."""
_AWS_IOT = "aws.amazon.com/iot-core/pricing, read by github.com/api-evangelist/amazon-iot-core, 2026-09-20"

PRICES = {
    "ablyMessages": Price(
        usd=2.50,
        per=MILLION,
        unit="messages, published and received",
        source="https://ably.com/pricing",
        seen="github.com/api-evangelist/ably, 2026-05-08; ably.com/pricing/full-calculator, undated",
    ),
    "ablyMinutes": Price(
        usd=1.00,
        per=MILLION,
        unit="connection minutes, and channel minutes",
        source="https://ably.com/pricing",
        seen="github.com/api-evangelist/ably, 2026-05-08",
    ),
    "pusherMessages": Price(
        usd=49.00,
        per=30 * MILLION,
        unit="messages of a month of the plan Startup, used in full: 1 million a day, 500 connections",
        source="https://pusher.com/channels/pricing/",
        seen="tako.sh/blog/self-hosted-pusher-alternative, 2026-04-27",
    ),
    "appSyncOperations": AWS_PRICES["channelOperations"],
    "appSyncMinutes": AWS_PRICES["channelMinutes"],
    "iotMessages": Price(
        usd=1.00,
        per=MILLION,
        unit="messages of 5 KB, in and out, connects and subscriptions included",
        source="https://aws.amazon.com/iot-core/pricing/",
        seen=_AWS_IOT,
    ),
    "iotMinutes": Price(
        usd=0.08,
        per=MILLION,
        unit="connection minutes",
        source="https://aws.amazon.com/iot-core/pricing/",
        seen=_AWS_IOT,
    ),
}


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """An hour of one session."""

    listeners: int
    messages: float
    """Published messages."""
    message_bytes: int
    """Size of a push."""

    @property
    def carried(self) -> float:
        """Messages that a service counts: each one as published, and as received by each listener."""
        return self.messages * (1 + self.listeners)

    @property
    def connection_minutes(self) -> float:
        """Of the listeners and the speaker."""
        return 60 * (self.listeners + 1)

    @property
    def metered(self) -> float:
        """Units of 5 KB that are carried, and a connect and a subscription for each connection."""
        return self.carried * ceil(self.message_bytes / METERED_BYTES) + 2 * (self.listeners + 1)


def usd(price: str, units: float) -> float:
    """Return what as many units cost."""
    return units * PRICES[price].usd / PRICES[price].per


def _ably(traffic: Traffic) -> float:
    return usd("ablyMessages", traffic.carried) + usd("ablyMinutes", traffic.connection_minutes + 60)


def _pusher(traffic: Traffic) -> float:
    return usd("pusherMessages", traffic.carried)


def _appsync_events(traffic: Traffic) -> float:
    return usd("appSyncOperations", traffic.metered) + usd("appSyncMinutes", traffic.connection_minutes)


def _iot_core(traffic: Traffic) -> float:
    return usd("iotMessages", traffic.metered) + usd("iotMinutes", traffic.connection_minutes)


SERVICES: dict[str, Callable[[Traffic], float]] = {
    "Ably": _ably,
    "Pusher": _pusher,
    "AppSync Events": _appsync_events,
    "IoT Core": _iot_core,
}
"""US dollars that a service's list prices give for the traffic."""
