"""Map the permissions of SQS's batch operations, which AWS and the emulator name differently.

In AWS a batch needs the permission of the single operation, and no other exists (Amazon SQS Developer Guide,
"Amazon SQS API permissions: Actions and resource reference"). MiniStack asks for a permission named like the
batch, so it would refuse a role that is correct for AWS. The provider adds that permission to the policies
that it writes, and removes it from those that it reads.
"""

import json
from collections.abc import Callable
from typing import Any, cast

BATCH_ACTIONS = {
    f"sqs:{operation}": f"sqs:{operation}Batch"
    for operation in ("SendMessage", "DeleteMessage", "ChangeMessageVisibility")
}


def add_batch_actions(document: str) -> str:
    """Return the policy with the emulator's batch permissions added."""
    return _map_actions(
        document,
        lambda actions: [*actions, *(BATCH_ACTIONS[entry] for entry in actions if entry in BATCH_ACTIONS)],
    )


def remove_batch_actions(document: str) -> str:
    """Return the policy without the emulator's batch permissions."""
    return _map_actions(
        document, lambda actions: [entry for entry in actions if entry not in BATCH_ACTIONS.values()]
    )


def _map_actions(document: str, change: Callable[[list[str]], list[str]]) -> str:
    """Change each statement's actions; return a policy that names no SQS action unchanged."""
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
