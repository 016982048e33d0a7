"""What all WebSocket routes share: parse, check, call, reply."""

import json
from collections.abc import Callable
from typing import Any

from domain.digest import short_digest
from domain.errors import InvalidMessageError, SessionError
from handlers.counted import counted
from handlers.headers import chosen_subprotocol
from handlers.observed import observed
from handlers.request import Request, read_request
from handlers.time_limit import Context, time_limit
from wire.parsing import check, parse
from wire.pushes import Message
from wire.replies import error_reply, http_status

Event = dict[str, Any]
Handler = Callable[[Event, Context], dict[str, Any]]
Answer = Callable[[Request], Message]


def route(
    action: str, *, checked: bool = True, counts_refusals_only: bool = False
) -> Callable[[Answer], Handler]:
    """Make a Lambda handler from a function that replies to one action's messages.

    `checked` is whether messages are checked against the schema first. With `counts_refusals_only`, the
    action has a limit of its own, and only refused and invalid messages count as requests. The status is 200
    for errors as well, since the route response sends the body as the reply.
    """

    def decorate(answer: Answer) -> Handler:
        def handler(event: Event, context: Context) -> dict[str, Any]:
            message, malformed = _parsed(event.get("body"))
            request = read_request(event, message)

            def act() -> Message:
                if malformed is not None:
                    raise malformed
                if checked:
                    check(action, message)
                return answer(request)

            with time_limit(context, received_at_ms=request.received_at_ms):
                result, error = _observed(
                    action,
                    request,
                    lambda: counted(request.caller, act, refusals_only=counts_refusals_only),
                )
            reply = dict(error_reply(error) if error else result or {})
            if request.request_id is not None:
                reply["requestId"] = request.request_id
            return {"statusCode": 200, "body": json.dumps(reply, separators=(",", ":"), ensure_ascii=False)}

        return handler

    return decorate


def lifecycle(name: str) -> Callable[[Callable[[Request], None]], Handler]:
    """Make a Lambda handler for `$connect` or `$disconnect`: no message, and a status in place of a reply."""

    def decorate(act: Callable[[Request], None]) -> Handler:
        def handler(event: Event, context: Context) -> dict[str, Any]:
            request = read_request(event, {})
            with time_limit(context, received_at_ms=request.received_at_ms):
                _, error = _observed(name, request, lambda: act(request))
            if error is not None:
                return {"statusCode": http_status(error)}
            return {"statusCode": 200, "headers": chosen_subprotocol(event)}

        return handler

    return decorate


def _observed(
    name: str, request: Request, act: Callable[[], Message | None]
) -> tuple[Message | None, SessionError | None]:
    keys = {"connection": short_digest(request.connection_id)}
    if request.request_id is not None:
        keys["request"] = short_digest(request.request_id)
    return observed(name, request.correlation_id, act, **keys)


def _parsed(body: str | None) -> tuple[dict[str, Any], InvalidMessageError | None]:
    try:
        return parse(body), None
    except InvalidMessageError as malformed:
        return {}, malformed
