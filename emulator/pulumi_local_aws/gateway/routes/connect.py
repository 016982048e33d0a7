"""`$connect`: throttling, authorization and the integration decide whether the upgrade is accepted.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-connect-route-subprotocol.html
"""

import logging

from pulumi_local_aws.gateway.api.cache import ApiCache
from pulumi_local_aws.gateway.api.control_plane import ControlPlaneError
from pulumi_local_aws.gateway.api.model import CONNECT, Api
from pulumi_local_aws.gateway.integrations.errors import ConnectRefusedError, IntegrationError
from pulumi_local_aws.gateway.integrations.events import ConnectionContext, UpgradeRequest, connect_event
from pulumi_local_aws.gateway.runtime import Runtime

_LOGGER = logging.getLogger(__name__)
_PROTOCOL_HEADER = "sec-websocket-protocol"


async def handle_connect(
    runtime: Runtime, apis: ApiCache, context: ConnectionContext, upgrade: UpgradeRequest
) -> str | None:
    """Return the subprotocol of the accepted upgrade, or None. Raises ConnectRefusedError.

    An unknown API or stage is refused with 403. An API without a `$connect` route accepts every connection.
    """
    if not runtime.throttling.allows_connect():
        raise ConnectRefusedError(429, "Too Many Requests")
    api = await _get_api(apis, context)
    context.stage_variables = api.stages[context.stage].variables
    route = api.routes.get(CONNECT)
    if route is None:
        return None
    if not runtime.throttling.allows_route(api, context.stage, CONNECT):
        raise ConnectRefusedError(429, "Too Many Requests")
    context.authorizer = await runtime.authorize(api, route, context, upgrade)
    if route.integration is None:
        return None
    event = connect_event(context, upgrade, runtime.clock.epoch_ms())
    try:
        result = await runtime.run(route, event, api.route_arn(context.stage, CONNECT))
    except IntegrationError as error:
        raise ConnectRefusedError(error.status, error.message) from error
    if not 200 <= result.status < 300:
        raise ConnectRefusedError(result.status, "Forbidden" if result.status == 403 else result.body or "")
    return next((value for name, value in result.headers.items() if name.lower() == _PROTOCOL_HEADER), None)


async def _get_api(apis: ApiCache, context: ConnectionContext) -> Api:
    try:
        api = await apis.get_fresh(context.api_id)
    except ControlPlaneError as error:
        _LOGGER.warning("%s", error)
        raise ConnectRefusedError(500, "Internal server error") from error
    if api is None or context.stage not in api.stages:
        raise ConnectRefusedError(403, "Forbidden")
    return api
