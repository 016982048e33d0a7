"""One verification: its stack, its report, how much of everything it does, and access to AWS."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tools.dev_stack import clients
from tools.verify.command_runner import CommandRunner
from tools.verify.report import Report
from tools.verify.stack import VerifiedStack
from websocket_sessions.config.settings import SessionSettings


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much of everything a verification does."""

    listeners: int
    """Listeners of one session."""
    messages: int
    """Messages that they receive."""
    bursts: tuple[int, ...]
    """Joins at the same moment, in steps."""
    pings: int
    """Pings of the keep-alive that each silent connection waits for."""
    apart_seconds: float
    """Seconds between two silent connections. At 20 they become due in different minutes."""
    tests: tuple[str, ...]
    """The end-to-end tests to run, as pytest takes them."""


FULL = Sizes(
    listeners=150,
    messages=20,
    bursts=(10, 25, 50, 100, 150),
    pings=2,
    apart_seconds=20,
    tests=("tests/e2e",),
)
QUICK = Sizes(
    listeners=3,
    messages=2,
    bursts=(2,),
    pings=1,
    apart_seconds=1,
    tests=("tests/e2e/test_http.py::test_a_session_made_over_http_is_resumed_over_a_websocket",),
)
"""Enough to see that the command itself works."""


@dataclass(kw_only=True)
class Verification:
    """What the steps work on. `aws` holds the AWS_* variables of boto3's clients."""

    stack: VerifiedStack
    runner: CommandRunner
    report: Report
    sizes: Sizes
    aws: Mapping[str, str]

    @property
    def on_emulator(self) -> bool:
        """Whether the stack is on a local AWS, which cannot show everything that AWS does."""
        return "AWS_ENDPOINT_URL" in self.aws

    def client(self, service: str) -> Any:
        """Return a boto3 client."""
        return clients.client(service, self.aws)

    @cached_property
    def outputs(self) -> dict[str, Any]:
        """The outputs of the deployed stack."""
        return self.stack.outputs()

    @property
    def config(self) -> dict[str, Any]:
        """What a frontend gets."""
        return self.outputs["frontendConfig"]

    @property
    def idle_ping(self) -> int:
        """Seconds of silence after which the stack pings a connection."""
        return int(self.stack.setting("idlePing") or SessionSettings().idle_ping)

    @property
    def allows_anonymous(self) -> bool:
        """Whether a connection without a token may join."""
        return self.stack.setting("allowAnonymous") is not False
