"""Operations on sessions."""

# ruff: noqa: PLC0415

from typing import TYPE_CHECKING

from bootstrap import clock, log, metrics, rate_limits, settings
from bootstrap.delivery import fan_out, pusher, replayer

if TYPE_CHECKING:
    from use_cases.create_session import CreateSession
    from use_cases.end_session import EndSession
    from use_cases.get_session import GetSession, LookUp
    from use_cases.join_session import JoinSession
    from use_cases.leave_session import LeaveSession
    from use_cases.resume_session import ResumeSession
    from use_cases.update_session import UpdateSession


def create_session() -> "CreateSession":
    """For createSession and POST /sessions."""
    from adapters.dynamodb.listener_store import DynamoListeners
    from adapters.dynamodb.session_store import DynamoSessions
    from use_cases.create_session import CreateSession

    limits = rate_limits()
    return CreateSession(
        sessions=DynamoSessions(limits),
        listeners=DynamoListeners(limits),
        settings=settings(),
        metrics=metrics(),
        clock=clock,
    )


def join_session() -> "JoinSession":
    """For joinSession."""
    from adapters.dynamodb.listener_store import DynamoListeners
    from adapters.dynamodb.session_store import DynamoSessions
    from use_cases.join_session import JoinSession

    limits = rate_limits()
    return JoinSession(
        sessions=DynamoSessions(limits),
        listeners=DynamoListeners(limits),
        rate_limits=limits,
        replayer=replayer(),
        settings=settings(),
        metrics=metrics(),
        clock=clock,
    )


def leave_session() -> "LeaveSession":
    """For leaveSession."""
    from adapters.dynamodb.connection_store import DynamoConnections
    from adapters.dynamodb.listener_store import DynamoListeners
    from adapters.dynamodb.session_store import DynamoSessions
    from use_cases.leave_session import LeaveSession

    limits = rate_limits()
    return LeaveSession(
        sessions=DynamoSessions(limits),
        connections=DynamoConnections(limits),
        listeners=DynamoListeners(limits),
        rate_limits=limits,
        settings=settings(),
        clock=clock,
    )


def look_up() -> "LookUp":
    """For GET /sessions/{sessionId}."""
    from adapters.dynamodb.listener_store import DynamoListeners
    from adapters.dynamodb.session_store import DynamoSessions
    from use_cases.get_session import LookUp

    limits = rate_limits()
    return LookUp(
        sessions=DynamoSessions(limits),
        listeners=DynamoListeners(limits),
        rate_limits=limits,
        settings=settings(),
        clock=clock,
    )


def get_session() -> "GetSession":
    """For getSession."""
    from adapters.dynamodb.connection_store import DynamoConnections
    from use_cases.get_session import GetSession

    return GetSession(connections=DynamoConnections(rate_limits()), look_up=look_up())


def resume_session() -> "ResumeSession":
    """For resumeSession."""
    from adapters.dynamodb.connection_store import DynamoConnections
    from adapters.dynamodb.listener_store import DynamoListeners
    from adapters.dynamodb.session_store import DynamoSessions
    from use_cases.resume_session import ResumeSession

    limits = rate_limits()
    return ResumeSession(
        sessions=DynamoSessions(limits),
        connections=DynamoConnections(limits),
        listeners=DynamoListeners(limits),
        rate_limits=limits,
        replayer=replayer(),
        pusher=pusher(),
        settings=settings(),
        log=log(),
        metrics=metrics(),
        clock=clock,
    )


def update_session() -> "UpdateSession":
    """For updateSession and PATCH /sessions/{sessionId}."""
    from adapters.dynamodb.connection_store import DynamoConnections
    from adapters.dynamodb.session_store import DynamoSessions
    from use_cases.update_session import UpdateSession

    limits = rate_limits()
    return UpdateSession(
        sessions=DynamoSessions(limits),
        connections=DynamoConnections(limits),
        broadcaster=fan_out(),
        rate_limits=limits,
        settings=settings(),
        metrics=metrics(),
        clock=clock,
    )


def end_session() -> "EndSession":
    """For endSession, DELETE /sessions/{sessionId}, and the clock."""
    from adapters.dynamodb.connection_store import DynamoConnections
    from adapters.dynamodb.session_store import DynamoSessions
    from use_cases.end_session import EndSession

    limits = rate_limits()
    return EndSession(
        sessions=DynamoSessions(limits),
        connections=DynamoConnections(limits),
        broadcaster=fan_out(),
        rate_limits=limits,
        settings=settings(),
        metrics=metrics(),
        clock=clock,
    )
