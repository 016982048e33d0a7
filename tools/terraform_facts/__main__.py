"""Record what pulumi-aws does with each property, from the sources of the Terraform provider that it bridges.

    python -m tools.terraform_facts ~/terraform-provider-aws 6.58.0

rewrites the provider's `upstream.json` for the types and properties in it: whether a change replaces, whether
an omitted property keeps AWS's value, the default, what is required, output or secret, and Terraform's name
if it is not pulumi-aws's in snake case. `kind` and `item` stay as recorded, as does what pulumi-aws adds
itself (`region`). The checkout has `internal/service/`; the version
is the one that pulumi-aws is built on. The sources are read as text: what Terraform decides at run time
(CustomizeDiff) is not in the record.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from botocore.session import Session

from tools.terraform_facts.go_source import Package, braces, entries

FILE = Path(__file__).parents[2] / "emulator/pulumi_local_aws/provider/upstream.json"
# The package of a type in Terraform, and the function or method that has its schema.
_SCHEMAS: Mapping[str, tuple[str, str]] = {
    "aws:acm/certificate:Certificate": ("acm", "resourceCertificate"),
    "aws:acm/certificateValidation:CertificateValidation": ("acm", "resourceCertificateValidation"),
    "aws:apigateway/account:Account": ("apigateway", "(r *resourceAccount) Schema"),
    "aws:apigatewayv2/api:Api": ("apigatewayv2", "resourceAPI"),
    "aws:apigatewayv2/apiMapping:ApiMapping": ("apigatewayv2", "resourceAPIMapping"),
    "aws:apigatewayv2/authorizer:Authorizer": ("apigatewayv2", "resourceAuthorizer"),
    "aws:apigatewayv2/deployment:Deployment": ("apigatewayv2", "resourceDeployment"),
    "aws:apigatewayv2/domainName:DomainName": ("apigatewayv2", "resourceDomainName"),
    "aws:apigatewayv2/integration:Integration": ("apigatewayv2", "resourceIntegration"),
    "aws:apigatewayv2/integrationResponse:IntegrationResponse": (
        "apigatewayv2",
        "resourceIntegrationResponse",
    ),
    "aws:apigatewayv2/route:Route": ("apigatewayv2", "resourceRoute"),
    "aws:apigatewayv2/routeResponse:RouteResponse": ("apigatewayv2", "resourceRouteResponse"),
    "aws:apigatewayv2/stage:Stage": ("apigatewayv2", "resourceStage"),
    "aws:appsync/api:Api": ("appsync", "(r *apiResource) Schema"),
    "aws:appsync/channelNamespace:ChannelNamespace": ("appsync", "(r *channelNamespaceResource) Schema"),
    "aws:cloudfront/distribution:Distribution": ("cloudfront", "resourceDistribution"),
    "aws:cloudfront/originAccessControl:OriginAccessControl": ("cloudfront", "resourceOriginAccessControl"),
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": (
        "cloudfront",
        "resourceResponseHeadersPolicy",
    ),
    "aws:cloudwatch/dashboard:Dashboard": ("cloudwatch", "resourceDashboard"),
    "aws:cloudwatch/eventRule:EventRule": ("events", "resourceRule"),
    "aws:cloudwatch/eventTarget:EventTarget": ("events", "resourceTarget"),
    "aws:cloudwatch/logGroup:LogGroup": ("logs", "resourceGroup"),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": ("logs", "resourceMetricFilter"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("cloudwatch", "resourceMetricAlarm"),
    "aws:cognito/userPool:UserPool": ("cognitoidp", "resourceUserPool"),
    "aws:cognito/userPoolClient:UserPoolClient": ("cognitoidp", "(r *userPoolClientResource) Schema"),
    "aws:dynamodb/table:Table": ("dynamodb", "resourceTable"),
    "aws:dynamodb/tableItem:TableItem": ("dynamodb", "resourceTableItem"),
    "aws:iam/policy:Policy": ("iam", "resourcePolicy"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ("iam", "resourceRolePolicyAttachment"),
    "aws:iam/role:Role": ("iam", "resourceRole"),
    "aws:iam/rolePolicy:RolePolicy": ("iam", "resourceRolePolicy"),
    "aws:kms/alias:Alias": ("kms", "resourceAlias"),
    "aws:kms/key:Key": ("kms", "resourceKey"),
    "aws:lambda/alias:Alias": ("lambda", "resourceAlias"),
    "aws:lambda/eventSourceMapping:EventSourceMapping": ("lambda", "resourceEventSourceMapping"),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": (
        "lambda",
        "resourceFunctionEventInvokeConfig",
    ),
    "aws:lambda/function:Function": ("lambda", "resourceFunction"),
    "aws:lambda/functionUrl:FunctionUrl": ("lambda", "resourceFunctionURL"),
    "aws:lambda/layerVersion:LayerVersion": ("lambda", "resourceLayerVersion"),
    "aws:lambda/permission:Permission": ("lambda", "resourcePermission"),
    "aws:route53/record:Record": ("route53", "resourceRecord"),
    "aws:route53/zone:Zone": ("route53", "resourceZone"),
    "aws:s3/bucket:Bucket": ("s3", "resourceBucket"),
    "aws:s3/bucketNotification:BucketNotification": ("s3", "resourceBucketNotification"),
    "aws:s3/bucketObjectv2:BucketObjectv2": ("s3", "resourceObject"),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": ("s3", "resourceBucketOwnershipControls"),
    "aws:s3/bucketPolicy:BucketPolicy": ("s3", "resourceBucketPolicy"),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": ("s3", "resourceBucketPublicAccessBlock"),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        "s3",
        "resourceBucketServerSideEncryptionConfiguration",
    ),
    "aws:s3/bucketVersioning:BucketVersioning": ("s3", "resourceBucketVersioning"),
    "aws:scheduler/schedule:Schedule": ("scheduler", "resourceSchedule"),
    "aws:scheduler/scheduleGroup:ScheduleGroup": ("scheduler", "resourceScheduleGroup"),
    "aws:secretsmanager/secret:Secret": ("secretsmanager", "resourceSecret"),
    "aws:secretsmanager/secretVersion:SecretVersion": ("secretsmanager", "resourceSecretVersion"),
    "aws:sns/topic:Topic": ("sns", "topicSchema"),
    "aws:sns/topicSubscription:TopicSubscription": ("sns", "resourceTopicSubscription"),
    "aws:sqs/queuePolicy:QueuePolicy": ("sqs", "resourceQueuePolicy"),
    "aws:ssm/parameter:Parameter": ("ssm", "resourceParameter"),
    "aws:sqs/queue:Queue": ("sqs", "queueSchema"),
}
# pulumi-aws's names that are neither Terraform's in camel case nor their plurals.
_NAMES: Mapping[str, Mapping[str, str]] = {
    "aws:cloudwatch/metricAlarm:MetricAlarm": {"alarm_name": "name"},
    "aws:lambda/function:Function": {"filename": "code", "function_name": "name"},
    "aws:lambda/layerVersion:LayerVersion": {"filename": "code"},
    "aws:lambda/permission:Permission": {"function_name": "function"},
    "aws:sns/topicSubscription:TopicSubscription": {"topic_arn": "topic"},
}
# How a schema begins: Terraform's older way, and the two parts of its newer one.
_BEGINNINGS = ("map[string]*schema.Schema{", "map[string]schema.Attribute{", "map[string]schema.Block{")
_SAID: Mapping[str, re.Pattern[str]] = {
    "required": re.compile(r"\bRequired:\s*true|\.IsRequired\(\)"),
    "optional": re.compile(r"\bOptional:\s*true"),
    # A block that is left out is not compared: what AWS has stays, as with a computed one.
    "computed": re.compile(r"\bComputed:\s*true|\bSuppressMissingOptionalConfigurationBlock\b"),
    "replaces": re.compile(r"\bForceNew:\s*true|\.RequiresReplace(IfConfigured)?\(\)"),
    "secret": re.compile(r"\bSensitive:\s*true"),
}
# The facts of schemas that functions of Terraform return.
_BUILT_IN: Mapping[str, tuple[str, ...]] = {
    "framework.ARNAttributeComputedOnly()": ("computed",),
    "framework.IDAttribute()": ("computed",),
    "tftags.TagsAttribute()": ("optional",),
    "tftags.TagsAttributeComputedOnly()": ("computed",),
    "tftags.TagsSchema()": ("optional",),
    "tftags.TagsSchemaComputed()": ("optional", "computed"),
    "sdkv2.IAMPolicyDocumentSchemaOptionalComputed()": ("optional", "computed"),
    "sdkv2.IAMPolicyDocumentSchemaRequired()": ("required",),
    "sdkv2.JSONDocumentSchemaRequired()": ("required",),
}
_NESTED = frozenset({"Elem", "NestedObject"})
_BOTO = {"cognitoidp": "cognito-idp"}

Facts = dict[str, Any]
# What pulumi-aws adds to every type that AWS has by Region.
_OWN = frozenset({"region"})


def facts(services: Path, token: str, recorded: Mapping[str, Facts]) -> dict[str, Facts]:
    """Return what Terraform does with each recorded property of the type, by its path."""
    service, function = _SCHEMAS[token]
    package = Package(services / service)
    names = _NAMES.get(token, {})
    found = dict(_properties(package, package.declared(function), set(recorded), names, ""))
    kept = {
        path: {name: fact[name] for name in ("kind", "item") if name in fact}
        for path, fact in recorded.items()
    }
    return {
        path: recorded[path] if path in _OWN else {**kept[path], **found[path]} for path in sorted(recorded)
    }


def _properties(
    package: Package, source: str, recorded: set[str], names: Mapping[str, str], path: str
) -> Iterator[tuple[str, Facts]]:
    for key, declaration in _declarations(package, source):
        name = names.get(key) or _property_name(recorded, path, key)
        if path + name in recorded:
            renamed: Facts = {} if key == terraform_name(name) else {"terraform": key}
            yield path + name, _facts(package, declaration) | renamed
            yield from _properties(package, declaration, recorded, {}, f"{path}{name}.")


def terraform_name(name: str) -> str:
    """Return a name of pulumi-aws in snake case, as most of Terraform's names are."""
    return re.sub(r"(?<=[a-z0-9])[A-Z]", lambda match: f"_{match[0]}", name).lower()


