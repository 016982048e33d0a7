"""Define the functions that return an existing resource, most of them through the type that creates it."""

from collections.abc import Mapping
from typing import Any

from pulumi_local_aws.provider.cloud import AwsError, Cloud, NotFound
from pulumi_local_aws.provider.convert import get_list, get_object
from pulumi_local_aws.provider.function import Function, Values, single
from pulumi_local_aws.provider.lifecycle import observe
from pulumi_local_aws.provider.resource import Resource
from pulumi_local_aws.provider.resources.acm import Certificate
from pulumi_local_aws.provider.resources.apigatewayv2_api import Api
from pulumi_local_aws.provider.resources.dynamodb import Table
from pulumi_local_aws.provider.resources.iam import Role
from pulumi_local_aws.provider.resources.iam_policies import Policy
from pulumi_local_aws.provider.resources.kms import Alias, Key
from pulumi_local_aws.provider.resources.lambda_function import Function as LambdaFunction
from pulumi_local_aws.provider.resources.logs import LogGroup
from pulumi_local_aws.provider.resources.route53 import Zone, plain_id, plain_name
from pulumi_local_aws.provider.resources.s3_bucket import Bucket
from pulumi_local_aws.provider.resources.secretsmanager import Secret, SecretVersion
from pulumi_local_aws.provider.resources.sns import Topic
from pulumi_local_aws.provider.resources.sqs import Queue
from pulumi_local_aws.provider.resources.ssm import Parameter
from pulumi_local_aws.provider.schema import boolean, text, texts


def _read(
    kind: type[Resource], cloud: Cloud, resource_id: str, state: Mapping[str, Any] | None = None
) -> Values:
    """Return the resource's properties with its id; its tags include the provider's default tags.

    Raises NotFound if the resource does not exist.
    """
    found = observe(kind(), cloud, resource_id, state or {})
    if found is None:
        raise NotFound(kind.token, "", f"{resource_id} does not exist")
    tags = {"tags": found["tagsAll"]} if "tagsAll" in found else {}
    return {**{name: value for name, value in found.items() if name != "tagsAll"}, **tags, "id": resource_id}


def _as_lists(found: Values, names: Mapping[str, str]) -> Values:
    """Return the properties with some objects as lists of one under a plural name, as Terraform has them."""
    listed = {plural: [found[name]] if found.get(name) else [] for name, plural in names.items()}
    return {**{name: value for name, value in found.items() if name not in names}, **listed}


def _one_of(arguments: Values, *names: str) -> str:
    """Return the value of the only argument given. Raises AwsError for none or several."""
    given = [arguments[name] for name in names if arguments.get(name)]
    if len(given) != 1:
        raise AwsError("invoke", "", f"exactly one of {', '.join(f'`{name}`' for name in names)} is required")
    return given[0]


def _role(cloud: Cloud, arguments: Values) -> Values:
    return {"roleLastUseds": [], **_read(Role, cloud, arguments["name"])}


def _policy(cloud: Cloud, arguments: Values) -> Values:
    wanted = _one_of(arguments, "arn", "name")
    if arguments.get("arn"):
        return _read(Policy, cloud, wanted)
    prefix = arguments.get("pathPrefix", "/")
    policies = cloud.pages("iam", "ListPolicies", "Policies", PathPrefix=prefix)
    found = [one["Arn"] for one in policies if one["PolicyName"] == wanted]
    return _read(Policy, cloud, single(found, "iam.getPolicy", f"the policy {wanted!r}"))


def _queue(cloud: Cloud, arguments: Values) -> Values:
    url = cloud.call("sqs", "GetQueueUrl", QueueName=arguments["name"])["QueueUrl"]
    found = _read(Queue, cloud, url)
    return {name: found[name] for name in ("id", "arn", "name", "url", "tags")}


def _topic(cloud: Cloud, arguments: Values) -> Values:
    topics = cloud.pages("sns", "ListTopics", "Topics")
    arns = [one["TopicArn"] for one in topics if one["TopicArn"].endswith(f":{arguments['name']}")]
    found = _read(Topic, cloud, single(arns, "sns.getTopic", f"the topic {arguments['name']!r}"))
    return {name: found[name] for name in ("id", "arn", "name", "tags")}


def _parameter(cloud: Cloud, arguments: Values) -> Values:
    where = {"Name": arguments["name"], "WithDecryption": arguments["withDecryption"]}
    parameter = cloud.call("ssm", "GetParameter", **where)["Parameter"]
    found = _read(Parameter, cloud, parameter["Name"])
    return {
        "id": parameter["Name"],
        "arn": found["arn"],
        "insecureValue": None if parameter["Type"] == "SecureString" else parameter["Value"],
        "type": parameter["Type"],
        "value": parameter["Value"],
        "version": parameter["Version"],
    }


