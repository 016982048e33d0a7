"""What the client knows of a session, from replies and pushes in any order."""

from websocket_sessions.client.session_state import SessionState

STATE = {"sessionId": "caring-king-275", "status": "active", "quality": "standard"}
GRACE_ENDS_AT = "2026-01-01T00:05:00Z"


def test_a_muted_or_absent_speaker_is_known_until_a_later_state_has_neither() -> None:
    state = SessionState()
    state.merge({**STATE, "version": 1, "muted": True, "graceEndsAt": GRACE_ENDS_AT})
    assert (state.muted, state.grace_ends_at) == (True, GRACE_ENDS_AT)
    state.merge({**STATE, "version": 3})
    state.merge({**STATE, "version": 2, "muted": True, "graceEndsAt": GRACE_ENDS_AT})
    assert (state.muted, state.grace_ends_at) == (False, None)


def test_an_ended_session_waits_for_no_speaker() -> None:
    state = SessionState()
    state.merge({**STATE, "version": 1, "graceEndsAt": GRACE_ENDS_AT})
    state.end("speakerGone")
    assert state.grace_ends_at is None
