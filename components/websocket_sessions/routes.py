"""Which function answers which message or request."""

from dataclasses import dataclass

from websocket_sessions.mock_reply import HEARTBEAT_ACK, MockReply

HEARTBEATS_PER_SECOND = 500
"""The API's own reply counts no heartbeats, so that only a throttle bounds what a flood of them costs. A
client takes the frame of a throttled heartbeat as a sign of life, too."""


@dataclass(frozen=True, kw_only=True)
class MessageRoute:
    """A WebSocket route: the function that answers, or the mock that does; `replies` makes it two-way.

    At most `most_per_second` requests pass, unless the option `routeThrottles` names the route.
    """

    target: str | MockReply
    replies: bool = True
    most_per_second: int | None = None


@dataclass(frozen=True, kw_only=True)
class RequestRoute:
    """An HTTP route: the function that answers, and whether a valid JWT is asked for."""

    function: str
    signed_in: bool = True


def web_socket_routes(*, record_heartbeats: bool) -> dict[str, MessageRoute]:
    """Return the WebSocket routes by route key: a message's `action`, or one of API Gateway's own (`$`)."""
    return {
        "$connect": MessageRoute(target="connect", replies=False),
        "$disconnect": MessageRoute(target="disconnect", replies=False),
        "$default": MessageRoute(target="unknown_action"),
        "createSession": MessageRoute(target="create_session"),
        "joinSession": MessageRoute(target="join_session"),
        "resumeSession": MessageRoute(target="resume_session"),
        "publish": MessageRoute(target="publish"),
        "updateSession": MessageRoute(target="update_session"),
        "endSession": MessageRoute(target="end_session"),
        "leaveSession": MessageRoute(target="leave_session"),
        "getSession": MessageRoute(target="get_session"),
        "refreshToken": MessageRoute(target="refresh_token"),
        "heartbeat": MessageRoute(
            target="heartbeat" if record_heartbeats else HEARTBEAT_ACK, most_per_second=HEARTBEATS_PER_SECOND
        ),
    }


def http_routes(*, allow_anonymous: bool) -> dict[str, RequestRoute]:
    """Return the HTTP routes by method and path; every client that may join a session may look it up."""
    return {
        "POST /sessions": RequestRoute(function="http_create_session"),
        "GET /sessions/{sessionId}": RequestRoute(function="http_get_session", signed_in=not allow_anonymous),
        "PATCH /sessions/{sessionId}": RequestRoute(function="http_update_session"),
        "DELETE /sessions/{sessionId}": RequestRoute(function="http_end_session"),
    }


EVENT_FUNCTIONS = ("authorize", "keep_alive", "presence", "fan_out")
"""Functions that no route calls: the authorizer, the schedule, the stream and the queue do."""


CHANNEL_FUNCTION = "authorize_channel"
"""The authorizer of the audience's channel."""


def functions_in_use(*, record_heartbeats: bool, has_channel: bool = False) -> list[str]:
    """Return the names of the functions that a stack needs."""
    messages = web_socket_routes(record_heartbeats=record_heartbeats).values()
    named = [route.target for route in messages if isinstance(route.target, str)]
    requests = [route.function for route in http_routes(allow_anonymous=True).values()]
    channel = [CHANNEL_FUNCTION] if has_channel else []
    return [*EVENT_FUNCTIONS, *channel, *named, *requests]
