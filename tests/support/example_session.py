"""An active session for tests of pure functions."""

from domain.model import Session, Status

SESSION = Session(
    session_id="caring-king-275",
    owner_id="user",
    status=Status.ACTIVE,
    source_language="en",
    quality="standard",
    capacity=10,
    shards=1,
    epoch="0123abcd",
    head=0,
    generation=1,
    created_at=1000,
    expires_at=2000,
    ttl=2500,
)
