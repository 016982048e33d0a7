"""The state that the routes, the management API and the admin interface share."""

from collections.abc import Mapping

from pulumi_local_aws.gateway.api.model import Api, Route
from pulumi_local_aws.gateway.client import Client
from pulumi_local_aws.gateway.clock import Clock
from pulumi_local_aws.gateway.faults import Faults
from pulumi_local_aws.gateway.integrations.authorizer import authorize
from pulumi_local_aws.gateway.integrations.events import ConnectionContext, UpgradeRequest
from pulumi_local_aws.gateway.integrations.lambda_invoke import Invoker
from pulumi_local_aws.gateway.integrations.run import IntegrationResult, run_integration
from pulumi_local_aws.gateway.limits import Limits
from pulumi_local_aws.gateway.throttling import Throttling


class Runtime:
    """The clock, the injected faults, the throttling and the accepted connections by their ids."""

    def __init__(self, *, invoker: Invoker, clock: Clock, limits: Limits) -> None:
        self.clock = clock
        self.faults = Faults()
        self.throttling = Throttling(limits, clock.monotonic)
        self.connections: dict[str, Client] = {}
        self._invoker = invoker
        self._limits = limits

    def open_connections(self) -> list[Client]:
        return [connection for connection in self.connections.values() if connection.is_open]

    async def run(self, route: Route, event: Mapping[str, object], source_arn: str) -> IntegrationResult:
        """Run a route's integration. Raises IntegrationError."""
        return await run_integration(
            route.integration, event, invoker=self._invoker, limits=self._limits, source_arn=source_arn
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
