"""POST /sessions: creates a session without a speaker. resumeSession gives it one."""

from dataclasses import replace

from container import container
from handlers.http import HttpRequest, http_route
from wire.parsing import check_body
from wire.pushes import Message
from wire.replies import session_created

create_session = container.create_session


@http_route("POST /sessions", status=201, counts_refusals_only=True)
def handler(request: HttpRequest) -> Message:
    """Respond 201 with the fields of sessionCreated. The same Idempotency-Key gets the same session."""
    caller = replace(request.caller, subject=request.subject)
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
