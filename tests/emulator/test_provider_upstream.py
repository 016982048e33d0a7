"""Test the record of pulumi-aws: the tables that it gives, the deviations from it, and how it is read."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pulumi_local_aws.provider.facts import RECORD, build_table, recorded_property
from pulumi_local_aws.provider.registry import resource, tokens
from pulumi_local_aws.provider.schema import Kind
from tools.terraform_facts.__main__ import facts

_RECORDED = ("computed", "default", "kind", "output", "replace", "required")


def _deviations(token: str) -> Iterator[tuple[str, bool, bool]]:
    """Yield each overridden path, whether it deviates from the record, and whether it has a reason."""
    for path, override in resource(token).overrides.items():
        recorded = recorded_property(RECORD[token], path, is_name=False)
        aspects = [name for name in _RECORDED if name in override]
        for name in aspects:
            assert override[name] != getattr(recorded, name), f"{token} {path} {name} is what the record says"
        yield path, bool(aspects), bool(override.get("because"))


def test_the_record_has_exactly_the_supported_types() -> None:
    assert sorted(RECORD) == tokens()


@pytest.mark.parametrize("token", tokens())
def test_each_deviation_from_pulumi_aws_has_a_reason(token: str) -> None:
    for path, deviates, reasoned in _deviations(token):
        assert deviates == reasoned, path


def test_an_override_of_a_property_that_the_record_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match=r"aws:sns/topic:Topic: upstream\.json has no property 'sparkle'"):
        build_table("aws:sns/topic:Topic", {"sparkle": {"local": True}})


def test_a_table_is_built_from_the_record() -> None:
    stage = build_table("aws:apigatewayv2/stage:Stage", {}, "name")
    assert (stage["name"].required, stage["name"].replace) == (False, True)
    assert (stage["apiId"].required, stage["apiId"].replace) == (True, True)
    assert (stage["region"].local, stage["region"].computed) == (True, True)
    assert stage["defaultRouteSettings"].kind is Kind.BLOCK
    assert stage["defaultRouteSettings"].fields["dataTraceEnabled"].default is False
    assert stage["arn"].output
    assert stage["tagsAll"].output


_SOURCE = """
package sns

const defaultVersion = 2

func topicSchema() map[string]*schema.Schema {
\treturn map[string]*schema.Schema{
\t\tnames.AttrARN: {
\t\t\tType:     schema.TypeString,
\t\t\tComputed: true,
\t\t},
\t\t"fifo_topic": {
\t\t\tType:     schema.TypeBool,
\t\t\tOptional: true,
\t\t\tForceNew: true, // a comment, with "quotes": {
\t\t\tDefault:  false,
\t\t},
\t\t"signature_version": {
\t\t\tType:     schema.TypeInt,
\t\t\tOptional: true,
\t\t\tDefault:  defaultVersion,
\t\t},
\t\t"rule": {
\t\t\tType:     schema.TypeList,
\t\t\tRequired: true,
\t\t\tElem: &schema.Resource{
\t\t\t\tSchema: map[string]*schema.Schema{
\t\t\t\t\t"secret_text": {Type: schema.TypeString, Required: true, Sensitive: true},
\t\t\t\t},
\t\t\t},
\t\t},
\t\tnames.AttrTagsAll: tftags.TagsSchemaComputed(),
\t}
}
"""


def test_the_record_is_read_from_terraforms_sources(tmp_path: Path) -> None:
    (tmp_path / "sns").mkdir()
    (tmp_path / "sns" / "topic.go").write_text(_SOURCE)
    region = {"replaces": True, "computed": True}
    recorded: dict[str, dict[str, Any]] = {
        "arn": {},
        "fifoTopic": {"kind": "boolean", "computed": True},
        "region": region,
        "rules": {"kind": "list"},
        "rules.secretText": {},
        "signatureVersion": {"kind": "integer"},
        "tagsAll": {"kind": "map"},
    }
    assert facts(tmp_path, "aws:sns/topic:Topic", recorded) == {
        "arn": {"output": True},
        "fifoTopic": {"kind": "boolean", "replaces": True, "default": False},
        "region": region,
        "rules": {"kind": "list", "required": True, "terraform": "rule"},
        "rules.secretText": {"secret": True, "required": True},
        "signatureVersion": {"kind": "integer", "default": 2},
        "tagsAll": {"kind": "map", "computed": True},
    }


_NEWER_SOURCE = """
package appsync

const (
\tattrAPIID = "api_id"
)

func (r *channelNamespaceResource) Schema(ctx context.Context, response *resource.SchemaResponse) {
\tresponse.Schema = schema.Schema{
\t\tAttributes: map[string]schema.Attribute{
\t\t\tattrAPIID: schema.StringAttribute{
\t\t\t\tRequired: true,
\t\t\t\tPlanModifiers: []planmodifier.String{
\t\t\t\t\tstringplanmodifier.RequiresReplace(),
\t\t\t\t},
\t\t\t},
\t\t\t"channel_namespace_arn": framework.ARNAttributeComputedOnly(),
\t\t\tnames.AttrTags: tftags.TagsAttribute(),
\t\t\tnames.AttrTagsAll: tftags.TagsAttributeComputedOnly(),
\t\t},
\t\tBlocks: map[string]schema.Block{
\t\t\t"publish_auth_mode": schema.ListNestedBlock{
\t\t\t\tValidators: []validator.List{
\t\t\t\t\tlistvalidator.IsRequired(),
\t\t\t\t},
\t\t\t\tNestedObject: schema.NestedBlockObject{
\t\t\t\t\tAttributes: map[string]schema.Attribute{
\t\t\t\t\t\t"auth_type": schema.StringAttribute{Required: true},
\t\t\t\t\t},
\t\t\t\t},
\t\t\t},
\t\t},
\t}
}
"""


def test_the_record_is_read_from_terraforms_newer_schemas(tmp_path: Path) -> None:
    (tmp_path / "appsync").mkdir()
    (tmp_path / "appsync" / "channel_namespace.go").write_text(_NEWER_SOURCE)
    recorded: dict[str, dict[str, Any]] = {
        "apiId": {},
        "channelNamespaceArn": {},
        "publishAuthModes": {"kind": "list"},
        "publishAuthModes.authType": {},
        "tags": {"kind": "map"},
        "tagsAll": {"kind": "map"},
    }
    assert facts(tmp_path, "aws:appsync/channelNamespace:ChannelNamespace", recorded) == {
        "apiId": {"replaces": True, "required": True},
        "channelNamespaceArn": {"output": True},
        "publishAuthModes": {"kind": "list", "required": True, "terraform": "publish_auth_mode"},
        "publishAuthModes.authType": {"required": True},
        "tags": {"kind": "map"},
        "tagsAll": {"kind": "map", "output": True},
    }


def test_the_record_names_its_source() -> None:
    record = json.loads(Path("emulator/pulumi_local_aws/provider/upstream.json").read_text())
    assert record["source"].startswith("terraform-provider-aws 6.")
