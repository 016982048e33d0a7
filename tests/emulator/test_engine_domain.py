"""Test that a WebSocket API is served at a domain of its own, from its certificate to its DNS record."""

import shutil
from pathlib import Path

import pytest

from pulumi_local_aws.aws import client
from pulumi_local_aws.engine import Engine
from pulumi_local_aws.ministack import MiniStack
from tests.emulator.project import PROGRAMS

pytestmark = [pytest.mark.emulator, pytest.mark.engine]


def test_a_domain_leads_to_the_api(engine: Engine, emulator: MiniStack, tmp_path: Path) -> None:
    folder = tmp_path / "domain"
    shutil.copytree(PROGRAMS / "domain", folder)
    engine.select("test", folder)
    engine.up("test", folder)
    aws = emulator.environment
    domain = client("apigatewayv2", aws).get_domain_name(DomainName="ws.domain.example")
    target = domain["DomainNameConfigurations"][0]["ApiGatewayDomainName"]
    zone = engine.outputs("test", folder)["zone"]
    records = client("route53", aws).list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    aliases = [one["AliasTarget"]["DNSName"] for one in records if one["Name"] == "ws.domain.example."]
    assert {name.rstrip(".") for name in aliases} == {target}
    (mapping,) = client("apigatewayv2", aws).get_api_mappings(DomainName="ws.domain.example")["Items"]
    stage = client("apigatewayv2", aws).get_stage(ApiId=mapping["ApiId"], StageName=mapping["Stage"])
    assert stage["AccessLogSettings"]["DestinationArn"]
    assert {step["op"] for step in engine.plan("test", folder)} == {"same"}
    engine.refresh("test", folder, "--expect-no-changes")
    engine.destroy("test", folder)
