"""Map the permissions of SQS's batch operations, which AWS and the emulator name differently.

In AWS a batch needs the permission of the single operation, and no other exists (Amazon SQS Developer Guide,
"Amazon SQS API permissions: Actions and resource reference"). MiniStack asks for a permission named like the
batch, so it would refuse a role that is correct for AWS. The provider adds that permission to the policies
that it writes, and removes it from those that it reads. It refuses a policy whose batch permission is the
only one, because AWS would ignore that.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, cast

_BATCH_ACTIONS = {
    f"sqs:{operation}": f"sqs:{operation}Batch"
    for operation in ("SendMessage", "DeleteMessage", "ChangeMessageVisibility")
}
_MEMBERS = ("Action", "NotAction")

Change = Callable[[list[str]], list[str]]


def add_batch_actions(document: str) -> str:
    """Return the policy with the emulator's batch permissions beside those of the single operations."""
    return _map_actions(
        document,
        lambda actions: [
            *actions,
            *(
                batch
                for single, batch in _BATCH_ACTIONS.items()
                if _matches(actions, single) and not _matches(actions, batch)
            ),
        ],
    )


def remove_batch_actions(document: str, given: str | None = None) -> str:
    """Return the policy without the emulator's batch permissions: `given`, if it was written so."""
    if given is not None and json.loads(add_batch_actions(given)) == json.loads(document):
        return given
    return _map_actions(
        document, lambda actions: [entry for entry in actions if entry not in _BATCH_ACTIONS.values()]
    )


def unknown_batch_actions(document: str) -> Iterator[str]:
    """Yield each action that names a batch without its single operation: AWS has no such permission."""
    for statement in _statements(json.loads(document)):
        for member in _MEMBERS:
            actions = _listed(statement.get(member))
            for single, batch in _BATCH_ACTIONS.items():
                if _matches(actions, batch) and not _matches(actions, single):
                    yield f"AWS has no permission {batch!r}: the batch needs {single!r}"


def _matches(patterns: list[str], action: str) -> bool:
    """Return whether one of IAM's patterns, with `*` and `?`, matches the action in any case."""
    return any(
        re.fullmatch(
            re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), action, re.IGNORECASE | re.DOTALL
        )
        for pattern in patterns
    )


def _map_actions(document: str, change: Change) -> str:
    """Change each statement's actions; return a policy in which nothing changes as it is."""
    policy: Any = json.loads(document)
    changed = False
    for statement in _statements(policy):
        for member in _MEMBERS:
            actions = _listed(statement.get(member))
            mapped = change(actions)
            if mapped != actions:
                statement[member] = mapped
                changed = True
    return json.dumps(policy) if changed else document


def _statements(policy: Any) -> list[dict[str, Any]]:
    stated: Any = policy.get("Statement") or []
    return cast("list[dict[str, Any]]", stated) if isinstance(stated, list) else [stated]


def _listed(actions: Any) -> list[str]:
    return [actions] if isinstance(actions, str) else list(actions or [])
