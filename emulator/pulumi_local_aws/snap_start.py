"""Gives functions with SnapStart what they have on AWS and MiniStack leaves out.

An instance of a version with a snapshot has no key pair in its environment. A local endpoint provides the
credentials of its role, and renews them. It runs in MiniStack's own virtual environment, so it imports the
standard library only.

Sources: AWS Lambda Developer Guide, "Activating and managing Lambda SnapStart" and "Monitoring for Lambda
SnapStart"; AWS SDKs and Tools Reference Guide, "Container credential provider".
"""

import json
import os
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PATH = "/_local-aws/credentials"
VALID_SECONDS = 3600
ADDRESS, AUTHORIZATION = "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN"
MISSING = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
)
"""What other functions have in their environment."""


class ContainerCredentials:
    """The endpoint, and the credentials that it provides by the authorization of each instance."""

    def __init__(self) -> None:
        self._issued: dict[str, Mapping[str, str]] = {}

    def attach(self, runtime: Any) -> None:
        """Let MiniStack's runtime start instances of versions with a snapshot with the endpoint's address."""

        def issuing(execution_credentials: Callable[..., dict[str, str]]) -> Callable[..., dict[str, str]]:
            def call(configuration: Mapping[str, Any]) -> dict[str, str]:
                found = execution_credentials(configuration)
                return self._issue(found) if has_snapshot(configuration) else found

            return call

        runtime.wrap("execution_credentials", issuing)
        runtime.wrap("subprocess", _Subprocess)

    def _issue(self, credentials: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of a new instance."""
        authorization = secrets.token_urlsafe()
        self._issued[authorization] = credentials
        return {
            ADDRESS: f"http://127.0.0.1:{os.environ.get('GATEWAY_PORT', '4566')}{PATH}",
            AUTHORIZATION: authorization,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
        }

    def in_front_of(self, app: App) -> App:
        """Return the ASGI application with the endpoint in front of it."""

        async def handle(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or (scope["method"], scope["path"]) != ("GET", PATH):
                await app(scope, receive, send)
                return
            given = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
            credentials = self._issued.get(given)
            status, document = (200, _document(credentials)) if credentials else (403, {})
            headers = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": json.dumps(document).encode()})

        return handle


def has_snapshot(configuration: Mapping[str, Any]) -> bool:
    """Return whether a configuration is that of a version with a snapshot."""
    snap_start: Mapping[str, Any] = configuration.get("SnapStart") or {}
    return snap_start.get("OptimizationStatus") == "On"


def obey_alias_limits(functions: Any) -> None:
    """Let asynchronous invocations obey the configuration of the alias or version that is invoked.

    MiniStack reads the function's own only, which on AWS holds for unqualified invocations.
    """
    records, configuration_of = functions.get("_functions"), functions.get("_event_invoke_config")

    def obeying(invoke: Callable[..., None]) -> Callable[..., None]:
        def call(record: dict[str, Any], event: Any) -> None:
            configuration = record["config"]
            qualifier = next(iter(configuration["FunctionArn"].split(":")[7:]), None)
            found = configuration_of(records[configuration["FunctionName"]], qualifier)
            invoke({**record, "event_invoke_config": found, "event_invoke_configs": {}}, event)

        return call

    functions.wrap("invoke_async_with_retry", obeying)


class _Subprocess:
    """The module `subprocess`, whose processes have no key pair if they have the endpoint's address."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def Popen(self, *arguments: Any, env: Mapping[str, str] | None = None, **more: Any) -> Any:  # noqa: N802
        """Start a process, as `subprocess.Popen`."""
        if env is not None and ADDRESS in env:
            env = {name: value for name, value in env.items() if name not in MISSING}
        return self._module.Popen(*arguments, env=env, **more)


def _document(credentials: Mapping[str, str]) -> dict[str, str]:
    expiration = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + VALID_SECONDS))
    return {
        "AccessKeyId": credentials["AWS_ACCESS_KEY_ID"],
        "SecretAccessKey": credentials["AWS_SECRET_ACCESS_KEY"],
        "Token": credentials["AWS_SESSION_TOKEN"],
        "Expiration": expiration,
    }
