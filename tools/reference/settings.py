"""The page of the settings: the keys of the stack's config, which are the fields of the settings' classes."""

from typing import Any

from tools.reference.markdown import code, paragraph, table, value
from tools.reference.source import defaults, documented_fields, summary
from websocket_sessions.arguments import camel_case
from websocket_sessions.capacity.load import Load
from websocket_sessions.capacity.prices import QUOTAS, Raised
from websocket_sessions.config.backend_options import BackendOptions
from websocket_sessions.config.settings import RANGES, RateLimits, SessionSettings
from websocket_sessions.config.stack_config import LOAD, RAISED_QUOTAS, SITE, StackConfig


def page() -> str:
    """Return the page."""
    raised = ", ".join(code(name) for name, quota in QUOTAS.items() if quota.raised is Raised.BY_AWS)
    return f"""# Settings

The program of this repository reads its settings from the stack's config, under `websocket-sessions:<key>`,
whatever `name:` in Pulumi.yaml is. `SessionBackend` takes the same settings as `SessionSettings` and
`BackendOptions`, in snake_case. A value that is not allowed, or an unknown key, stops the preview.

Durations are in seconds unless the text says otherwise.

## SessionSettings

{paragraph(summary(SessionSettings))}

{_keys(SessionSettings)}
## RateLimits

{paragraph(summary(RateLimits))} These are the keys of `limits`.

{_keys(RateLimits)}
## BackendOptions

{paragraph(summary(BackendOptions))}

{_keys(BackendOptions)}
## Keys of the program

{_program_keys()}
### `load`

{paragraph(summary(Load))}

{_keys(Load)}
### `raisedQuotas`

A mapping from a quota's name to the value that AWS has granted to the account. The names are {raised}.
`components/websocket_sessions/capacity/prices.py` has the quotas and their sources.
"""


def _keys(kind: type[Any]) -> str:
    given = defaults(kind)
    rows = [
        (code(camel_case(name)), code(annotation), value(given[name]), _allowed(name), text)
        for name, annotation, text in documented_fields(kind)
    ]
    columns = ("key", "type", "default", "allowed", "meaning")
    if not any(row[3] for row in rows):
        return table([item for item in columns if item != "allowed"], [(*row[:3], row[4]) for row in rows])
    return table(columns, rows)


def _allowed(name: str) -> str:
    if name not in RANGES:
        return ""
    low, high, reason = RANGES[name]
    return f"{low:.10g} to {high:.10g}" + (f": {reason}" if reason else "")


def _program_keys() -> str:
    texts = {name: text for name, _, text in documented_fields(StackConfig)}
    keys = {SITE: "site", LOAD: "load", RAISED_QUOTAS: "raised_quotas"}
    return table(("key", "meaning"), [(code(key), texts[name]) for key, name in keys.items()])
