"""A speaker's connection goes, and the session's grace begins, within the session's lifetime."""

from collections.abc import Sequence

from adapters.dynamodb.client import MAX_ATTEMPTS, transact
from adapters.dynamodb.session_items import detach_speaker
from adapters.dynamodb.writes import Write
from domain.model import Attachment
from domain.ports import Refused, RetryBudget


def detach_with(
    others: Sequence[Write],
    connection_id: str,
    attachment: Attachment,
    *,
    grace_until: int,
    tries: int = MAX_ATTEMPTS[RetryBudget.USUAL],
) -> None:
    """Start the grace together with other writes: one call, or two within the last grace of a lifetime.

    DynamoDB's expressions know no minimum, so the usual case is tried first.
    """
    try:
        transact(
            [detach_speaker(connection_id, attachment, grace_until, is_last=False), *others], tries=tries
        )
    except Refused as refused:
        if refused.session is None or refused.session.expires_at >= grace_until:
            raise
        transact([detach_speaker(connection_id, attachment, grace_until, is_last=True), *others], tries=tries)
