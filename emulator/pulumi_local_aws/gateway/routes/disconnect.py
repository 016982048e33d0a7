"""`$disconnect`: told after the connection is closed, by best effort.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
"""

import asyncio

from pulumi_local_aws.gateway.api.model import DISCONNECT
from pulumi_local_aws.gateway.faults import DISCONNECT_FAULTS, Fault
from pulumi_local_aws.gateway.integrations.events import Caller, disconnect_event
from pulumi_local_aws.gateway.integrations.run import IntegrationFailed, run_integration
from pulumi_local_aws.gateway.runtime import LOG, Runtime


async def report_disconnect(runtime: Runtime, caller: Caller, code: int, reason: str) -> None:
    """Run the `$disconnect` route, if there is one; nobody is left to hear of a failure."""
    api = runtime.definitions.current(caller.api_id)
    route = api.routes.get(DISCONNECT) if api else None
    if api is None or route is None or route.integration is None:
        return
    rule = runtime.faults.hit(DISCONNECT_FAULTS, caller.connection_id, DISCONNECT)
    fault = rule.fault if rule else None
    if fault is Fault.DISCONNECT_LOST:
        LOG.info("fault %s", fault)
        return
    if rule is not None and fault is Fault.DISCONNECT_LATE:
        LOG.info("fault %s", fault)
        await asyncio.sleep(rule.seconds)
    for _ in range(2 if fault is Fault.DISCONNECT_DOUBLED else 1):
        event = disconnect_event(caller, code, reason, runtime.clock.epoch_ms())
        try:
            await run_integration(
                route.integration,
                event,
                invoker=runtime.invoker,
                limits=runtime.limits,
                source_arn=api.route_arn(caller.stage, DISCONNECT),
            )
        except IntegrationFailed as failed:
            LOG.warning("$disconnect failed: %s", failed.message)
