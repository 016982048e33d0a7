"""Hours that pass in seconds: the gateway's limits by its clock, the functions' intervals by settings."""

import asyncio
import json
import time
import urllib.request
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from tests.e2e.deployment import Deployment
from tools.dev_stack import clients


class Controls:
    """The gateway's clock, the functions' settings, and the scheduled function."""

    def __init__(self, deployment: Deployment) -> None:
        self._functions = clients.functions(deployment.aws)
        self._dynamodb = clients.dynamodb(deployment.aws)
        self._tables: Mapping[str, str] = deployment.outputs["tableNames"]
        self._names: Mapping[str, str] = deployment.outputs["functionNames"]
        self._before: dict[str, dict[str, str]] = {}
        self._clock = f"{deployment.gateway}/clock"

    def scale(self, factor: float) -> None:
        """Let the gateway's limits pass so much faster."""
        body = json.dumps({"factor": factor}).encode()
        with urllib.request.urlopen(self._clock, data=body, timeout=10) as answer:  # noqa: S310 -- our gateway
            assert answer.status == 200

    def settings(self, *functions: str, **changes: object) -> None:
        """Give these functions other settings: seconds as they pass here."""
        for function in functions:
            name = self._names[function]
            before = self._before.setdefault(name, self._environment(name))
            settings = {**json.loads(before["SETTINGS"]), **changes}
            self._update(name, {**before, "SETTINGS": json.dumps(settings)})

    def restore(self) -> None:
        """Put everything back."""
        self.scale(1)
        for name, before in self._before.items():
            self._update(name, before)

    def run(self) -> None:
        """One run of the scheduled function; it must not fail."""
        answer = self._functions.invoke(FunctionName=self._names["keep_alive"], Payload=b"{}")
        assert "FunctionError" not in answer, answer["Payload"].read()

    def session(self, session_id: str) -> dict[str, Any]:
        """Return the item of a session."""
        key = {"sessionId": {"S": session_id}}
        found = self._dynamodb.get_item(TableName=self._tables["sessions"], Key=key, ConsistentRead=True)
        return dict(found.get("Item", {}))

    def expire_session(self, session_id: str) -> None:
        """Let a session's lifetime end now."""
        self._dynamodb.update_item(
            TableName=self._tables["sessions"],
            Key={"sessionId": {"S": session_id}},
            UpdateExpression="SET expiresAt = :now, dueAt = :now",
            ExpressionAttributeValues={":now": {"N": str(int(time.time()))}},
        )

    def make_due(self) -> list[str]:
        """Let the next run check every connection that has a record; return their ids.

        A record that a disconnect deletes meanwhile is left out.
        """
        table, now = self._tables["connections"], {":now": {"N": str(int(time.time()))}}
        found = [
            item["connectionId"].get("S", "")
            for page in self._dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
            for item in page["Items"]
        ]
        due: list[str] = []
        for connection_id in found:
            with suppress(self._dynamodb.exceptions.ConditionalCheckFailedException):
                self._dynamodb.update_item(
                    TableName=table,
                    Key={"connectionId": {"S": connection_id}},
                    UpdateExpression="SET dueAt = :now",
                    ConditionExpression="attribute_exists(connectionId)",
                    ExpressionAttributeValues=now,
                )
                due.append(connection_id)
        return due

    def expire_tokens(self) -> None:
        """Let the token of every connection that has one expire now, and make these connections due."""
        table, now = self._tables["connections"], {":now": {"N": str(int(time.time()))}}
        for page in self._dynamodb.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                if "tokenExpiresAt" in item:
                    self._dynamodb.update_item(
                        TableName=table,
                        Key={"connectionId": item["connectionId"]},
                        UpdateExpression="SET tokenExpiresAt = :now, dueAt = :now",
                        ExpressionAttributeValues=now,
                    )

    @asynccontextmanager
    async def runs_every(self, seconds: float) -> AsyncGenerator[None]:
        """Call the scheduled function again and again, as its schedule would."""

        async def repeat() -> None:
            while True:
                await asyncio.gather(asyncio.to_thread(self.run), asyncio.sleep(seconds))

        runs = asyncio.create_task(repeat())
        try:
            yield
        finally:
            failed = runs.exception() if runs.done() else None
            runs.cancel()
            with suppress(asyncio.CancelledError):
                await runs
            assert failed is None, failed

    def _environment(self, name: str) -> dict[str, str]:
        configuration = self._functions.get_function_configuration(FunctionName=name)
        return dict(configuration.get("Environment", {}).get("Variables", {}))

    def _update(self, name: str, variables: dict[str, str]) -> None:
        self._functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
