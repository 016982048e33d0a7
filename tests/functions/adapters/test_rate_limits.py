"""A flood from one address is what its limit is for: a contended or throttled key does not switch it off."""

from collections.abc import Callable

import pytest

from adapters.dynamodb import client as dynamodb
from adapters.http.response import Response
from domain.errors import RateLimitedError
from domain.settings import Limits, Settings
from tests.functions.conftest import NewDriver
from tests.support.aws_exchanges import SentRequest, error_response, intercepted
from tests.support.dynamodb_faults import Fault, watched
from tests.support.session_driver import new_id


@pytest.mark.parametrize(
    "reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]
)
@pytest.mark.parametrize("new_driver", [pytest.param("dynamodb", marks=pytest.mark.emulator)], indirect=True)
def test_a_contended_limit_still_holds(new_driver: NewDriver, reason: str) -> None:
    """Each transaction that counts a connect is cancelled for its limit; its own items are free."""

    def contended(sent: SentRequest, send: Callable[[], Response]) -> Response:
        if sent.operation != "TransactWriteItems" or b'"limitKey"' not in sent.body:
            return send()
        reasons = [{"Code": "None"}, {"Code": reason}]
        return error_response("TransactionCanceledException", CancellationReasons=reasons)

    driver = new_driver(Settings(limits=Limits(connects_per_minute=2)))
    address = new_id("a")
    with intercepted(dynamodb.client(), by=contended):
        for _ in range(2):
            driver.connect(address=address)
        with pytest.raises(RateLimitedError):
            driver.connect(address=address)
    assert "RateLimitDegraded" not in driver.recorder.counts


@pytest.mark.parametrize("new_driver", [pytest.param("dynamodb", marks=pytest.mark.emulator)], indirect=True)
def test_a_throttled_key_is_over_its_limit_and_other_keys_are_still_limited(new_driver: NewDriver) -> None:
    driver = new_driver(Settings(limits=Limits(connects_per_minute=2)))
    flooded, calm = new_id("a"), new_id("a")
    with watched(table=f"connects#{flooded}#{driver.now // 60}", fault=Fault.THROTTLED) as calls:
        with pytest.raises(RateLimitedError):
            driver.connect(address=flooded)
        for _ in range(2):
            driver.connect(address=calm)
        with pytest.raises(RateLimitedError):
            driver.connect(address=calm)
    assert calls.met
    assert "RateLimitDegraded" not in driver.recorder.counts
    assert driver.recorder.counts["RateLimitThrottled"] == 1
