"""Reads a WebSocket API's definition from the emulator's API Gateway V2 control plane."""

import asyncio
import re
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import quote

from pulumi_local_aws.gateway.api.model import (
    CONNECT,
    DISCONNECT,
    Api,
    Authorizer,
    Integration,
    IntegrationResponse,
    Route,
    Stage,
    Throttle,
)
from pulumi_local_aws.gateway.emulator_client import EmulatorClient
from pulumi_local_aws.gateway.json_access import as_list, as_object, number, parse, strings, text

_Entries = list[Mapping[str, object]]
_ACCOUNT = re.compile(rb"<Account>(\d{12})</Account>")


class ControlPlaneError(Exception):
    """The control plane is unavailable or its response is invalid."""


class ControlPlane(Protocol):
    """The seam to the emulator's control plane; tests use a fixed API."""

    async def read(self, api_id: str) -> Api | None:
        """Return the API, or None if no WebSocket API has this id. Raises ControlPlaneError."""
        ...


class EmulatorControlPlane:
    """Reads the parts of an API concurrently through the REST interface."""

    def __init__(self, client: EmulatorClient) -> None:
        self._client = client
        self._account_id: str | None = None

    async def read(self, api_id: str) -> Api | None:
        try:
            return await self._read(api_id)
        except (OSError, TimeoutError, ValueError) as error:
            raise ControlPlaneError(f"control plane: {type(error).__name__}: {error}") from error

    async def _read(self, api_id: str) -> Api | None:
        root = f"/v2/apis/{api_id}"
        description = await self._get(root)
        if description is None or description.get("protocolType") != "WEBSOCKET":
            return None
        stages, routes, integrations, account_id = await asyncio.gather(
            self._list(f"{root}/stages"),
            self._list(f"{root}/routes"),
            self._list(f"{root}/integrations"),
            self._account(),
        )
        integrations_by_id, authorizers_by_id, have_responses = await asyncio.gather(
            self._integrations(root, integrations),
            self._authorizers(root, routes),
            asyncio.gather(*(self._has_route_response(root, entry) for entry in routes)),
        )
        return Api(
            api_id=api_id,
            region=self._client.address.region,
            account_id=account_id,
            route_selection=text(description.get("routeSelectionExpression"), "$request.body.action"),
            stages={stage.name: stage for stage in map(read_stage, stages)},
            routes={
                route.key: route
                for route in (
                    read_route(
                        entry, integrations_by_id, authorizers_by_id, has_route_response=has_route_response
                    )
                    for entry, has_route_response in zip(routes, have_responses, strict=True)
                )
            },
        )

    async def _integrations(self, root: str, entries: _Entries) -> dict[str, Integration]:
        async def read(entry: Mapping[str, object]) -> tuple[str, Integration]:
            integration_id = text(entry.get("integrationId"))
            is_proxy = text(entry.get("integrationType")) == "AWS_PROXY"
            path = f"{root}/integrations/{integration_id}/integrationresponses"
            return integration_id, read_integration(entry, [] if is_proxy else await self._list(path))

        return dict(await asyncio.gather(*map(read, entries)))

    async def _authorizers(self, root: str, routes: _Entries) -> dict[str, Authorizer]:
        """Read the authorizers that routes name, each by its id, because moto cannot list them."""
        ids = sorted({text(entry.get("authorizerId")) for entry in routes} - {""})
        found = await asyncio.gather(*(self._get(f"{root}/authorizers/{each}") for each in ids))
        return {each: read_authorizer(entry) for each, entry in zip(ids, found, strict=True) if entry}

    async def _has_route_response(self, root: str, entry: Mapping[str, object]) -> bool:
        if entry.get("routeKey") in (CONNECT, DISCONNECT):
            return False
        return bool(await self._list(f"{root}/routes/{text(entry.get('routeId'))}/routeresponses"))

    async def _account(self) -> str:
        """Return the account's id for the ARNs that authorizers receive."""
        account_id = self._account_id
        if account_id is None:
            response = await self._client.call(
                "sts",
                "POST",
                "/",
                b"Action=GetCallerIdentity&Version=2011-06-15",
                {"Content-Type": "application/x-www-form-urlencoded"},
            )
            found = _ACCOUNT.search(response.body)
            account_id = self._account_id = found.group(1).decode() if found else "000000000000"
        return account_id

    async def _list(self, path: str) -> _Entries:
        items: _Entries = []
        token = ""
        while True:
            page = await self._get(path + (f"?nextToken={quote(token, safe='')}" if token else "")) or {}
            items += [as_object(item) for item in as_list(page.get("items"))]
            token = text(page.get("nextToken"))
            if not token:
                return items

    async def _get(self, path: str) -> Mapping[str, object] | None:
        response = await self._client.call("apigateway", "GET", path)
        if response.status == 404:
            return None
        if response.status != 200:
            raise ControlPlaneError(f"control plane: GET {path}: {response.error_text}")
        return as_object(parse(response.body))


def read_stage(entry: Mapping[str, object]) -> Stage:
    route_settings = as_object(entry.get("routeSettings"))
    return Stage(
        name=text(entry.get("stageName")),
        variables=strings(entry.get("stageVariables")),
        throttle=_read_throttle(entry.get("defaultRouteSettings")),
        route_throttles={key: _read_throttle(settings) for key, settings in route_settings.items()},
    )


def _read_throttle(settings: object) -> Throttle:
    found = as_object(settings)
    burst = number(found.get("throttlingBurstLimit"))
    return Throttle(
        rate=number(found.get("throttlingRateLimit")), burst=None if burst is None else int(burst)
    )


def read_authorizer(entry: Mapping[str, object]) -> Authorizer:
    sources = (text(source) for source in as_list(entry.get("identitySource")))
    return Authorizer(
        uri=text(entry.get("authorizerUri")),
        authorizer_id=text(entry.get("authorizerId")),
        has_credentials=bool(entry.get("authorizerCredentialsArn")),
        identity_sources=tuple(
            part.strip() for source in sources for part in source.split(",") if part.strip()
        ),
    )


def read_integration(entry: Mapping[str, object], responses: _Entries) -> Integration:
    milliseconds = number(entry.get("timeoutInMillis"))
    return Integration(
        kind=text(entry.get("integrationType")),
        uri=text(entry.get("integrationUri")),
        has_credentials=bool(entry.get("credentialsArn")),
        timeout_seconds=milliseconds / 1000 if milliseconds else None,
        request_templates=strings(entry.get("requestTemplates")),
        template_selection=text(entry.get("templateSelectionExpression")) or None,
        passthrough=text(entry.get("passthroughBehavior")) or "WHEN_NO_MATCH",
        response_selection=text(entry.get("integrationResponseSelectionExpression")) or None,
        responses=tuple(
            IntegrationResponse(
                key=text(response.get("integrationResponseKey")),
                templates=strings(response.get("responseTemplates")),
                template_selection=text(response.get("templateSelectionExpression")) or None,
            )
            for response in responses
        ),
    )


def read_route(
    entry: Mapping[str, object],
    integrations: Mapping[str, Integration],
    authorizers: Mapping[str, Authorizer],
    *,
    has_route_response: bool,
) -> Route:
    return Route(
        key=text(entry.get("routeKey")),
        authorization=text(entry.get("authorizationType")) or "NONE",
        authorizer=authorizers.get(text(entry.get("authorizerId"))),
        integration=integrations.get(text(entry.get("target")).removeprefix("integrations/")),
        has_route_response=has_route_response,
    )