def _function(cloud: Cloud, arguments: Values) -> Values:
    found = _read(LambdaFunction, cloud, arguments["functionName"])
    plural = {"ephemeralStorage": "ephemeralStorages", "loggingConfig": "loggingConfigs"}
    result = _as_lists({"fileSystemConfigs": [], **found}, plural)
    return {name: value for name, value in result.items() if name not in ("name", "publish", "skipDestroy")}


def _table(cloud: Cloud, arguments: Values) -> Values:
    found: Values = {"replicas": [], **_read(Table, cloud, arguments["name"])}
    return _as_lists(found, {"onDemandThroughput": "onDemandThroughputs"})


def _zone(cloud: Cloud, arguments: Values) -> Values:
    wanted = _one_of(arguments, "name", "zoneId")
    if arguments.get("zoneId"):
        return _zone_result(cloud, wanted)
    zones = cloud.pages("route53", "ListHostedZones", "HostedZones")
    private = arguments.get("privateZone", False)
    ids = [
        plain_id(one["Id"])
        for one in zones
        if plain_name(one["Name"]) == plain_name(wanted)
        and get_object(one, "Config").get("PrivateZone", False) == private
    ]
    return _zone_result(cloud, single(ids, "route53.getZone", f"the zone {wanted!r}"))


def _zone_result(cloud: Cloud, zone: str) -> Values:
    described = cloud.call("route53", "GetHostedZone", Id=zone)["HostedZone"]
    return {
        **_read(Zone, cloud, zone),
        "callerReference": described["CallerReference"],
        "privateZone": get_object(described, "Config").get("PrivateZone", False),
        "resourceRecordSetCount": described.get("ResourceRecordSetCount", 0),
    }


def _certificate(cloud: Cloud, arguments: Values) -> Values:
    listed = cloud.pages("acm", "ListCertificates", "CertificateSummaryList")
    arns = [one["CertificateArn"] for one in listed if one["DomainName"] == arguments["domain"]]
    statuses = arguments.get("statuses") or ["ISSUED"]
    certificates = [_read(Certificate, cloud, arn) for arn in arns]
    found = [
        one
        for one in certificates
        if one["status"] in statuses and one["type"] in (arguments.get("types") or [one["type"]])
    ]
    if arguments.get("mostRecent"):
        found = sorted(found, key=lambda one: one.get("notBefore", ""))[-1:]
    one = single(found, "acm.getCertificate", f"the certificate of {arguments['domain']!r}")
    body = cloud.call("acm", "GetCertificate", CertificateArn=one["arn"])
    return {
        "id": one["arn"],
        "arn": one["arn"],
        "certificate": body.get("Certificate"),
        "certificateChain": body.get("CertificateChain"),
        "status": one["status"],
        "tags": one["tags"],
    }


def _user_pools(cloud: Cloud, arguments: Values) -> Values:
    pools = cloud.pages("cognito-idp", "ListUserPools", "UserPools", MaxResults=60)
    ids = [one["Id"] for one in pools if one["Name"] == arguments["name"]]
    arns = [cloud.arn("cognito-idp", f"userpool/{pool}") for pool in ids]
    return {"id": arguments["name"], "ids": ids, "arns": arns}


def _bucket(cloud: Cloud, arguments: Values) -> Values:
    found = _read(Bucket, cloud, arguments["bucket"])
    names = ("arn", "bucketDomainName", "bucketRegion", "bucketRegionalDomainName", "hostedZoneId", "id")
    return {name: found.get(name) for name in names}


def _api(cloud: Cloud, arguments: Values) -> Values:
    found = _read(Api, cloud, arguments["apiId"])
    return _as_lists(found, {"corsConfiguration": "corsConfigurations"})


def _key(cloud: Cloud, arguments: Values) -> Values:
    metadata = cloud.call("kms", "DescribeKey", KeyId=arguments["keyId"])["KeyMetadata"]
    found = _read(Key, cloud, metadata["KeyId"])
    return {
        "id": metadata["KeyId"],
        "arn": metadata["Arn"],
        "awsAccountId": metadata.get("AWSAccountId"),
        "creationDate": metadata["CreationDate"].isoformat(),
        "customerMasterKeySpec": found["customerMasterKeySpec"],
        "description": found.get("description", ""),
        "enabled": metadata["Enabled"],
        "keyManager": metadata.get("KeyManager"),
        "keySpec": found["customerMasterKeySpec"],
        "keyState": metadata.get("KeyState"),
        "keyUsage": found["keyUsage"],
        "multiRegion": found["multiRegion"],
        "multiRegionConfigurations": [],
        "origin": metadata.get("Origin"),
        "xksKeyConfigurations": [],
    }


