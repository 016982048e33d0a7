"""DescribeAlarms answers with all members in the query protocol, which AWS's SDK for Go uses."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from xml.etree import ElementTree as ET

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from pulumi_local_aws.aws import client
from pulumi_local_aws.ministack import REGION, MiniStack

pytestmark = pytest.mark.emulator

ALARM: dict[str, Any] = {
    "AlarmName": "late",
    "AlarmDescription": "a & b",
    "ActionsEnabled": False,
    "AlarmActions": ["arn:aws:sns:us-east-1:000000000000:a", "arn:aws:sns:us-east-1:000000000000:b"],
    "ComparisonOperator": "GreaterThanThreshold",
    "Dimensions": [{"Name": "FunctionName", "Value": "publish"}],
    "EvaluationPeriods": 2,
    "ExtendedStatistic": "p99",
    "MetricName": "Duration",
    "Namespace": "AWS/Lambda",
    "Period": 300,
    "Threshold": 7.5,
    "TreatMissingData": "breaching",
}


@pytest.fixture(scope="module")
def alarms(emulator: MiniStack) -> Iterator[Any]:
    made = client("cloudwatch", emulator.environment)
    names = ("late", "later", "other")
    for name in names:
        made.put_metric_alarm(**{**ALARM, "AlarmName": name})
    yield made
    made.delete_alarms(AlarmNames=list(names))


def query(emulator: MiniStack, action: str = "DescribeAlarms", **parameters: str) -> list[ET.Element]:
    """Return the alarms that a call of the query protocol answers with."""
    body = urlencode({"Action": action, "Version": "2010-08-01", **parameters})
    form = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    signed = AWSRequest("POST", f"{emulator.endpoint_url}/", data=body, headers=form)
    keys = Credentials(emulator.access_key, emulator.secret_key)
    SigV4Auth(keys, "monitoring", REGION).add_auth(signed)
    headers = {name: str(value) for name, value in signed.headers.items()}
    request = Request(f"{emulator.endpoint_url}/", body.encode(), headers)  # noqa: S310 -- the emulator's
    with urlopen(request, timeout=30) as response:  # noqa: S310 -- the emulator's
        text = response.read().decode()
    root = ET.fromstring(text.replace(' xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"', ""))  # noqa: S314 -- the emulator's
    return root.findall("DescribeAlarmsResult/MetricAlarms/member")


def plain(element: ET.Element) -> Any:
    """Return an element as the value that its request had, numbers and booleans as text."""
    if list(element) and all(child.tag == "member" for child in element):
        return [plain(child) for child in element]
    return {child.tag: plain(child) for child in element} if list(element) else element.text


def test_each_member_of_an_alarm_is_answered(emulator: MiniStack, alarms: Any) -> None:
    (alarm,) = (plain(one) for one in query(emulator, **{"AlarmNames.member.1": "late"}))
    numbers = ("ActionsEnabled", "EvaluationPeriods", "Period", "Threshold")
    wanted = ALARM | {name: json.dumps(ALARM[name]) for name in numbers}
    assert {name: alarm.get(name) for name in wanted} == wanted
    assert alarm["StateUpdatedTimestamp"].endswith("+00:00")
    assert "Statistic" not in alarm
    (known,) = alarms.describe_alarms(AlarmNames=["late"])["MetricAlarms"]
    assert "Statistic" not in known


def test_the_filters_and_pages_of_the_call_apply(emulator: MiniStack, alarms: Any) -> None:
    assert [one.findtext("AlarmName") for one in query(emulator, AlarmNamePrefix="late")] == ["late", "later"]
    page = query(emulator, AlarmNamePrefix="late", MaxRecords="1")
    assert [one.findtext("AlarmName") for one in page] == ["late"]


def test_the_actions_for_missing_data_are_kept(emulator: MiniStack, alarms: Any) -> None:
    topic = "arn:aws:sns:us-east-1:000000000000:a"
    plain_members = {
        name: str(value) for name, value in ALARM.items() if isinstance(value, str | int | float)
    }
    query(
        emulator,
        "PutMetricAlarm",
        **plain_members | {"AlarmName": "other", "InsufficientDataActions.member.1": topic},
    )
    (alarm,) = alarms.describe_alarms(AlarmNames=["other"])["MetricAlarms"]
    assert alarm["InsufficientDataActions"] == [topic]
