"""Lets a batch of SQS need the permission of its single operation, as in AWS.

MiniStack asks for a permission named like the batch, which AWS does not have (Amazon SQS Developer Guide,
"Amazon SQS API permissions: Actions and resource reference"). It runs in MiniStack's own virtual environment,
so it imports the standard library only.
"""

from collections.abc import Callable
from typing import Any

_SINGLE_ACTIONS = {
    f"sqs:{operation}Batch": f"sqs:{operation}"
    for operation in ("SendMessage", "DeleteMessage", "ChangeMessageVisibility")
}

Enforce = Callable[..., Any]


def require_single_actions(evaluator: Any) -> None:
    """Let IAM's evaluator, a `Module` of `guarded_ministack.py`, decide a batch by the single action."""

    def by_single_action(enforce: Enforce) -> Enforce:
        def call(access_key: str, action: str, *rest: Any, **more: Any) -> Any:
            return enforce(access_key, _SINGLE_ACTIONS.get(action, action), *rest, **more)

        return call

    evaluator.wrap("enforce", by_single_action)
