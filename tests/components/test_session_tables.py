"""The tables: keys, indexes, TTL, stream, protection."""

import pytest

from tests.components.deployed import Deployed, deploy, resolved
from websocket_sessions.session_tables import SessionTables, SessionTablesArgs


@pytest.fixture(scope="module")
def tables() -> tuple[SessionTables, Deployed]:
    return deploy(lambda opts: SessionTables("tables", SessionTablesArgs(), opts=opts))


def test_there_is_one_table_for_each_kind_of_item(tables: tuple[SessionTables, Deployed]) -> None:
    assert {
        item.name: (item.parent, item.inputs["hashKey"], item.inputs.get("rangeKey"))
        for item in tables[1].of("Table")
    } == {
        "tables-connections": ("tables", "connectionId", None),
        "tables-limits": ("tables", "limitKey", None),
        "tables-listeners": ("tables", "listenerShard", "connectionId"),
        "tables-messages": ("tables", "logKey", "offset"),
        "tables-requests": ("tables", "requestKey", None),
        "tables-sessions": ("tables", "sessionId", None),
    }


def test_every_table_is_paid_by_request_protected_encrypted_and_has_a_ttl(
    tables: tuple[SessionTables, Deployed],
) -> None:
    for item in tables[1].of("Table"):
        assert item.inputs["billingMode"] == "PAY_PER_REQUEST"
        assert item.inputs["deletionProtectionEnabled"] is True
        assert "serverSideEncryption" not in item.inputs, "DynamoDB's default encrypts without KMS"
        assert item.inputs["ttl"] == {"attributeName": "ttl", "enabled": True}


def test_sessions_and_connections_are_indexed_by_due_time_and_can_be_restored(
    tables: tuple[SessionTables, Deployed],
) -> None:
    for item in tables[1].of("Table"):
        indexed = item.name in ("tables-sessions", "tables-connections")
        assert bool(item.inputs.get("globalSecondaryIndexes")) is indexed
        assert item.inputs["pointInTimeRecovery"] == {"enabled": indexed}


@pytest.mark.parametrize(("table", "projection"), [("sessions", "KEYS_ONLY"), ("connections", "ALL")])
def test_the_index_has_keys_without_a_perpetual_difference_and_what_a_run_reads(
    tables: tuple[SessionTables, Deployed], table: str, projection: str
) -> None:
    (index,) = tables[1].one("Table", table).inputs["globalSecondaryIndexes"]
    assert index == {
        "name": "due",
        "hashKey": "dueShard",
        "rangeKey": "dueAt",
        "projectionType": projection,
    }


def test_only_listeners_have_a_stream(tables: tuple[SessionTables, Deployed]) -> None:
    streams = {item.name: item.inputs.get("streamViewType") for item in tables[1].of("Table")}
    assert {name for name, view in streams.items() if view} == {"tables-listeners"}


def test_protection_can_be_switched_off() -> None:
    args = SessionTablesArgs(deletion_protection=False, point_in_time_recovery=False)
    _, deployed = deploy(lambda opts: SessionTables("tables", args, opts=opts))
    for item in deployed.of("Table"):
        assert item.inputs["deletionProtectionEnabled"] is False
        assert item.inputs["pointInTimeRecovery"] == {"enabled": False}


def test_arns_of_indexes_are_exact(tables: tuple[SessionTables, Deployed]) -> None:
    arn = resolved(tables[0].due_index_arn("sessions"))
    assert arn == "arn:aws:dynamodb:eu-central-1:123456789012:table/tables-sessions/index/due"
    assert resolved(tables[0].names["limits"]) == "tables-limits"
