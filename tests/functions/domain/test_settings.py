"""The settings as JSON, and the number of shards that follows from them."""

import pytest

from domain.settings import MAX_SHARDS, Limits, Settings
from tests.support.handler_driver import settings_json


def test_settings_are_read_back_as_they_were_written() -> None:
    chosen = Settings(max_listeners=7, limits=Limits(enabled=False), supported_languages=("en",))
    assert Settings.from_json(settings_json(chosen)) == chosen
    assert Settings.from_json("{}") == Settings()


@pytest.mark.parametrize("text", ['{"maxListener": 1}', '{"limits": {"sessions": 1}}'])
def test_an_unknown_setting_is_an_error_that_names_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"maxListener|sessions"):
        Settings.from_json(text)


@pytest.mark.parametrize(
    ("listeners", "shards"), [(1, 1), (100, 1), (101, 2), (500, 5), (1000, 10), (5000, MAX_SHARDS)]
)
def test_shards_grow_with_the_capacity_up_to_a_bound(listeners: int, shards: int) -> None:
    assert Settings(max_listeners=listeners).shards == shards
