"""A deployed stack as the end-to-end tests see it: its outputs, its users and its logs."""

import json
import os
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from tools.dev_stack import clients
from tools.dev_stack.dev_stack import DevStack
from tools.dev_stack.session_client import SessionClient
from tools.dev_stack.users import User, create_user, remove_user


@dataclass(kw_only=True)
class Deployment:
    """One stack; `aws` holds the AWS_* variables of its emulator, the Region for one in an account.

    `tree` is the copy of the sources that the tests' own stack was deployed from, `pulumi` the environment of
    its Pulumi CLI, and `stack` that stack on its local AWS.
    `private` collects what no log line may show.
    """

    outputs: dict[str, Any]
    aws: Mapping[str, str]
    tree: Path | None = None
    pulumi: Mapping[str, str] | None = None
    stack: DevStack | None = None
    private: set[str] = field(default_factory=set[str])
    users: list[str] = field(default_factory=list[str])

    @classmethod
    def of_outputs(cls, outputs: dict[str, Any], environment: Mapping[str, str] = os.environ) -> Self:
        """Any deployed stack, by the caller's credentials; its Region need not be the caller's default.

        A stack that names its Cognito is on an emulator: AWS_ENDPOINT_URL says where, else that name does.
        """
        config = outputs["frontendConfig"]
        aws = {"AWS_REGION": config["region"]}
        if "cognitoEndpoint" in config:
            aws["AWS_ENDPOINT_URL"] = environment.get("AWS_ENDPOINT_URL") or config["cognitoEndpoint"]
        return cls(outputs=outputs, aws=aws)

    @property
    def config(self) -> dict[str, Any]:
        """What a frontend gets."""
        return self.outputs["frontendConfig"]

    @cached_property
    def gateway(self) -> str | None:
        """The address of this project's WebSocket gateway, which tests can control; None before AWS's own."""
        web_socket_url: str = self.config["webSocketUrl"]
        url = urlsplit(web_socket_url)
        address = f"http{url.scheme.removeprefix('ws')}://{url.netloc}/_gateway"
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=10) as answer:  # noqa: S310 -- http or https
                known = json.loads(answer.read())
        except (OSError, ValueError):
            return None
        return address if isinstance(known, dict) and "timeFactor" in known else None

    @cached_property
    def runs_schedules(self) -> bool:
        """Whether schedules fire there: LocalStack, known by a header of its answers, keeps them only."""
        endpoint = self.aws.get("AWS_ENDPOINT_URL")
        if endpoint is None:
            return True
        with urllib.request.urlopen(f"{endpoint}/_localstack/health", timeout=10) as answer:  # noqa: S310 -- http
            return "x-localstack" not in answer.headers

    def create_user(self) -> User:
        """Make a user with a random name and password, and sign it in."""
        user = create_user(self.config, self.aws)
        self.users.append(user.name)
        self.private |= {user.name, user.password, user.token}
        return user

    def remove_users(self) -> None:
        """Remove the users that `create_user` made."""
        while self.users:
            remove_user(self.config, self.aws, self.users.pop())

    async def connect(self, user: User | None = None) -> SessionClient:
        """Open a connection, anonymous without a user."""
        return await SessionClient.open(self.config["webSocketUrl"], user.token if user else None)

    def log_lines(self, since: int) -> list[tuple[str, str]]:
        """Return every line that any function logged since then (epoch milliseconds), with its group."""
        logs = clients.logs(self.aws)
        pages = (
            (group, page)
            for group in self.outputs["logGroupNames"].values()
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since)
        )
        return [(group, event.get("message", "")) for group, page in pages for event in page["events"]]
