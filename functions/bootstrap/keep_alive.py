"""The scheduled run, and what keeps connections out of it."""

# ruff: noqa: PLC0415

from typing import TYPE_CHECKING

from bootstrap import clock, log, metrics, rate_limits, settings
from bootstrap.connections import departed
from bootstrap.delivery import pusher
from bootstrap.sessions import end_session

if TYPE_CHECKING:
    from keep_alive.continuation import Continuation
    from keep_alive.heartbeat import Heartbeat
    from keep_alive.run import KeepAlive


def keep_alive() -> "KeepAlive":
    """For the schedule."""
    from adapters.dynamodb.client import CONFLICT_TRIES
    from adapters.dynamodb.due_index import DynamoDueIndex
    from adapters.dynamodb.session_store import DynamoSessions
    from keep_alive.run import KeepAlive

    return KeepAlive(
        due=DynamoDueIndex(DynamoSessions(rate_limits())),
        end=end_session().by_the_clock,
        departed=departed(closing_tries=CONFLICT_TRIES),
        pusher=pusher(),
        settings=settings(),
        log=log(),
        metrics=metrics(),
        clock=clock,
    )


def continuation() -> "Continuation":
    """Goes on in another invocation."""
    from adapters.self_invocation import LambdaContinuation

    return LambdaContinuation()


def heartbeat() -> "Heartbeat":
    """For heartbeat, where heartbeats are recorded."""
    from adapters.dynamodb.due_index import push_forward
    from keep_alive.heartbeat import Heartbeat

    return Heartbeat(push_forward=push_forward, settings=settings(), clock=clock)
