"""The local AWS injects DynamoDB's conflicts, throttling and delays, by operation, table and key."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

from pulumi_local_aws.aws import client
from pulumi_local_aws.ministack import MiniStack
from pulumi_local_aws.processes import wait_until
from tests.support.injected_faults import InjectedFaults, injected_faults

pytestmark = pytest.mark.emulator

TABLE = "faults"
ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1}, read_timeout=2)


def _key(name: str) -> dict[str, Any]:
    return {"id": {"S": name}}


def _put(name: str) -> dict[str, Any]:
    return {"Put": {"TableName": TABLE, "Item": {**_key(name), "more": {"N": "1"}}}}


@pytest.fixture(scope="module")
def dynamodb(emulator: MiniStack) -> Iterator[Any]:
    """A client that retries nothing, with a table of its own."""
    made = client("dynamodb", emulator.environment, config=ONCE)
    made.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    for name in ("a", "b"):
        made.put_item(TableName=TABLE, Item=_key(name))
    yield made
    made.delete_table(TableName=TABLE)


@pytest.fixture
def inject(emulator: MiniStack) -> Iterator[Callable[..., InjectedFaults]]:
    """Inject faults until the test ends."""
    faults = InjectedFaults(endpoint_url=emulator.endpoint_url)

    def post(*rules: Mapping[str, Any], **options: Any) -> InjectedFaults:
        faults.request("POST", {"rules": rules, **options})
        return faults

    yield post
    faults.request("DELETE")


def _refused(call: Callable[[], Any]) -> dict[str, Any]:
    """Return the response to a call that is refused."""
    with pytest.raises(ClientError) as refused:
        call()
    return dict(refused.value.response)


def _reasons(response: Mapping[str, Any]) -> list[str]:
    return [reason["Code"] for reason in response["CancellationReasons"]]


def test_transactions_that_overlap_on_an_item_are_cancelled(
    dynamodb: Any, inject: Callable[..., InjectedFaults]
) -> None:
    faults = inject(holdSeconds=1)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(dynamodb.transact_write_items, TransactItems=[_put("a"), _put("c")])
        assert wait_until(lambda: faults.held_items() == 2, 10)
        overlapping = [_put("b"), _put("a")]
        refused = _refused(lambda: dynamodb.transact_write_items(TransactItems=overlapping))
        assert _reasons(refused) == ["None", "TransactionConflict"]
        single = _refused(lambda: dynamodb.put_item(TableName=TABLE, Item=_key("c")))
        assert single["Error"]["Code"] == "TransactionConflictException"
        read = _refused(
            lambda: dynamodb.transact_get_items(
                TransactItems=[{"Get": {"TableName": TABLE, "Key": _key("a")}}]
            )
        )
        assert _reasons(read) == ["TransactionConflict"]
        assert dynamodb.get_item(TableName=TABLE, Key=_key("a"))["Item"]["id"] == {"S": "a"}
        first.result()
    dynamodb.transact_write_items(TransactItems=[_put("a")])
    assert faults.counts() == {"conflict": 3}


def test_a_transaction_with_the_token_of_one_in_progress_is_refused(
    dynamodb: Any, inject: Callable[..., InjectedFaults]
) -> None:
    faults = inject(holdSeconds=1)
    send = {"TransactItems": [_put("d")], "ClientRequestToken": "token"}
    with ThreadPoolExecutor() as pool:
        first = pool.submit(dynamodb.transact_write_items, **send)
        assert wait_until(lambda: faults.held_items() == 1, 10)
        refused = _refused(lambda: dynamodb.transact_write_items(**send))
        assert refused["Error"]["Code"] == "TransactionInProgressException"
        first.result()
    dynamodb.transact_write_items(**send)


def test_a_fault_concerns_the_calls_that_name_its_key(
    dynamodb: Any, inject: Callable[..., InjectedFaults]
) -> None:
    faults = inject({"fault": "conflict", "table": TABLE, "key": "a*", "count": 2})
    refused = _refused(lambda: dynamodb.transact_write_items(TransactItems=[_put("b"), _put("a1")]))
    assert _reasons(refused) == ["None", "TransactionConflict"]
    dynamodb.put_item(TableName=TABLE, Item=_key("b"))
    single = _refused(lambda: dynamodb.delete_item(TableName=TABLE, Key=_key("a1")))
    assert single["Error"]["Code"] == "TransactionConflictException"
    dynamodb.delete_item(TableName=TABLE, Key=_key("a1"))
    assert faults.counts() == {"conflict": 2}


def test_a_throttled_key_is_refused_and_left_unprocessed_in_a_batch(
    dynamodb: Any, inject: Callable[..., InjectedFaults]
) -> None:
    inject({"fault": "throttled", "key": "b"})
    for call in (
        lambda: dynamodb.get_item(TableName=TABLE, Key=_key("b")),
        lambda: dynamodb.update_item(TableName=TABLE, Key=_key("b"), UpdateExpression="REMOVE more"),
        lambda: dynamodb.query(
            TableName=TABLE,
            KeyConditionExpression="id = :id",
            ExpressionAttributeValues={":id": {"S": "b"}},
        ),
        lambda: dynamodb.batch_get_item(RequestItems={TABLE: {"Keys": [_key("b")]}}),
    ):
        assert _refused(call)["Error"]["Code"] == "ProvisionedThroughputExceededException"
    transaction = _refused(lambda: dynamodb.transact_write_items(TransactItems=[_put("a"), _put("b")]))
    assert _reasons(transaction) == ["None", "ThrottlingError"]
    batch = dynamodb.batch_get_item(RequestItems={TABLE: {"Keys": [_key("a"), _key("b")]}})
    assert [item["id"] for item in batch["Responses"][TABLE]] == [{"S": "a"}]
    assert batch["UnprocessedKeys"] == {TABLE: {"Keys": [_key("b")]}}


def test_a_delayed_call_is_made_late_and_a_delayed_answer_is_lost(
    dynamodb: Any, inject: Callable[..., InjectedFaults]
) -> None:
    inject(
        {"fault": "delayed", "operation": "GetItem", "seconds": 0.3},
        {"fault": "answerDelayed", "operation": "PutItem", "seconds": 4, "count": 1},
        {"fault": "failed", "operation": "DeleteItem", "count": 1},
    )
    started = time.monotonic()
    dynamodb.get_item(TableName=TABLE, Key=_key("a"))
    assert time.monotonic() - started >= 0.3
    with pytest.raises(ReadTimeoutError):
        dynamodb.put_item(TableName=TABLE, Item=_key("late"))
    assert "Item" in dynamodb.get_item(TableName=TABLE, Key=_key("late"))
    failed = _refused(lambda: dynamodb.delete_item(TableName=TABLE, Key=_key("late")))
    assert failed["Error"]["Code"] == "InternalServerError"
    dynamodb.delete_item(TableName=TABLE, Key=_key("late"))


def test_the_documented_request_is_accepted(inject: Callable[..., InjectedFaults]) -> None:
    page = (Path(__file__).parents[2] / "emulator" / "README.md").read_text(encoding="utf-8")
    example = (
        page.partition("/_local-aws/dynamodb-faults`")[2].partition("```json\n")[2].partition("\n```")[0]
    )
    request = json.loads(example)
    assert inject(*request.pop("rules"), **request).counts() == {}


def test_an_unknown_fault_is_refused_with_the_allowed_ones(emulator: MiniStack) -> None:
    with pytest.raises(HTTPError) as refused, injected_faults(emulator.endpoint_url, {"fault": "lost"}):
        pass
    assert refused.value.code == 400
    assert "'lost'; must be one of conflict, throttled" in refused.value.read().decode()


def test_faults_end_with_their_block(dynamodb: Any, emulator: MiniStack) -> None:
    with injected_faults(emulator.endpoint_url, {"fault": "throttled"}) as faults:
        _refused(lambda: dynamodb.get_item(TableName=TABLE, Key=_key("a")))
        assert faults.counts() == {"throttled": 1}
    dynamodb.get_item(TableName=TABLE, Key=_key("a"))
