"""What one operation of the backend consumes, and how often a silent client causes one.

A test counts the same units on the local stack (tests/functions/test_counted_units.py).
"""

from dataclasses import dataclass, replace
from math import ceil

from websocket_sessions.capacity.load import FRAME_BYTES
from websocket_sessions.config.settings import SessionSettings

ENVELOPE_BYTES = 300
"""What a message's item and its push have besides the data: keys, times, names."""
MAX_BATCH_MESSAGES = 100
"""Messages of a batch."""
LISTENER_BYTES = 150
"""A listener's item."""
SLOT_BYTES = 110
"""A listener's slot."""
LOG_BYTES = 860
"""What one invocation writes to its log at level INFO, Lambda's own lines included. A test counts it on a
deployed local stack (tests/e2e/test_log_bytes.py)."""
ACCESS_LOG_BYTES = 350
"""A line of the access log."""
CHANNEL_UNIT_BYTES = 5 * 1024
"""AppSync Events meters a message in units of 5 KB, in and out (https://aws.amazon.com/appsync/pricing/)."""
CHANNEL_SECONDS = 86_400
"""The longest time of a connection to AppSync Events
(https://docs.aws.amazon.com/general/latest/gr/appsync.html)."""
ROUTE_METRICS = 6
"""Detailed metrics of one route
(https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html)."""

MEMORY_GB = 1.0
"""The memory of the functions that push. It is assumed for all of them."""

SNAPSHOT_SECONDS = 3 * 3_600
"""What a snapshot is billed for at least (the price page of Lambda)."""
INSTANCE_MINUTES = 120
"""How long an instance of a function lives while it is in use. It is assumed: Lambda ends instances after
some hours (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html)."""

HEARTBEAT_SECONDS = 540
"""Silence of the server after which a client sends a heartbeat. The keep-alive usually breaks it earlier."""
SILENCE_SECONDS, MAX_SILENCE_SECONDS = 60, 300
"""Silence of a session after which a listener checks for missed messages; doubles up to the maximum."""
SILENCE_JITTER = 1.25
"""Mean factor of those waits, which are up to half as long again."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """Billed units of one operation."""

    messages: float = 0
    """WebSocket messages of up to 32 KB, both ways."""
    requests: float = 0
    """Lines of the access log: messages from clients, connects, disconnects and HTTP requests."""
    writes: float = 0
    """Write request units."""
    reads: float = 0
    """Read request units."""
    invocations: float = 0
    """Lambda invocations."""


CONNECT = Operation(requests=1, writes=5, invocations=2)
"""The authorizer, then a transaction of the connection, its index entry and the rate limit."""
CREATE_SESSION = Operation(messages=2, requests=1, writes=10, invocations=1)
"""A transaction of the session and the connection with their index entries, the request and the limit."""
JOIN = Operation(messages=2, requests=1, writes=9, reads=4, invocations=1)
"""A transaction of the slot, the listener, the connection with its index entry and the rate limit, between
two reads of the session. The first one reads the connection and the failed look-ups of the address, too."""
SUBSCRIBE = Operation(writes=4, invocations=2)
"""A connect and a subscription to the audience's channel. The authorizer runs for each, and counts it towards
the limit of the connection. The second counts towards the limits of the address and the session, too."""
SWITCH = Operation(messages=2, requests=1, writes=6, reads=4, invocations=1)
"""A `joinSession` by which a listener moves to the audience's channel: a transaction of the listener and the
connection with its index entry, the limit, a read as that of SILENCE_CHECK, and the session's read."""
DISCONNECT = Operation(requests=1, writes=7, reads=1, invocations=1)
"""A transaction of the connection with its index entry, the listener and its slot."""
PING = Operation(messages=1, writes=3)
"""A push of the keep-alive. The index entry moves, which is two writes."""
SILENCE_CHECK = Operation(messages=2, requests=1, writes=1, reads=3, invocations=1)
"""A `joinSession` of a listener that has joined: a read of the connection, the session and the failed
look-ups of the address, and the limit."""
HTTP_REQUEST = Operation(requests=1, writes=1, reads=2, invocations=1)
"""A request to the HTTP API that reads a session with the failed look-ups of its address, and the limit."""
KEEP_ALIVE_RUN = Operation(reads=16, invocations=1)
"""Queries of 16 shards of two indexes, eventually consistent, without what is due."""


