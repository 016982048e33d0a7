"""POST /sessions: creates a session without a speaker. resumeSession gives it one."""

from container import container
from domain.authorization import Caller
from handlers.http import HttpRequest, http_route
from wire.parsing import check_body
from wire.pushes import Message
from wire.replies import session_created

create_session = container.create_session


@http_route("POST /sessions", status=201)
def handler(request: HttpRequest) -> Message:
    """Respond 201 with the fields of sessionCreated. The same Idempotency-Key gets the same session."""
    caller = Caller(connection_id=None, subject=request.subject, address=request.address)
    body = request.body
    check_body("createSession", body)
    return session_created(
        create_session(
            caller,
            source_language=body["sourceLanguage"],
            quality=body["quality"],
            request_id=request.idempotency_key,
        )
    )
