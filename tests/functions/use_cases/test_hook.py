"""The processing hook: what its answers do, and what becomes of a message whose hook fails."""

from collections.abc import Callable
from typing import Any

import pytest

from domain.errors import ForbiddenError, PayloadTooLargeError, UnavailableError
from domain.message_log import Entry
from domain.model import Position, Session
from domain.ports import HookError
from domain.settings import Settings
from examples.hook.app.uppercase import handler as example
from tests.support.fake_management_api import ManagementApi
from tests.support.publish_driver import PublishDriver
from tests.support.session_driver import UNLIMITED
from wire.hook import apply_answer, hook_request

LANGUAGES = Settings().supported_languages


class LocalHook:
    """A hook that is called in this process; an exception in it is a failing function's."""

    def __init__(self, function: Callable[[dict[str, Any]], object]) -> None:
        self._function = function
        self.calls: list[dict[str, Any]] = []

    def process(self, session: Session, entry: Entry) -> Entry:
        request = hook_request(session, entry, LANGUAGES)
        self.calls.append(request)
        try:
            answer = self._function(request)
        except Exception as error:
            raise HookError("raised an error") from error
        return apply_answer(entry, answer, LANGUAGES)


def staged(
    callbacks: ManagementApi, function: Callable[[dict[str, Any]], object], failure: str = "pass"
) -> PublishDriver:
    settings = Settings(limits=UNLIMITED.limits, hook_failure=failure)
    return PublishDriver(callbacks, settings, LocalHook(function))


def fails(_: dict[str, Any]) -> object:
    raise RuntimeError


@pytest.mark.emulator
@pytest.mark.usefixtures("tables")
class TestThroughPublish:
    """Hooks at work, as listeners and speaker see it."""

    def test_the_example_gives_each_language_its_own(self, callbacks: ManagementApi) -> None:
        """Live and in a replay alike."""
        publish_driver = staged(callbacks, lambda request: example(request, None))
        speaker = publish_driver.connect("user")
        created = publish_driver.create(speaker)
        session_id = created["sessionId"]
        german, spanish = (
            publish_driver.join_listener(session_id, "de")[0],
            publish_driver.join_listener(session_id, "es")[0],
        )
        publish_driver.publish(speaker, "hello")
        start = Position(epoch=created["epoch"], offset=0)
        late = publish_driver.join_listener(session_id, "de", start)[0]
        heard = [publish_driver.heard(one) for one in (german, spanish, late)]
        assert heard == [[(1, "HELLO")], [(1, "hello")], [(1, "HELLO")]]
        publish_driver.close()

    def test_a_refused_message_uses_no_offset(self, callbacks: ManagementApi) -> None:
        publish_driver = staged(callbacks, lambda request: example(request, None))
        speaker, session_id = publish_driver.speaking()
        listener, _ = publish_driver.join_listener(session_id)
        with pytest.raises(ForbiddenError, match="Mind your language"):
            publish_driver.publish(speaker, "Damn!")
        assert publish_driver.publish(speaker, "sorry")["offset"] == 1
        assert publish_driver.heard(listener) == [(1, "sorry")]
        publish_driver.close()

    def test_a_message_that_the_hook_withholds_is_skipped(self, callbacks: ManagementApi) -> None:
        publish_driver = staged(callbacks, lambda _: {"message": None, "languages": {"es": {"data": "hola"}}})
        speaker, session_id = publish_driver.speaking()
        spanish, french = (
            publish_driver.join_listener(session_id, "es")[0],
            publish_driver.join_listener(session_id, "fr")[0],
        )
        publish_driver.publish(speaker, "hello")
        assert (publish_driver.heard(spanish), publish_driver.heard(french)) == ([(1, "hola")], [(1, None)])
        publish_driver.close()

    def test_the_request_is_as_documented(self, callbacks: ManagementApi) -> None:
        requests: list[dict[str, Any]] = []
        publish_driver = staged(callbacks, lambda request: requests.append(request) or {})
        speaker, session_id = publish_driver.speaking()
        publish_driver.publish(speaker, "hello", targetLanguages=["es", "fr"])
        assert requests == [
            {
                "version": 1,
                "sessionId": session_id,
                "sourceLanguage": "en",
                "quality": "standard",
                "languages": ["es", "fr"],
                "message": {"data": "hello", "contentType": "text/plain", "encoding": "utf8"},
            }
        ]
        publish_driver.close()

    def test_a_failing_hook_lets_the_message_pass(self, callbacks: ManagementApi) -> None:
        publish_driver = staged(callbacks, fails)
        speaker, session_id = publish_driver.speaking()
        listener, _ = publish_driver.join_listener(session_id)
        publish_driver.publish(speaker, "hello")
        assert publish_driver.heard(listener) == [(1, "hello")]
        assert publish_driver.recorder.counts["HookFailed"] == 1
        publish_driver.close()

    def test_a_failing_hook_refuses_the_message_if_the_setting_says_so(
        self, callbacks: ManagementApi
    ) -> None:
        publish_driver = staged(callbacks, fails, "refuse")
        speaker, session_id = publish_driver.speaking()
        listener, _ = publish_driver.join_listener(session_id)
        with pytest.raises(UnavailableError):
            publish_driver.publish(speaker, "hello")
        assert publish_driver.heard(listener) == []
        publish_driver.close()

    def test_the_speaker_gets_an_error_for_an_answer_that_is_too_large(
        self, callbacks: ManagementApi
    ) -> None:
        publish_driver = staged(callbacks, lambda _: {"languages": {"es": {"data": "x" * 33_000}}})
        speaker, _ = publish_driver.speaking()
        with pytest.raises(PayloadTooLargeError):
            publish_driver.publish(speaker, "hello")
        publish_driver.close()

    def test_a_repeated_request_keeps_its_reply_regardless_of_the_hooks_later_answer(
        self, callbacks: ManagementApi
    ) -> None:
        """All listeners have the message by then. A request that was never processed is refused."""
        answers: list[object] = [{}, {"refuse": "no more"}, None, {"message": {"data": "x" * 33_000}}]
        publish_driver = staged(callbacks, lambda _: answers.pop(0), failure="refuse")
        speaker, session_id = publish_driver.speaking()
        listener, _ = publish_driver.join_listener(session_id)
        first = publish_driver.publish(speaker, "hello", request_id="r")
        for _ in range(3):
            assert publish_driver.publish(speaker, "hello", request_id="r") == first
        assert {offset for offset, _ in publish_driver.heard(listener)} == {1}
        answers.append({"refuse": "no more"})
        with pytest.raises(ForbiddenError):
            publish_driver.publish(speaker, "hello", request_id="s")
        publish_driver.close()

    def test_a_message_without_permission_does_not_reach_the_hook(self, callbacks: ManagementApi) -> None:
        requests: list[dict[str, Any]] = []
        publish_driver = staged(callbacks, lambda request: requests.append(request) or {})
        with pytest.raises(ForbiddenError):
            publish_driver.publish(publish_driver.connect("someone"), "hello")
        assert requests == []
        publish_driver.close()