def _declarations(package: Package, source: str) -> Iterator[tuple[str, str]]:
    """Yield Terraform's name of each attribute and block of a schema, and its declaration."""
    for beginning in _BEGINNINGS:
        for key, declaration in entries(braces(source, beginning) or ""):
            called = re.fullmatch(r"(\w+)\(\)", declaration)
            yield _key(package, key), package.declared(called[1]) if called else declaration


def _key(package: Package, key: str) -> str:
    """Return the name of a schema's key: `"name"`, `names.AttrKMSKeyARN`, or a constant of the package."""
    if key.startswith("attr"):
        key = package.declared(key).partition("=")[2].strip()
    if key.startswith('"'):
        return key.strip('"')
    name = key.removeprefix("names.Attr")
    return re.sub(r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3_\2\4", name).lower()


def _property_name(recorded: set[str], path: str, key: str) -> str:
    """Return pulumi-aws's name of a key: in camel case, and plural if the record has it so."""
    first, *rest = key.split("_")
    name = first + "".join(word.capitalize() for word in rest)
    several = (f"{name}s", f"{name}es", f"{name.removesuffix('y')}ies")
    return next((plural for plural in several if path + plural in recorded), name)


def _facts(package: Package, declaration: str) -> Facts:
    built_in = _BUILT_IN.get(declaration)
    own = dict(entries(braces(declaration, "{") or ""))
    said = "".join(f"{key}: {value}\n" for key, value in own.items() if key not in _NESTED)
    found = {name for name, pattern in _SAID.items() if built_in is None and pattern.search(said)}
    found |= set(built_in or ())
    given = {"required", "optional"} & found
    result: Facts = {name: True for name in ("replaces", "secret", "required") if name in found}
    if "computed" in found:
        result["computed" if given else "output"] = True
    if "Default" in own:
        result["default"] = _value(package, own["Default"])
    return result


def _value(package: Package, text: str) -> Any:
    """Return the value of a default: a literal, or a constant of the package or of AWS's SDK."""
    text = re.sub(r"^\w+\.AttributeDefault\((.*)\)$", r"\1", text)
    if text.startswith(("awstypes.", "types.")):
        return _enum(package.folder.name)[text.split(".")[1].lower()]
    if re.fullmatch(r"[A-Za-z]\w*", text) and text not in ("true", "false"):
        return _value(package, package.declared(text).partition("=")[2].partition("//")[0].strip())
    return json.loads(re.sub(r"(?<=\d)_(?=\d)", "", text))


@cache
def _enum(service: str) -> dict[str, str]:
    """Return AWS's enum values by Go's constants for them, in lower case."""
    model = Session().get_service_model(_BOTO.get(service, service))
    shapes = (model.shape_for(name) for name in model.shape_names)
    return {
        re.sub(r"\W|_", "", f"{shape.name}{value}").lower(): value
        for shape in shapes
        for value in cast("list[str]", getattr(shape, "enum", None) or [])
    }


def main(arguments: list[str]) -> None:
    """Rewrite the record from a checkout and its version."""
    services, version = Path(arguments[0]) / "internal" / "service", arguments[1]
    recorded: Mapping[str, Mapping[str, Facts]] = json.loads(FILE.read_text())["types"]
    types = {token: facts(services, token, paths) for token, paths in recorded.items()}
    lines = ",\n".join(
        f"    {json.dumps(token)}: {{\n"
        + ",\n".join(f"      {json.dumps(path)}: {json.dumps(said)}" for path, said in found.items())
        + "\n    }"
        for token, found in types.items()
    )
    source = json.dumps(f"terraform-provider-aws {version}")
    FILE.write_text(f'{{\n  "source": {source},\n  "types": {{\n{lines}\n  }}\n}}\n')


if __name__ == "__main__":
    main(sys.argv[1:])
