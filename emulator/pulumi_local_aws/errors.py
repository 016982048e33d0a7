"""What the local AWS reports to people: one line each, which says what to do."""


class EmulatorError(Exception):
    """The local AWS cannot start or run; the text is one line for a person."""


class CommandError(EmulatorError):
    """A command cannot continue; the text says what to do, and is all that is shown."""


class EngineUnavailable(EmulatorError):  # noqa: N818 - names a state, and tests skip with it
    """There is no Pulumi CLI here and none can be built; the text says why."""


class EngineError(EmulatorError):
    """A `pulumi` command failed; the text carries the end of its output."""
