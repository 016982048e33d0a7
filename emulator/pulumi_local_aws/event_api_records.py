"""Corrects what MiniStack records of AppSync's Event APIs: their tags, and the modes of their namespaces.

MiniStack tags GraphQL APIs only. It fills in a namespace's modes when the namespace is created, and those of
publishing for subscribing, too. AWS leaves them empty, and an empty list means the API's default. It runs in
MiniStack's own virtual environment, so it imports the standard library only. A service is a `Module` of
`guarded_ministack.py`.
"""

import json
import re
from collections.abc import Callable
from typing import Any

MAX_NAMESPACES = 50
"""Channel namespaces of an API. Source: AWS AppSync endpoints and quotas."""

_ARN = re.compile(r"arn:aws:appsync:[^:]*:\d*:apis/(?P<api>[^/]+)(?:/channelNamespace/(?P<namespace>[^/]+))?")
_MODES = ("publishAuthModes", "subscribeAuthModes")
_TOO_MANY = json.dumps(
    {
        "__type": "ServiceQuotaExceededException",
        "message": f"An API has at most {MAX_NAMESPACES} channel namespaces.",
    }
).encode()

Function = Callable[..., Any]


def correct_records(appsync: Any, event_apis: Any) -> None:
    """Let both modules of MiniStack's AppSync record Event APIs as AWS does."""
    _keep_tags(appsync, event_apis)
    _keep_modes(event_apis)


def _keep_tags(appsync: Any, event_apis: Any) -> None:
    apis, namespaces, respond = (
        event_apis.get("_apis"),
        event_apis.get("_channel_namespaces"),
        appsync.get("_json"),
    )

    def tags(arn: str) -> dict[str, str] | None:
        """Return the tags of an Event API or a namespace, or None if the ARN names none."""
        found = _ARN.fullmatch(arn)
        api = apis.get(found["api"]) if found else None
        if found is None or api is None:
            return None
        record = namespaces[found["api"]].get(found["namespace"]) if found["namespace"] else api
        if record is None:
            return None
        if record.get("tags") is None:
            record["tags"] = {}
        return record["tags"]

    def tagging(tag: Function) -> Function:
        def call(request: Any) -> Any:
            known = tags(request.get("resourceArn", ""))
            if known is None:
                return tag(request)
            known.update(request.get("tags", {}))
            return respond(200, {})

        return call

    def untagging(untag: Function) -> Function:
        def call(arn: str, query: Any) -> Any:
            known = tags(arn)
            if known is None:
                return untag(arn, query)
            removed = query.get("tagKeys", [])
            for name in [removed] if isinstance(removed, str) else removed:
                known.pop(name, None)
            return respond(200, {})

        return call

    def listing(list_tags: Function) -> Function:
        def call(arn: str) -> Any:
            known = tags(arn)
            return list_tags(arn) if known is None else respond(200, {"tags": known})

        return call

    appsync.wrap("_tag_resource", tagging)
    appsync.wrap("_untag_resource", untagging)
    appsync.wrap("_list_tags_for_resource", listing)


def _keep_modes(event_apis: Any) -> None:
    namespaces = event_apis.get("_channel_namespaces")

    def keeping(create: Function) -> Function:
        def call(api_id: str, body: bytes) -> Any:
            if len(namespaces.get(api_id, {})) >= MAX_NAMESPACES:
                return 402, {"Content-Type": "application/json"}, _TOO_MANY
            status, headers, answer = create(api_id, body)
            if status >= 400:
                return status, headers, answer
            request, response = json.loads(body), json.loads(answer)
            given: dict[str, Any] = {name: request.get(name) or [] for name in _MODES}
            namespaces[api_id][request["name"]].update(given)
            response["channelNamespace"].update(given)
            return status, headers, json.dumps(response).encode()

        return call

    event_apis.wrap("_create_channel_namespace", keeping)
