"""Passes each message through the processing hook, a function of the stack's owner (docs/hook.md).

The setting `hookFailure` decides about a message whose hook fails, is too slow, or gives an invalid answer.
"""

from dataclasses import dataclass

from domain.errors import UnavailableError
from domain.message_log import Entry
from domain.model import Session
from domain.ports import Hook, HookError, Logger, Metrics
from domain.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageProcessor:
    """Passes entries through the hook, if there is one, which decides what each language gets."""

    hook: Hook | None
    settings: Settings
    logger: Logger
    metrics: Metrics

    def process(self, session: Session, entry: Entry) -> Entry:
        """Return the entry to send.

        Raises ForbiddenError if the hook refuses the message, and UnavailableError if the hook fails and
        `hookFailure` is "refuse". The caller checks the size of the result.
        """
        if self.hook is None:
            return entry
        try:
            return self.hook.process(session, entry)
        except HookError as failure:
            self.metrics.count("HookFailed")
            self.logger.warning("hook failed", reason=str(failure), rule=self.settings.hook_failure)
            if self.settings.hook_failure == "refuse":
                raise UnavailableError("The message could not be processed; try again.") from failure
            return entry
