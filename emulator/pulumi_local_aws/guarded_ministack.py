"""Runs MiniStack and refuses the requests that a foreign web page makes through a developer's browser.

It runs in MiniStack's own virtual environment, so it imports the standard library and MiniStack only. A page
of another site can send requests to 127.0.0.1, and MiniStack answers some without a signature, for example
its reset. The browser adds the page's `Origin`, or `Sec-Fetch-Site` if it sends none. A page that rebinds
its own host name to 127.0.0.1 sends that name as `Host`.

Behind the guard, `dynamodb_faults.py` injects what a test asks for, and `iam_record.py` records decisions.
`event_apis.py` serves AppSync's Event APIs, and `event_api_records.py` corrects their records.
`kept_members.py` keeps what MiniStack drops. `function_policies.py` and `batch_actions.py` let it decide as
AWS does who may invoke a function and who may send a batch. `snap_start.py` provides the credentials of
functions with SnapStart, and the limits of an alias's asynchronous invocations.
"""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from importlib import import_module
from pathlib import Path
from runpy import run_path
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = ("127.0.0.1", "::1", "localhost")
AWS_DOMAINS = ("amazonaws.com", "amazonaws.com.cn", "cloudfront.net")
"""Names that only AWS can bind. A client sends one to choose an API, a bucket or a distribution."""


def refusal_reason(headers: Mapping[str, str]) -> str | None:
    """Return why a request is refused, or None. Header names are lower case."""
    host, origin = headers.get("host", ""), headers.get("origin")
    name = _host_name(f"//{host}")
    if not (_is_loopback(name) or any(name == one or name.endswith(f".{one}") for one in AWS_DOMAINS)):
        return f"Host: {host!r}; must be a loopback address or a name of AWS"
    if origin is not None:
        if not _is_loopback(_host_name(origin)):
            return f"Origin: {origin!r}; must be a loopback address"
    elif headers.get("sec-fetch-site") == "cross-site":
        return "Sec-Fetch-Site: cross-site; must come from a loopback address"
    return None


def guarded(app: App) -> App:
    """Return the ASGI application with the guard in front of it."""

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        reason = None
        if scope["type"] in ("http", "websocket"):
            reason = refusal_reason(
                {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
            )
        if reason is None:
            await app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            headers = [(b"content-type", b"text/plain; charset=utf-8")]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": f"{reason}\n".encode()})

    return guard


def _host_name(url: str) -> str:
    """Return the host of a URL without its port, or an empty string."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_loopback(name: str) -> bool:
    return name in LOOPBACK or name.endswith(".localhost")


def _neighbour(name: str) -> dict[str, Any]:
    """Run a file of this folder. Nothing of the project is importable in MiniStack's virtual environment."""
    return run_path(str(Path(__file__).with_name(f"{name}.py")))


class Module:
    """A module of MiniStack, whose private names are read and wrapped.

    `local-aws` pins MiniStack's version. A name that a later version lacks fails the start.
    """

    def __init__(self, name: str) -> None:
        self._module = import_module(f"ministack.{name}")

    def get(self, name: str) -> Any:
        """Return what has the name. Raises AttributeError."""
        return getattr(self._module, name)

    def wrap(self, name: str, wrapper: Callable[[Any], Any]) -> None:
        """Replace a function by what `wrapper` returns for it. Raises AttributeError."""
        setattr(self._module, name, wrapper(self.get(name)))


def _event_apis(event_apis: Module, evaluator: Module, policies: Any) -> Any:
    """Return the data plane of AppSync's Event APIs."""
    responses = Module("core.responses")
    access, names = _neighbour("event_api_access"), _neighbour("event_api_channels")
    run = Module("core.concurrency").get("run_reentrant")
    checks = access["EventApiAccess"](
        event_apis, evaluator, Module("core.sigv4"), responses, run=run, allow=policies.allow
    )
    return _neighbour("event_apis")["EventApis"](
        event_apis,
        responses,
        checks,
        attempt=access["Attempt"],
        **{name: names[name] for name in ("segments", "matches")},
    )


def main() -> None:
    """Serve MiniStack, configured by its environment variables."""
    faults = _neighbour("dynamodb_faults")["DynamoDBFaults"]()
    record = _neighbour("iam_record")["IamRecord"]()
    record.attach(import_module("ministack.core.iam_evaluator"))
    evaluator = Module("core.iam_evaluator")
    _neighbour("batch_actions")["require_single_actions"](evaluator)
    apigateway = Module("services.apigateway")
    others = (Module(f"services.{name}") for name in ("acm", "cognito", "cloudwatch"))
    _neighbour("kept_members")["keep_members"](apigateway, *others)
    event_apis = Module("services.appsync_events")
    _neighbour("event_api_records")["correct_records"](Module("services.appsync"), event_apis)
    policies = _neighbour("function_policies")["FunctionPolicies"](
        Module("services.lambda_svc"), evaluator, Module("core.responses")
    )
    snap_start = _neighbour("snap_start")
    credentials = snap_start["ContainerCredentials"]()
    credentials.attach(Module("core.lambda_runtime"))
    snap_start["obey_alias_limits"](Module("services.lambda_svc"))
    policies.enforce_for_topics(Module("services.sns"))
    policies.enforce_for_buckets(Module("services.s3"))
    policies.enforce_for_rules_and_schedules(Module("services.eventbridge"))
    policies.enforce_for_http_apis(apigateway)
    channels = _event_apis(event_apis, evaluator, policies)
    ministack: Any = import_module("ministack.app")
    inner = record.in_front_of(faults.in_front_of(channels.in_front_of(ministack.app)))
    ministack.app = guarded(credentials.in_front_of(inner))
    ministack.main()


if __name__ == "__main__":
    main()
