"""SQS's batch operations in policies, which AWS and the emulator ask a different permission for.

In AWS a batch needs the permission of the single operation, and no other exists (Amazon SQS Developer Guide,
"Amazon SQS API permissions: Actions and resource reference"). MiniStack asks for one named like the batch, so
that a role that is right for AWS would be refused there: policies get it on their way in, and lose it on
their way back.
"""

import json
from collections.abc import Callable
from typing import Any, cast

BATCHES = {
    f"sqs:{operation}": f"sqs:{operation}Batch"
    for operation in ("SendMessage", "DeleteMessage", "ChangeMessageVisibility")
}


def with_batches(document: str) -> str:
    """The policy as the emulator has to have it."""
    return _mapped(document, lambda actions: [*actions, *(BATCHES[one] for one in actions if one in BATCHES)])


def without_batches(document: str) -> str:
    """The policy as it was given."""
    return _mapped(document, lambda actions: [one for one in actions if one not in BATCHES.values()])


def _mapped(document: str, change: Callable[[list[str]], list[str]]) -> str:
    """Change each statement's actions, and leave a policy without any of SQS's as it is written."""
    if '"sqs:' not in document:
        return document
    policy: dict[str, Any] = json.loads(document)
    stated = policy.get("Statement", [])
    statements = cast("list[dict[str, Any]]", stated if isinstance(stated, list) else [stated])
    for statement in statements:
        actions = statement.get("Action")
        if actions:
            listed = [actions] if isinstance(actions, str) else cast(list[str], actions)
            statement["Action"] = change(listed)
    return json.dumps(policy)
