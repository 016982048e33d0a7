"""`$disconnect`: runs after the connection has closed; delivery is best effort.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
"""

import asyncio
import logging

from pulumi_local_aws.gateway.api.model import DISCONNECT, Api
from pulumi_local_aws.gateway.faults import DISCONNECT_FAULTS, Fault
from pulumi_local_aws.gateway.integrations.errors import IntegrationError
from pulumi_local_aws.gateway.integrations.events import ConnectionContext, disconnect_event
from pulumi_local_aws.gateway.runtime import Runtime

_LOGGER = logging.getLogger(__name__)


async def handle_disconnect(
    runtime: Runtime, api: Api | None, context: ConnectionContext, code: int, reason: str
) -> None:
    """Run the `$disconnect` route if the API has one. A failure is logged only."""
    route = api.routes.get(DISCONNECT) if api else None
    if api is None or route is None or route.integration is None:
        return
    rule = runtime.faults.match(DISCONNECT_FAULTS, context.connection_id, DISCONNECT)
    fault = rule.fault if rule else None
    if fault is Fault.DISCONNECT_LOST:
        return
    if rule is not None and fault is Fault.DISCONNECT_LATE:
        await asyncio.sleep(rule.seconds)
    for _ in range(2 if fault is Fault.DISCONNECT_DOUBLED else 1):
        event = disconnect_event(context, code, reason, runtime.clock.epoch_ms())
        try:
            await runtime.run(route, event, api.route_arn(context.stage, DISCONNECT))
        except IntegrationError as error:
            _LOGGER.warning("$disconnect failed: %s", error.message)
