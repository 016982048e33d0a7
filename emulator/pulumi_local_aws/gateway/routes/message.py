"""A message: throttling, route, integration, and the reply if the route has a route response.

https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html
"""

import json
import logging
from collections.abc import Mapping

from pulumi_local_aws.gateway.api.model import Api
from pulumi_local_aws.gateway.client import Client
from pulumi_local_aws.gateway.faults import Fault
from pulumi_local_aws.gateway.ids import new_id
from pulumi_local_aws.gateway.integrations.errors import IntegrationError
from pulumi_local_aws.gateway.integrations.events import message_event
from pulumi_local_aws.gateway.json_access import as_object, text
from pulumi_local_aws.gateway.routes.selection import select_route
from pulumi_local_aws.gateway.runtime import Runtime

_LOGGER = logging.getLogger(__name__)


async def handle_message(runtime: Runtime, api: Api | None, client: Client, body: str) -> None:
    """Answer one message. An unexpected exception is logged, and the client gets `Internal server error`."""
    try:
        await _run_route(runtime, api, client, body)
    except Exception:
        _LOGGER.exception("message failed connection=%s", client.log_id)
        _send_error(runtime, client, "Internal server error", new_id())


async def _run_route(runtime: Runtime, api: Api | None, client: Client, body: str) -> None:
    """Run the message's route. Send the result if the route has a route response; send every failure.

    Without a route and a `$default` route the client gets `Forbidden`; above a rate, `Too Many Requests`; if
    the function fails, `Internal server error`; after the timeout, `Endpoint request timed out`.
    """
    context = client.context
    stage = api.stages.get(context.stage) if api else None
    route = select_route(api, body) if api and stage else None
    runtime.traffic.record("received", client.id, payload=body, route=route.key if route else None)
    if api is None or stage is None or route is None:
        _send_error(runtime, client, "Forbidden", new_id())
        return
    if not runtime.throttling.allows_route(api, stage.name, route.key):
        _send_error(runtime, client, "Too Many Requests", new_id())
        return
    if runtime.faults.match((Fault.ABORT_BEFORE,), client.id, route.key):
        client.abort()
        return
    event = message_event(context, route.key, body, runtime.clock.epoch_ms())
    _LOGGER.info("message connection=%s route=%s", client.log_id, route.key)
    try:
        result = await runtime.run(route, event, api.route_arn(stage.name, route.key))
    except IntegrationError as error:
        _send_error(runtime, client, error.message, _request_id(event))
        return
    if runtime.faults.match((Fault.ABORT_AFTER,), client.id, route.key):
        client.abort()
        return
    if route.has_route_response and result.body is not None:
        payload = result.body.encode()
        if client.send(payload):
            runtime.traffic.record(
                "reply", client.id, payload=result.body, route=route.key, requestId=_request_id(event)
            )


def _send_error(runtime: Runtime, client: Client, message: str, request_id: str) -> None:
    """Send AWS's error frame; one-way routes send it too."""
    _LOGGER.info("error connection=%s message=%r", client.log_id, message)
    frame = {"message": message, "connectionId": client.id, "requestId": request_id}
    payload = json.dumps(frame)
    if client.send(payload.encode()):
        runtime.traffic.record("error", client.id, payload=payload, requestId=request_id)


def _request_id(event: Mapping[str, object]) -> str:
    return text(as_object(event.get("requestContext")).get("requestId"))
