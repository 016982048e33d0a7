"""The speaker's side of a session."""

import asyncio
import base64
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypedDict

from websocket_sessions.client.connection import Connection, ConnectionState
from websocket_sessions.client.errors import SessionError
from websocket_sessions.client.session_state import SessionState
from websocket_sessions.client.socket import Reply, Socket, new_request_id
from websocket_sessions.client.timings import Timings
from websocket_sessions.client.tokens import TokenProvider

MAX_QUEUED = 512
"""Messages that may wait to be published; a further one raises QUEUE_FULL."""

Quality = Literal["standard", "premium"]


class ConnectionOptions(TypedDict):
    """The options that all connections of one client share."""

    url: str
    token: TokenProvider | None
    timings: Timings
    on_state: Callable[[ConnectionState], None] | None


class Speaker:
    """A session that this client speaks in; it resumes by itself after a lost connection.

    Leaving the context closes the connection and starts the session's grace period. `end` ends the session.
    """

    def __init__(self, first_request: Mapping[str, Any], options: ConnectionOptions) -> None:
        """Prepare a speaker that begins with `createSession` or `resumeSession`."""
        self.state = SessionState()
        self.generation = 0
        """The fencing number of this client's attachment."""
        self.listeners = 0
        """How many listeners the session has, as the server last reported."""
        self.connection = Connection(attach=self._attach, **options)
        self._first_request = first_request
        self._publishing = asyncio.Lock()
        self._queued = 0
        self._attaching = False
        self._replaced_by = 0
        self._resume_request_id = new_request_id()

    @property
    def session_id(self) -> str:
        """The session's id, such as `caring-king-275`."""
        return self.state.session_id

    async def publish(
        self,
        data: str | bytes,
        *,
        content_type: str | None = None,
        target_languages: Sequence[str] | None = None,
        timeout_seconds: float = math.inf,
    ) -> int:
        """Publish one message and return its offset; bytes are sent as base64.

        Calls are sent in their order, each once, also across reconnections and handovers.
        By default a call waits as long as the session lives. Raises SessionError: QUEUE_FULL if too many
        calls wait, SESSION_ENDED, or a refusal.
        """
        self._raise_if_ended()
        if self._queued >= MAX_QUEUED:
            raise SessionError("QUEUE_FULL", f"{MAX_QUEUED} messages wait to be published already.")
        message: dict[str, Any] = {"action": "publish"}
        if isinstance(data, bytes):
            message |= {"data": base64.b64encode(data).decode("ascii"), "encoding": "base64"}
        else:
            message["data"] = data
        if content_type is not None:
            message["contentType"] = content_type
        if target_languages is not None:
            message["targetLanguages"] = list(target_languages)
        self._queued += 1
        try:
            async with self._publishing:
                reply = await self.connection.request(message, timeout_seconds=timeout_seconds)
        finally:
            self._queued -= 1
        return int(reply["offset"])

    async def pause(self) -> None:
        """Pause the session once the log has every earlier message."""
        async with self._publishing:
            await self._update(status="paused")

    async def unpause(self) -> None:
        """Continue a paused session."""
        await self._update(status="active")

    async def set_quality(self, quality: Quality) -> None:
        """Change the session's quality."""
        await self._update(quality=quality)

    async def set_muted(self, muted: bool) -> None:
        """Inform the listeners that the speaker is muted, or no longer is."""
        await self._update(muted=muted)

    async def end(self) -> None:
        """End the session for everyone once the log has every earlier message."""
        if not self.state.is_ended:
            async with self._publishing:
                try:
                    reply = await self.connection.request({"action": "endSession"})
                    self.state.end(str(reply["reason"]))
                except SessionError as error:
                    if not error.means_ended:
                        raise
                    self.state.end("ended")
        self.connection.close()

    def _raise_if_ended(self) -> None:
        if self.state.is_ended:
            raise SessionError("SESSION_ENDED", f"The session {self.session_id} has ended.")

    async def _update(self, **change: str | bool) -> None:
        self._raise_if_ended()
        self.state.merge(await self.connection.request({"action": "updateSession", **change}))

    async def _attach(self, socket: Socket, replaces: bool) -> None:  # noqa: ARG002
        self._attaching = True
        try:
            reply = await (self._resume(socket) if self.session_id else socket.request(self._first_request))
        finally:
            self._attaching = False
        self.generation = max(self.generation, int(reply["generation"]))
        self.listeners = int(reply["listeners"])
        self.state.merge(reply)
        self.connection.deliver_to(self._receive)
        self._stop_if_replaced()

    async def _resume(self, socket: Socket) -> Reply:
        """Resume as the generation that this client had, which the server refuses if a later one exists.

        The `requestId` stays the same until a reply arrives, so that the server recognises a repeat.
        """
        request = {
            "action": "resumeSession",
            "requestId": self._resume_request_id,
            "sessionId": self.session_id,
            "generation": self.generation,
        }
        try:
            reply = await socket.request(request)
        except SessionError as error:
            if error.code != "CONFLICT":
                raise
            raise SessionError("REPLACED", "The session was resumed on another connection.") from error
        self._resume_request_id = new_request_id()
        return reply

    def _receive(self, message: Reply) -> None:
        if message.get("sessionId") != self.session_id:
            return
        match message["type"]:
            case "presence":
                self.listeners = int(message["listeners"])
            case "sessionUpdated":
                self.state.merge(message)
            case "sessionEnded":
                self.state.end(str(message["reason"]))
                self.connection.close(SessionError("SESSION_ENDED", "The session has ended."))
            case "connectionReplaced":
                self._replaced_by = max(self._replaced_by, int(message["generation"]))
                if not self._attaching:
                    self._stop_if_replaced()
            case _:
                pass

    def _stop_if_replaced(self) -> None:
        """Close if a later attachment exists: the user resumed the session elsewhere."""
        if self._replaced_by > self.generation:
            self.connection.close(SessionError("REPLACED", "The session was resumed on another connection."))
