"""The dashboard and its metrics, and the alarms."""

import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tools.verify.observations import Expectation, Observation
from tools.verify.verification import Verification

WITH_DATA = (
    "Connections and messages",
    "Function errors and throttles",
    "Function duration",
    "Answered and refused",
)
"""Graphs that have data after any traffic. There may be no data of errors and dead letters."""
SETTLING_SECONDS = 600.0
"""How long a metric may take to appear."""
POLL_SECONDS = 30.0
QUERIES = 500
"""What GetMetricData takes at once."""
NO_METRICS = "a local AWS makes no metrics of traffic, invocations and log lines"


def dashboard(run: Verification) -> Iterator[Observation]:
    """Look for the dashboard, and for data in its graphs."""
    name = str(run.outputs["dashboardUrl"]).rpartition("name=")[2]
    exists = Expectation(
        subject="dashboard",
        expected=f"{name} exists, with a graph for each of: {', '.join(WITH_DATA)}",
        source="components/websocket_sessions/dashboard.py",
        consequence="CloudWatch refused or changed the body: compare it with what the console shows.",
    )
    body = json.loads(run.client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"])
    graphs = {one["properties"]["title"]: one["properties"]["metrics"] for one in body["widgets"]}
    yield exists.seen(", ".join(graphs), holds=set(WITH_DATA) <= set(graphs))
    missing = [] if run.on_emulator else _without_data(run, graphs)
    for title in WITH_DATA:
        has_data = Expectation(
            subject=f"graph: {title}",
            expected="at least one of its metrics has data of this run",
            source="docs/operations.md",
            consequence="The graph asks for dimensions that AWS does not publish: compare ListMetrics.",
        )
        if run.on_emulator:
            yield has_data.unseen(NO_METRICS)
        else:
            yield has_data.seen("no data" if title in missing else "data", holds=title not in missing)


def alarms(run: Verification) -> Iterator[Observation]:
    """Look for alarms that fired."""
    expectation = Expectation(
        subject="alarms",
        expected="none is in the state ALARM",
        source="docs/operations.md, Alarms",
        consequence="Follow the first action of that alarm in docs/operations.md.",
    )
    mine = [
        str(one["id"])
        for one in run.stack.resources()
        if one["type"] == "aws:cloudwatch/metricAlarm:MetricAlarm"
    ]
    if not mine:
        yield expectation.unseen("the stack's settings have no alarms")
        return
    if run.on_emulator:
        yield expectation.unseen(NO_METRICS)
        return
    pages = run.client("cloudwatch").get_paginator("describe_alarms").paginate(StateValue="ALARM")
    fired = sorted(set(mine) & set(pages.search("MetricAlarms[].AlarmName")))
    yield expectation.seen(", ".join(fired) or f"none of {len(mine)}", holds=not fired)


def _without_data(run: Verification, graphs: Mapping[str, list[list[Any]]]) -> list[str]:
    deadline = time.monotonic() + SETTLING_SECONDS
    while missing := [title for title in WITH_DATA if not _has_data(run, graphs.get(title, []))]:
        if time.monotonic() > deadline:
            break
        time.sleep(POLL_SECONDS)
    return missing


def _has_data(run: Verification, metrics: list[list[Any]]) -> bool:
    queries = [_query(number, metric) for number, metric in enumerate(metrics)]
    if not queries:
        return False
    pages = run.client("cloudwatch").get_paginator("get_metric_data")
    found = pages.paginate(
        MetricDataQueries=queries[:QUERIES],
        StartTime=datetime.fromisoformat(run.report.started),
        EndTime=datetime.now(UTC),
    )
    return any(values for values in found.search("MetricDataResults[].Values"))


def _query(number: int, metric: list[Any]) -> dict[str, Any]:
    """Return the query of one line of a graph: a search, or a namespace, a name and dimensions in pairs."""
    if isinstance(metric[0], dict):
        return {"Id": f"m{number}", "Expression": metric[0]["expression"]}
    namespace, name, *rest = metric
    pairs = [part for part in rest if isinstance(part, str)]
    dimensions = [{"Name": key, "Value": value} for key, value in zip(pairs[::2], pairs[1::2], strict=True)]
    stat = {
        "Metric": {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions},
        "Period": 60,
        "Stat": "Sum",
    }
    return {"Id": f"m{number}", "MetricStat": stat}
