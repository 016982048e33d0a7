"""Ends sessions and takes away users' rights, with the operator's own AWS credentials.

It writes what the functions check on each request, so it takes effect at the next one. The keep-alive then
informs the listeners; it is invoked at once instead of at its next minute.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

ENDED = "ended"


class OperatorError(Exception):
    """The command cannot be done; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Stack:
    """The outputs of a stack that the commands need."""

    region: str
    user_pool_id: str | None
    sessions_table: str
    connections_table: str
    keep_alive: str
    functions: tuple[str, ...]

    @classmethod
    def from_outputs(cls, outputs: Mapping[str, Any]) -> "Stack":
        """Read `pulumi stack output --json`. Raises OperatorError if an output is missing."""
        try:
            config: Mapping[str, Any] = outputs["frontendConfig"]
            return cls(
                region=config["region"],
                user_pool_id=config.get("userPoolId"),
                sessions_table=outputs["tableNames"]["sessions"],
                connections_table=outputs["tableNames"]["connections"],
                keep_alive=outputs["functionNames"]["keep_alive"],
                functions=tuple(outputs["functionNames"].values()),
            )
        except (KeyError, TypeError) as error:
            raise OperatorError(
                f"The outputs lack {error}: needed are frontendConfig, tableNames and functionNames."
            ) from error


class Revocation:
    """The commands on one stack. `client` makes a boto3 client of a service."""

    def __init__(self, stack: Stack, client: Any) -> None:
        self._stack = stack
        self._dynamodb = client("dynamodb")
        self._lambda = client("lambda")
        self._cognito = client("cognito-idp")

    def end_session(self, session_id: str) -> list[str]:
        """End one session. Raises OperatorError if it does not exist or has ended."""
        if not self._expire_session(session_id):
            raise OperatorError(f"The session {session_id!r} does not exist, or has ended.")
        self._announce()
        return [session_id]

    def end_sessions(self, subject: str) -> list[str]:
        """End all sessions of a user, by the `sub` of the user's tokens; return their ids."""
        owned = self._scan(self._stack.sessions_table, "ownerId = :subject", subject)
        ended = [
            session_id
            for item in owned
            if item["status"]["S"] != ENDED and self._expire_session(session_id := item["sessionId"]["S"])
        ]
        if ended:
            self._announce()
        return ended

    def end_user(self, username: str) -> list[str]:
        """Disable a user of the pool, expire the tokens of open connections, and end the user's sessions.

        Return the ids of these sessions. Raises OperatorError for an unknown user.
        """
        pool = self._stack.user_pool_id
        if pool is None:
            raise OperatorError("The stack has no user pool: end the user's sessions by --subject.")
        try:
            user = self._cognito.admin_get_user(UserPoolId=pool, Username=username)
        except self._cognito.exceptions.UserNotFoundException as error:
            raise OperatorError(f"The user {username!r} does not exist in the pool {pool}.") from error
        attributes = {item["Name"]: item["Value"] for item in user["UserAttributes"]}
        self._cognito.admin_disable_user(UserPoolId=pool, Username=username)
        self._cognito.admin_user_global_sign_out(UserPoolId=pool, Username=username)
        self._expire_connections(attributes["sub"])
        return self.end_sessions(attributes["sub"])

    def subject_of(self, username: str) -> str:
        """Return the `sub` of a user of the pool. Raises OperatorError for an unknown user."""
        try:
            user = self._cognito.admin_get_user(UserPoolId=self._stack.user_pool_id, Username=username)
        except self._cognito.exceptions.UserNotFoundException as error:
            raise OperatorError(f"The user {username!r} does not exist.") from error
        return next(item["Value"] for item in user["UserAttributes"] if item["Name"] == "sub")

    def _expire_session(self, session_id: str) -> bool:
        return self._update(
            self._stack.sessions_table,
            {"sessionId": {"S": session_id}},
            "SET expiresAt = :now, dueAt = :now",
            "attribute_exists(dueShard) AND expiresAt > :now",
        )

    def _expire_connections(self, subject: str) -> None:
        for item in self._scan(self._stack.connections_table, "subject = :subject", subject):
            self._update(
                self._stack.connections_table,
                {"connectionId": item["connectionId"]},
                "SET tokenExpiresAt = :now, dueAt = :now",
                "attribute_exists(connectionId)",
            )

    def _update(self, table: str, key: Mapping[str, Any], expression: str, condition: str) -> bool:
        try:
            self._dynamodb.update_item(
                TableName=table,
                Key=key,
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeValues={":now": {"N": str(int(time.time()))}},
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _scan(self, table: str, condition: str, subject: str) -> Iterator[dict[str, Any]]:
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=table,
            FilterExpression=condition,
            ExpressionAttributeValues={":subject": {"S": subject}},
            ConsistentRead=True,
        )
        for page in pages:
            yield from cast("list[dict[str, Any]]", page["Items"])

    def _announce(self) -> None:
        """Run the keep-alive, which ends the sessions that are due and informs everyone in them."""
        self._lambda.invoke(FunctionName=self._stack.keep_alive, InvocationType="Event", Payload=b"{}")