def _alias(cloud: Cloud, arguments: Values) -> Values:
    found = _read(Alias, cloud, arguments["name"])
    return {**found, "id": found["arn"]}


def _log_group(cloud: Cloud, arguments: Values) -> Values:
    found = _read(LogGroup, cloud, arguments["name"])
    groups = cloud.pages("logs", "DescribeLogGroups", "logGroups", logGroupNamePrefix=arguments["name"])
    created = next(group["creationTime"] for group in groups if group["logGroupName"] == arguments["name"])
    return {
        **{name: value for name, value in found.items() if name != "skipDestroy"},
        "creationTime": created,
    }


def _secret(cloud: Cloud, arguments: Values) -> Values:
    wanted = _one_of(arguments, "arn", "name")
    described = cloud.call("secretsmanager", "DescribeSecret", SecretId=wanted)
    dates = {"createdDate": "CreatedDate", "lastChangedDate": "LastChangedDate"}
    return {
        "policy": "",
        **_read(Secret, cloud, described["ARN"]),
        **{name: described[member].isoformat() for name, member in dates.items() if described.get(member)},
    }


def _secret_version(cloud: Cloud, arguments: Values) -> Values:
    where = {"SecretId": arguments["secretId"]}
    if arguments.get("versionId"):
        where["VersionId"] = arguments["versionId"]
    else:
        where["VersionStage"] = arguments["versionStage"]
    version = cloud.call("secretsmanager", "GetSecretValue", **where)
    found = _read(SecretVersion, cloud, f"{arguments['secretId']}|{version['VersionId']}")
    return {
        "id": f"{arguments['secretId']}|{arguments.get('versionId') or arguments['versionStage']}",
        "arn": version["ARN"],
        "createdDate": version["CreatedDate"].isoformat(),
        "secretArn": version["ARN"],
        "secretBinary": found.get("secretBinary", ""),
        "secretString": found.get("secretString", ""),
        "versionId": version["VersionId"],
        "versionStages": get_list(found, "versionStages"),
    }


_NAME = {"name": text(required=True)}
FUNCTIONS = (
    Function(token="aws:iam/getRole:getRole", arguments=_NAME, call=_role, regional=False),
    Function(
        token="aws:iam/getPolicy:getPolicy",
        arguments={"arn": text(), "name": text(), "pathPrefix": text()},
        call=_policy,
        regional=False,
    ),
    Function(token="aws:sqs/getQueue:getQueue", arguments=_NAME, call=_queue),
    Function(token="aws:sns/getTopic:getTopic", arguments=_NAME, call=_topic),
    Function(
        token="aws:ssm/getParameter:getParameter",
        arguments={**_NAME, "withDecryption": boolean(default=True)},
        call=_parameter,
        secrets=("value",),
    ),
    Function(
        token="aws:lambda/getFunction:getFunction",
        arguments={"functionName": text(required=True)},
        call=_function,
    ),
    Function(token="aws:dynamodb/getTable:getTable", arguments=_NAME, call=_table),
    Function(
        token="aws:route53/getZone:getZone",
        arguments={"name": text(), "privateZone": boolean(), "zoneId": text()},
        call=_zone,
        regional=False,
    ),
    Function(
        token="aws:acm/getCertificate:getCertificate",
        arguments={
            "domain": text(required=True),
            "mostRecent": boolean(),
            "statuses": texts(),
            "types": texts(),
        },
        call=_certificate,
    ),
    Function(token="aws:cognito/getUserPools:getUserPools", arguments=_NAME, call=_user_pools),
    Function(token="aws:s3/getBucket:getBucket", arguments={"bucket": text(required=True)}, call=_bucket),
    Function(token="aws:apigatewayv2/getApi:getApi", arguments={"apiId": text(required=True)}, call=_api),
    Function(token="aws:kms/getKey:getKey", arguments={"keyId": text(required=True)}, call=_key),
    Function(token="aws:kms/getAlias:getAlias", arguments=_NAME, call=_alias),
    Function(token="aws:cloudwatch/getLogGroup:getLogGroup", arguments=_NAME, call=_log_group),
    Function(
        token="aws:secretsmanager/getSecret:getSecret",
        arguments={"arn": text(), "name": text()},
        call=_secret,
    ),
    Function(
        token="aws:secretsmanager/getSecretVersion:getSecretVersion",
        arguments={
            "secretId": text(required=True),
            "versionId": text(),
            "versionStage": text(default="AWSCURRENT"),
        },
        call=_secret_version,
        secrets=("secretBinary", "secretString"),
    ),
)