def publish(message_bytes: int, listeners: float, shards: int, settings: SessionSettings) -> Operation:
    """Return the units of a publish to connected listeners in `shards` shards, fan-out included."""
    in_shard, queued = ceil(listeners / shards), queued_shards(listeners, shards, settings)
    own = append(message_bytes)
    return replace(
        own,
        messages=own.messages + listeners,
        reads=shards * shard_reads(in_shard) + queued * message_reads(message_bytes),
        invocations=own.invocations + queued,
    )


def append(message_bytes: int) -> Operation:
    """Return the units of a publish whose message waits for the flush of its batch.

    A transaction writes the session's item, whose index has keys only and stays, the request and the message.
    """
    return Operation(messages=2, requests=1, writes=4 + message_writes(message_bytes), invocations=1)


def flush(message_bytes: int, listeners: float, shards: int, batch: float, *, is_full: bool) -> Operation:
    """Return the units of sending a batch of messages to connected listeners in `shards` shards.

    A function closes the batch, queues all shards and forgets the batch. The next publish reads its
    connection and its session again. Each shard reads the messages. A batch that is full is flushed by the
    message that follows it, which read nothing, and once more in vain at the end of its interval.
    """
    shard = shard_reads(ceil(listeners / shards)) + batch * message_reads(message_bytes)
    return Operation(
        messages=listeners,
        writes=2 + is_full,
        reads=2 * (not is_full) + shards * shard,
        invocations=1 + is_full + shards,
    )


def most_in_batch(message_bytes: int) -> int:
    """Return the number of messages that one push carries."""
    return max(1, min(MAX_BATCH_MESSAGES, FRAME_BYTES // message_bytes))


def channel_units(message_bytes: int, batch: float) -> int:
    """Return the units of 5 KB that carry a batch once, in or out."""
    return ceil(message_bytes * batch / CHANNEL_UNIT_BYTES)


def presence(listeners: int) -> Operation:
    """Return the units of informing a speaker: the slots are counted before and after the push."""
    slot_reads = max(1, ceil(listeners * SLOT_BYTES / 4096))
    return Operation(messages=1, reads=1 + 2 * slot_reads, invocations=1)


def absence(listeners: float, shards: int) -> Operation:
    """Return the units of informing the listeners that the speaker is away, and that it has returned."""
    return Operation(messages=2 * listeners, reads=1 + 2 * shards * shard_reads(ceil(listeners / shards)))


def heartbeat(settings: SessionSettings) -> Operation:
    """Return the units of a heartbeat: API Gateway alone replies, or a function writes as a ping does."""
    if settings.record_heartbeats:
        return Operation(messages=2, requests=1, writes=PING.writes, invocations=1)
    return Operation(messages=2, requests=1)


def message_writes(message_bytes: int) -> int:
    """Return the write units of a message's item in a transaction."""
    return 2 * ceil((message_bytes + ENVELOPE_BYTES) / 1024)


def message_reads(message_bytes: int) -> int:
    """Return the read units of a message's item, which each task of the queue reads."""
    return ceil((message_bytes + ENVELOPE_BYTES) / 4096)


def shard_reads(listeners: int) -> int:
    """Return the read units of one shard's listeners."""
    return max(1, ceil(listeners * LISTENER_BYTES / 4096))


def queued_shards(listeners: float, shards: int, settings: SessionSettings) -> int:
    """Return the number of shards that a publish hands to the fan-out queue."""
    if settings.max_listeners <= settings.direct_fan_out:
        return 0
    read_directly = max(1, ceil(settings.direct_fan_out / max(1, ceil(listeners / shards))))
    return shards - min(shards, read_directly)


def silence_checks(seconds: float) -> float:
    """Return how many checks a listener makes while its session is silent."""
    checks, wait, elapsed = 0, float(SILENCE_SECONDS), 0.0
    while wait < MAX_SILENCE_SECONDS:
        elapsed += wait * SILENCE_JITTER
        if elapsed > seconds:
            return checks
        checks, wait = checks + 1, wait * 2
    return checks + max(0.0, seconds - elapsed) / (MAX_SILENCE_SECONDS * SILENCE_JITTER)


def heartbeats(seconds: float, silence: float) -> float:
    """Return how many heartbeats a client sends if the server's silences last `silence` seconds each."""
    return seconds / silence * (silence // HEARTBEAT_SECONDS)
