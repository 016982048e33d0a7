"""POST /sessions: create a session that no connection speaks for yet; resumeSession takes it up."""

from bootstrap import sessions
from handlers.http import HttpRequest, http_route
from sessions.access import Caller
from sessions.messages import check_body
from sessions.ports import Message

create_session = sessions.create_session()


@http_route("POST /sessions", status=201)
def handler(request: HttpRequest) -> Message:
    """Answer 201 with the fields of sessionCreated; the same Idempotency-Key gets the same session."""
    caller = Caller(connection_id=None, subject=request.subject, address=request.address)
    body = request.body
    check_body("createSession", body)
    return create_session(
        caller,
        source_language=body["sourceLanguage"],
        quality=body["quality"],
        request_id=request.idempotency_key,
    )
