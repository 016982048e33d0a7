"""The processing hook: what its answers do, and what becomes of a message whose hook fails."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import ForbiddenError, PayloadTooLargeError, UnavailableError
from domain.message_log import Body, Entry
from domain.model import Position, Session
from domain.ports import HookError
from domain.settings import Settings
from examples.hook.app.uppercase import handler as example
from tests.support.fake_management_api import ManagementApi
from tests.support.publish_driver import PublishDriver
from tests.support.session_driver import UNLIMITED
from wire.hook import apply_answer, hook_request
from wire.pushes import check_size, encode, message_push

LANGUAGES = Settings().supported_languages
ENTRY = Entry(
    session_id="caring-king-275",
    epoch="0123abcd",
    offset=1,
    published_at=1_800_000_000,
    body=Body(data="hello", content_type="text/plain", encoding="utf8"),
)
nonsense = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["message", "languages", "es", "data", "encoding", "refuse", "x"]), inner
        )
    ),
    max_leaves=8,
)


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
    api: ManagementApi, function: Callable[[dict[str, Any]], object], failure: str = "pass"
) -> PublishDriver:
    settings = Settings(limits=UNLIMITED.limits, hook_failure=failure)
    return PublishDriver(api, settings, LocalHook(function))


def fails(_: dict[str, Any]) -> object:
    raise RuntimeError


@pytest.mark.emulator
@pytest.mark.usefixtures("tables")
class TestThroughPublish:
    """Hooks at work, as listeners and speaker see it."""

    def test_the_example_gives_each_language_its_own(self, api: ManagementApi) -> None:
        """Live and in a replay alike."""
        driver = staged(api, lambda request: example(request, None))
        speaker = driver.connect("user")
        created = driver.create(speaker)
        session_id = created["sessionId"]
        german, spanish = driver.join_listener(session_id, "de")[0], driver.join_listener(session_id, "es")[0]
        driver.publish(speaker, "hello")
        start = Position(epoch=created["epoch"], offset=0)
        late = driver.join_listener(session_id, "de", start)[0]
        heard = [driver.heard(one) for one in (german, spanish, late)]
        assert heard == [[(1, "HELLO")], [(1, "hello")], [(1, "HELLO")]]
        driver.close()

    def test_a_refused_message_uses_no_offset(self, api: ManagementApi) -> None:
        driver = staged(api, lambda request: example(request, None))
        speaker, session_id = driver.speaking()
        listener, _ = driver.join_listener(session_id)
        with pytest.raises(ForbiddenError, match="Mind your language"):
            driver.publish(speaker, "Damn!")
        assert driver.publish(speaker, "sorry")["offset"] == 1
        assert driver.heard(listener) == [(1, "sorry")]
        driver.close()

    def test_what_is_withheld_is_skipped(self, api: ManagementApi) -> None:
        driver = staged(api, lambda _: {"message": None, "languages": {"es": {"data": "hola"}}})
        speaker, session_id = driver.speaking()
        spanish, french = driver.join_listener(session_id, "es")[0], driver.join_listener(session_id, "fr")[0]
        driver.publish(speaker, "hello")
        assert (driver.heard(spanish), driver.heard(french)) == ([(1, "hola")], [(1, None)])
        driver.close()

    def test_the_request_is_as_documented(self, api: ManagementApi) -> None:
        requests: list[dict[str, Any]] = []
        driver = staged(api, lambda request: requests.append(request) or {})
        speaker, session_id = driver.speaking()
        driver.publish(speaker, "hello", targetLanguages=["es", "fr"])
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
        driver.close()

    def test_a_failing_hook_lets_the_message_pass(self, api: ManagementApi) -> None:
        driver = staged(api, fails)
        speaker, session_id = driver.speaking()
        listener, _ = driver.join_listener(session_id)
        driver.publish(speaker, "hello")
        assert driver.heard(listener) == [(1, "hello")]
        assert driver.recorder.counts["HookFailed"] == 1
        driver.close()

    def test_a_failing_hook_refuses_where_that_is_the_rule(self, api: ManagementApi) -> None:
        driver = staged(api, fails, "refuse")
        speaker, session_id = driver.speaking()
        listener, _ = driver.join_listener(session_id)
        with pytest.raises(UnavailableError):
            driver.publish(speaker, "hello")
        assert driver.heard(listener) == []
        driver.close()

    def test_an_answer_too_large_is_the_speakers_to_know(self, api: ManagementApi) -> None:
        driver = staged(api, lambda _: {"languages": {"es": {"data": "x" * 33_000}}})
        speaker, _ = driver.speaking()
        with pytest.raises(PayloadTooLargeError):
            driver.publish(speaker, "hello")
        driver.close()

    def test_a_repeated_request_keeps_its_answer_whatever_the_hook_says_then(
        self, api: ManagementApi
    ) -> None:
        """Everybody has the message by then. A request that was never carried out is refused."""
        answers: list[object] = [{}, {"refuse": "no more"}, None, {"message": {"data": "x" * 33_000}}]
        driver = staged(api, lambda _: answers.pop(0), failure="refuse")
        speaker, session_id = driver.speaking()
        listener, _ = driver.join_listener(session_id)
        first = driver.publish(speaker, "hello", request_id="r")
        for _ in range(3):
            assert driver.publish(speaker, "hello", request_id="r") == first
        assert {offset for offset, _ in driver.heard(listener)} == {1}
        answers.append({"refuse": "no more"})
        with pytest.raises(ForbiddenError):
            driver.publish(speaker, "hello", request_id="s")
        driver.close()

    def test_nobody_without_rights_reaches_the_hook(self, api: ManagementApi) -> None:
        requests: list[dict[str, Any]] = []
        driver = staged(api, lambda request: requests.append(request) or {})
        with pytest.raises(ForbiddenError):
            driver.publish(driver.connect("someone"), "hello")
        assert requests == []
        driver.close()


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "x",
        {"text": "x"},
        {"languages": []},
        {"languages": {"es": "hola"}},
        {"languages": {"es": {}}, "message": {"data": 3}},
        {"languages": {"cy": {"data": "helo"}}},
        {"message": {"data": "x", "encoding": "hex"}},
        {"message": {"data": "x", "more": "y"}},
        {"message": {"data": "cut \ud83d"}},
        {"languages": {"es": {"data": "cut \ud83d"}}},
        {"refuse": "cut \ud83d"},
        {"message": {"data": "no base64", "encoding": "base64"}},
        {"message": {"data": "é", "encoding": "base64"}},
        {"message": {"data": "x", "contentType": ""}},
        {"message": {"data": "x", "contentType": "x" * 101}},
    ],
    ids=ascii,
)
def test_an_answer_that_is_none_is_a_failure(answer: object) -> None:
    with pytest.raises(HookError):
        apply_answer(ENTRY, answer, LANGUAGES)


@given(nonsense)
def test_whatever_it_answers_is_an_entry_a_refusal_or_a_failure(answer: object) -> None:
    """Nothing else leaves it."""
    try:
        entry = apply_answer(ENTRY, answer, LANGUAGES)
    except (HookError, ForbiddenError):
        return
    check_size(entry)
    for language in ("es", None):
        encode(message_push(entry, language))


def test_what_is_not_given_stays_the_originals() -> None:
    entry = apply_answer(ENTRY, {"languages": {"es": {"data": "hola"}}}, LANGUAGES)
    assert entry.body == ENTRY.body
    assert entry.body_for("es") == Body(data="hola", content_type="text/plain", encoding="utf8")
