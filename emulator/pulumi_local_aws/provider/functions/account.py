"""Define the functions that describe the account, the Region and the partition."""

from typing import Any

from pulumi_local_aws.provider.cloud import Cloud
from pulumi_local_aws.provider.function import Function, Values
from pulumi_local_aws.provider.schema import text


def _caller_identity(cloud: Cloud, arguments: Values) -> dict[str, Any]:
    caller = cloud.caller
    return {
        "id": caller["Account"],
        "accountId": caller["Account"],
        "arn": caller["Arn"],
        "userId": caller["UserId"],
    }


def _region(cloud: Cloud, arguments: Values) -> dict[str, Any]:
    name = cloud.region
    return {"id": name, "name": name, "description": name, "endpoint": f"ec2.{name}.amazonaws.com"}


def _partition(cloud: Cloud, arguments: Values) -> dict[str, Any]:
    suffix = "amazonaws.com.cn" if cloud.partition == "aws-cn" else "amazonaws.com"
    return {
        "id": cloud.partition,
        "partition": cloud.partition,
        "dnsSuffix": suffix,
        "reverseDnsPrefix": ".".join(reversed(suffix.split("."))),
    }


FUNCTIONS = (
    Function(
        token="aws:index/getCallerIdentity:getCallerIdentity",
        arguments={"id": text()},
        call=_caller_identity,
        regional=False,
    ),
    Function(token="aws:index/getRegion:getRegion", arguments={"id": text()}, call=_region),
    Function(
        token="aws:index/getPartition:getPartition",
        arguments={"id": text()},
        call=_partition,
        regional=False,
    ),
)
