"""Drives the handlers as Lambda does: imported in a stack's environment, called with events."""

import importlib
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, cast

from domain.settings import Settings
from tests.support import events
from tests.support.lambda_context import LambdaContext
from tests.support.session_driver import new_id

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

HANDLER_OF_ACTION = {
    "createSession": "create_session",
    "joinSession": "join_session",
    "leaveSession": "leave_session",
    "getSession": "get_session",
    "resumeSession": "resume_session",
    "updateSession": "update_session",
    "endSession": "end_session",
    "publish": "publish",
    "refreshToken": "refresh_token",
}
HANDLER_OF_METHOD = {
    "POST": "http_create_session",
    "GET": "http_get_session",
    "PATCH": "http_update_session",
    "DELETE": "http_end_session",
}


def settings_json(settings: Settings) -> str:
    """SETTINGS as the components write it."""

    def camel(name: str) -> str:
        first, *rest = name.split("_")
        return first + "".join(part.capitalize() for part in rest)

    fields: dict[str, Any] = {camel(name): value for name, value in asdict(settings).items()}
    limits = cast(dict[str, Any], fields["limits"])
    return json.dumps(fields | {"limits": {camel(name): value for name, value in limits.items()}})


def cold_start(name: str) -> Handler:
    """Import a handler with a container of its own, which reads the environment as it is now."""
    for module in [one for one in sys.modules if one == "container" or one.startswith("handlers.")]:
        del sys.modules[module]
    return importlib.import_module(f"handlers.{name}").handler


@dataclass
class HandlerDriver:
    """Calls the handlers of one stack. Each has its cold start when it is first called."""

    subjects: dict[str, str | None] = field(default_factory=dict[str, str | None])
    context: Callable[[], LambdaContext] = LambdaContext
    _started: dict[str, Handler] = field(default_factory=dict[str, Handler])

    def call(self, name: str, event: dict[str, Any]) -> dict[str, Any]:
        if name not in self._started:
            self._started[name] = cold_start(name)
        return self._started[name](event, self.context())

    def connect(self, subject: str | None = None, token_expires_at: int | None = None) -> str:
        connection_id = new_id()
        assert self.open(connection_id, subject, token_expires_at) == 200
        return connection_id

    def open(self, connection_id: str, subject: str | None, token_expires_at: int | None = None) -> int:
        """Connect with this id; the status."""
        self.subjects[connection_id] = subject
        event = events.connect(connection_id, subject, token_expires_at)
        return self.call("connect", event)["statusCode"]

    def disconnect(self, connection_id: str) -> int:
        return self.call("disconnect", events.disconnect(connection_id))["statusCode"]

    def send(self, connection_id: str, action: str, **fields: object) -> dict[str, Any]:
        """Send a message and read its reply."""
        return self.send_text(
            connection_id, HANDLER_OF_ACTION[action], json.dumps({"action": action, **fields})
        )

    def send_text(self, connection_id: str, handler: str, body: str) -> dict[str, Any]:
        event = events.message(connection_id, self.subjects.get(connection_id), body)
        answer = self.call(handler, event)
        assert answer["statusCode"] == 200
        return json.loads(answer["body"])

    def http(
        self,
        method: str,
        session_id: str | None = None,
        *,
        subject: str | None = None,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, dict[str, Any]]:
        text = None if body is None else json.dumps(body)
        event = events.http(method, session_id=session_id, subject=subject, body=text, headers=headers)
        answer = self.call(HANDLER_OF_METHOD[method], event)
        return answer["statusCode"], json.loads(answer["body"])

    def speaking(self, subject: str) -> tuple[str, str]:
        speaker = self.connect(subject)
        reply = self.send(speaker, "createSession", sourceLanguage="en", quality="standard")
        return speaker, reply["sessionId"]

    def listening(self, session_id: str) -> str:
        listener = self.connect()
        reply = self.send(listener, "joinSession", sessionId=session_id, targetLanguage="es")
        assert reply["type"] == "sessionJoined"
        return listener
