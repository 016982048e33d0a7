"""Find permissions for SQS's batch operations, which AWS does not have.

A batch needs the permission of the single operation (Amazon SQS Developer Guide, "Amazon SQS API permissions:
Actions and resource reference"). AWS ignores a permission that is named like the batch.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, cast

_BATCH_ACTIONS = {
    f"sqs:{operation}": f"sqs:{operation}Batch"
    for operation in ("SendMessage", "DeleteMessage", "ChangeMessageVisibility")
}


def unknown_batch_actions(document: str) -> Iterator[str]:
    """Yield each action that names a batch without its single operation."""
    for statement in _statements(json.loads(document)):
        for member in ("Action", "NotAction"):
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


def _statements(policy: Any) -> list[dict[str, Any]]:
    stated: Any = policy.get("Statement") or []
    return cast("list[dict[str, Any]]", stated) if isinstance(stated, list) else [stated]


def _listed(actions: Any) -> list[str]:
    return [actions] if isinstance(actions, str) else list(actions or [])
