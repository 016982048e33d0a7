"""`$connect`: throttling, authorization and integration decide whether the upgrade is accepted.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-connect-route-subprotocol.html
"""

from pulumi_local_aws.gateway.api.control_plane import ControlPlaneError
from pulumi_local_aws.gateway.api.model import CONNECT, Api, Route
from pulumi_local_aws.gateway.integrations.authorizer import Refused, authorize
from pulumi_local_aws.gateway.integrations.events import Caller, Handshake, connect_event
from pulumi_local_aws.gateway.integrations.run import IntegrationFailed, run_integration
from pulumi_local_aws.gateway.runtime import LOG, Runtime

_PROTOCOL_HEADER = "sec-websocket-protocol"


async def admit(runtime: Runtime, caller: Caller, handshake: Handshake) -> str | None:
    """The subprotocol for the accepted upgrade (None: none); raises Refused.

    An unknown API or stage is 403. Without a `$connect` route every connection is accepted.
    """
    if not runtime.throttles.connect():
        raise Refused(429, "Too Many Requests")
    api = await _api(runtime, caller)
    caller.stage_variables = api.stages[caller.stage].variables
    route = api.routes.get(CONNECT)
    if route is None:
        return None
    if not runtime.throttles.request() or not runtime.throttles.route(api, caller.stage, CONNECT):
        raise Refused(429, "Too Many Requests")
    await _authorize(runtime, api, route, caller, handshake)
    if route.integration is None:
        return None
    event = connect_event(caller, handshake, runtime.clock.epoch_ms())
    try:
        result = await run_integration(
            route.integration,
            event,
            invoker=runtime.invoker,
            limits=runtime.limits,
            source_arn=api.route_arn(caller.stage, CONNECT),
        )
    except IntegrationFailed as failed:
        raise Refused(failed.status, failed.message) from failed
    if not 200 <= result.status < 300:
        raise Refused(result.status, "Forbidden" if result.status == 403 else result.body or "")
    return next((value for name, value in result.headers.items() if name.lower() == _PROTOCOL_HEADER), None)


async def _api(runtime: Runtime, caller: Caller) -> Api:
    if not runtime.served.includes(caller.api_id, caller.stage):
        raise Refused(403, "Forbidden")
    try:
        api = await runtime.definitions.fresh(caller.api_id)
    except ControlPlaneError as error:
        LOG.error("%s", error)
        raise Refused(500, "Internal server error") from error
    if api is None or caller.stage not in api.stages:
        raise Refused(403, "Forbidden")
    return api


async def _authorize(runtime: Runtime, api: Api, route: Route, caller: Caller, handshake: Handshake) -> None:
    if route.authorization == "NONE":
        return
    if route.authorization != "CUSTOM" or route.authorizer is None:
        LOG.error("$connect: authorization type %r is not carried out", route.authorization)
        raise Refused(500, "Internal server error")
    caller.authorizer = await authorize(
        route.authorizer,
        api,
        caller,
        handshake,
        invoker=runtime.invoker,
        limits=runtime.limits,
        now_ms=runtime.clock.epoch_ms(),
    )
