"""Creates, resumes and joins sessions, from a stack's `frontendConfig` output."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from websocket_sessions.client.connection import ConnectionState
from websocket_sessions.client.listener import Listener
from websocket_sessions.client.socket import new_request_id
from websocket_sessions.client.speaker import ConnectionOptions, Quality, Speaker
from websocket_sessions.client.timings import Timings
from websocket_sessions.client.tokens import TokenProvider


class Client:
    """Creates, resumes and joins sessions of one stack."""

    def __init__(
        self,
        frontend_config: Mapping[str, Any],
        *,
        token: TokenProvider | None = None,
        timings: Timings | None = None,
        on_state: Callable[[ConnectionState], None] | None = None,
    ) -> None:
        """Take the stack's output `frontendConfig` as it is.

        `token` provides the signed-in user's JWT; without it the client is an anonymous listener.
        `on_state` gets every change of a connection's state. Raises ValueError if the config has no
        `webSocketUrl`.
        """
        url = frontend_config.get("webSocketUrl")
        if not isinstance(url, str):
            raise ValueError(  # noqa: TRY004 - the config's content is wrong, not its type
                f"frontend_config['webSocketUrl'] is {url!r}: pass the stack's output `frontendConfig`"
            )
        self._options = ConnectionOptions(
            url=url, token=token, timings=timings or Timings(), on_state=on_state
        )

    @asynccontextmanager
    async def create(self, *, source_language: str, quality: Quality = "standard") -> AsyncGenerator[Speaker]:
        """Create a session and speak in it. Raises SessionError: a refusal, or what closed the connection.

        A lost reply creates no second session: every attempt has the same `requestId`.
        """
        request = {
            "action": "createSession",
            "requestId": new_request_id(),
            "sourceLanguage": source_language,
            "quality": quality,
        }
        async with self._speaker(request) as speaker:
            yield speaker

    @asynccontextmanager
    async def resume(self, session_id: str) -> AsyncGenerator[Speaker]:
        """Speak in a session that the user owns. An older connection of the speaker is replaced.

        Raises SessionError: FORBIDDEN where another user owns it, SESSION_ENDED, SESSION_NOT_FOUND.
        """
        async with self._speaker({"action": "resumeSession", "sessionId": session_id}) as speaker:
            yield speaker

    @asynccontextmanager
    async def join(self, session_id: str, *, target_language: str) -> AsyncGenerator[Listener]:
        """Listen to a session. Raises SessionError: SESSION_NOT_FOUND, SESSION_ENDED, SESSION_FULL, ..."""
        listener = Listener(session_id, target_language, self._options)
        listener.connection.start()
        try:
            await listener.connection.wait_open()
            yield listener
        finally:
            await listener.aclose()

    @asynccontextmanager
    async def _speaker(self, first_request: Mapping[str, Any]) -> AsyncGenerator[Speaker]:
        speaker = Speaker(first_request, self._options)
        speaker.connection.start()
        try:
            await speaker.connection.wait_open()
            yield speaker
        finally:
            await speaker.connection.aclose()
