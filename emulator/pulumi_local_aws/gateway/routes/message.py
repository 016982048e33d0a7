"""One message: throttling, route, integration, and the reply where the route has one.

https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pulumi_local_aws.gateway.faults import Fault
from pulumi_local_aws.gateway.ids import new_id
from pulumi_local_aws.gateway.integrations.events import Caller, message_event
from pulumi_local_aws.gateway.integrations.run import IntegrationFailed, run_integration
from pulumi_local_aws.gateway.json_access import as_object, text
from pulumi_local_aws.gateway.routes.selection import select_route
from pulumi_local_aws.gateway.runtime import LOG, Runtime

if TYPE_CHECKING:
    from pulumi_local_aws.gateway.connection import Connection


async def answer_message(runtime: Runtime, connection: "Connection", caller: Caller, body: str) -> None:
    """Run the message's route; the client hears of a failure, and of the result if there is a route response.

    No route and no `$default` is `Forbidden`; a throttled message is `Too Many Requests`; a failing function
    is `Internal server error`; one that takes too long is `Endpoint request timed out`.
    """
    api = runtime.definitions.current(caller.api_id)
    stage = api.stages.get(caller.stage) if api else None
    route = select_route(api, body) if api and stage else None
    if api is None or stage is None or route is None or route.integration is None:
        _send_error(connection, "Forbidden" if route is None else "Internal server error", new_id())
        return
    if not runtime.throttles.request() or not runtime.throttles.route(api, caller.stage, route.key):
        _send_error(connection, "Too Many Requests", new_id())
        return
    if runtime.faults.hit((Fault.CUT_BEFORE,), connection.id, route.key):
        connection.socket.cut()
        return
    event = message_event(caller, route.key, body, runtime.clock.epoch_ms())
    request_id = _request_id(event)
    LOG.info("message connection=%s route=%s", connection.log_id, route.key)
    try:
        result = await run_integration(
            route.integration,
            event,
            invoker=runtime.invoker,
            limits=runtime.limits,
            source_arn=api.route_arn(caller.stage, route.key),
        )
    except IntegrationFailed as failed:
        _send_error(connection, failed.message, request_id)
        return
    if runtime.faults.hit((Fault.CUT_AFTER,), connection.id, route.key):
        connection.socket.cut()
        return
    if route.replies and result.body:
        connection.send(result.body.encode())


def _send_error(connection: "Connection", message: str, request_id: str) -> None:
    """AWS's error frame; it comes on one-way routes too."""
    LOG.info("error connection=%s message=%r", connection.log_id, message)
    frame = {"message": message, "connectionId": connection.id, "requestId": request_id}
    connection.send(json.dumps(frame).encode())


def _request_id(event: Mapping[str, object]) -> str:
    return text(as_object(event.get("requestContext")).get("requestId"))
