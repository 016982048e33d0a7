"""The state that the routes, the management API and the admin interface share."""

from collections.abc import Mapping

from pulumi_local_aws.gateway.api.model import Api, Route
from pulumi_local_aws.gateway.client import Client
from pulumi_local_aws.gateway.clock import Clock
from pulumi_local_aws.gateway.faults import Faults
from pulumi_local_aws.gateway.integrations.authorizer import authorize
from pulumi_local_aws.gateway.integrations.errors import IntegrationError
from pulumi_local_aws.gateway.integrations.events import ConnectionContext, UpgradeRequest
from pulumi_local_aws.gateway.integrations.lambda_invoke import InvokeError, Invoker, function_arn
from pulumi_local_aws.gateway.integrations.run import IntegrationResult, run_integration
from pulumi_local_aws.gateway.json_access import as_object, text
from pulumi_local_aws.gateway.limits import Limits
from pulumi_local_aws.gateway.throttling import Throttling
from pulumi_local_aws.gateway.traffic import Traffic


class Runtime:
    """The clock, the injected faults, the throttling, the traffic and the accepted connections by id."""

    def __init__(self, *, invoker: Invoker, clock: Clock, limits: Limits) -> None:
        self.clock = clock
        self.faults = Faults()
        self.throttling = Throttling(limits, clock.monotonic)
        self.connections: dict[str, Client] = {}
        self.traffic = Traffic(clock.epoch_ms)
        self._invoker = invoker
        self._limits = limits

    def open_connections(self) -> list[Client]:
        return [connection for connection in self.connections.values() if connection.is_open]

    async def run(self, route: Route, event: Mapping[str, object], source_arn: str) -> IntegrationResult:
        """Run a route's integration. Raises IntegrationError."""
        started = self.clock.monotonic()
        outcome: dict[str, object] = {}
        try:
            result = await run_integration(
                route.integration, event, invoker=self._invoker, limits=self._limits, source_arn=source_arn
            )
        except IntegrationError as error:
            outcome = {"status": error.status, "error": error.message}
            raise
        else:
            outcome = {"status": result.status}
            return result
        finally:
            if self.traffic.is_watched:
                context = as_object(event.get("requestContext"))
                self.traffic.record(
                    "invocation",
                    text(context.get("connectionId")),
                    route=route.key,
                    requestId=context.get("requestId"),
                    durationMs=round((self.clock.monotonic() - started) * 1000, 1),
                    function=_function_name(route),
                    **outcome,
                )

    async def authorize(
        self, api: Api, route: Route, context: ConnectionContext, upgrade: UpgradeRequest
    ) -> Mapping[str, object] | None:
        """Return the authorizer context of `$connect`, or None without authorization.

        Raises ConnectRefusedError.
        """
        return await authorize(
            api,
            route,
            context,
            upgrade,
            invoker=self._invoker,
            limits=self._limits,
            now_ms=self.clock.epoch_ms(),
        )


def _function_name(route: Route) -> str | None:
    """Return the name of the route's function, or None for a MOCK integration."""
    try:
        arn = function_arn(route.integration.uri if route.integration else "")
    except InvokeError:
        return None
    return arn.split(":")[6] if arn.count(":") >= 6 else None
