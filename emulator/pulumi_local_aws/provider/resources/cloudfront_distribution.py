"""Define CloudFront's distributions, which the emulator serves by Host header, without TLS or edges."""

import uuid
from typing import Any

from pulumi_local_aws.provider.cloud import Cloud, operation_model
from pulumi_local_aws.provider.convert import get_list, get_object, to_api
from pulumi_local_aws.provider.facts import Overrides, within
from pulumi_local_aws.provider.resource import Resource, State
from pulumi_local_aws.provider.resources.cloudfront_lists import counted, plain
from pulumi_local_aws.provider.tagging import Tagging

# The Route 53 zone that all distributions share.
_HOSTED_ZONE = "Z2FDTNDATAQYW2"

_BEHAVIOR: Overrides = {
    "defaultTtl": {"api": "DefaultTTL"},
    "functionAssociations.functionArn": {"api": "FunctionARN"},
    "maxTtl": {"api": "MaxTTL"},
    "minTtl": {"api": "MinTTL"},
}


class CloudFrontTagging(Tagging):
    """CloudFront's tagging, which wraps the tags in Items."""

    def read(self, cloud: Cloud, resource_id: str, outputs: Any) -> dict[str, str]:
        response = cloud.call("cloudfront", "ListTagsForResource", Resource=outputs["arn"])
        return self.plain(response["Tags"].get("Items"))

    def apply(self, cloud: Cloud, resource_id: str, outputs: Any, wanted: Any) -> None:
        arn, current = outputs["arn"], get_object(outputs, "tagsAll")
        removed = [name for name in current if name not in wanted]
        if removed:
            cloud.call("cloudfront", "UntagResource", Resource=arn, TagKeys={"Items": removed})
        new = {name: value for name, value in wanted.items() if current.get(name) != value}
        if new:
            cloud.call("cloudfront", "TagResource", Resource=arn, Tags={"Items": self.shape(new)})


class Distribution(Resource):
    """A distribution. Deleting one disables it first, as CloudFront requires."""

    token = "aws:cloudfront/distribution:Distribution"
    service = "cloudfront"
    tagging = CloudFrontTagging(
        service="cloudfront",
        address="Resource",
        create="",
        as_list=True,
        list_operation="ListTagsForResource",
    )
    keys = {"Id": "id"}
    create_operation = "CreateDistribution"
    read_operation = "GetDistribution"
    shaping = ("origins", "defaultCacheBehavior", "orderedCacheBehaviors", "restrictions")
    overrides = {
        **within("defaultCacheBehavior", _BEHAVIOR),
        **within("orderedCacheBehaviors", _BEHAVIOR),
        "customErrorResponses.errorCachingMinTtl": {"api": "ErrorCachingMinTTL"},
        "isIpv6Enabled": {"api": "IsIPV6Enabled"},
        "orderedCacheBehaviors": {"api": "CacheBehaviors"},
        "origins.customHeaders.name": {"api": "HeaderName"},
        "origins.customHeaders.value": {"api": "HeaderValue"},
        "origins.customOriginConfig.httpPort": {"api": "HTTPPort"},
        "origins.customOriginConfig.httpsPort": {"api": "HTTPSPort"},
        "origins.originId": {"api": "Id"},
        "retainOnDelete": {"local": True},
        "viewerCertificate.acmCertificateArn": {"api": "ACMCertificateArn"},
        "viewerCertificate.cloudfrontDefaultCertificate": {"api": "CloudFrontDefaultCertificate"},
        "viewerCertificate.sslSupportMethod": {"api": "SSLSupportMethod"},
        "waitForDeployment": {"local": True},
        "webAclId": {"api": "WebACLId"},
        "etag": {"volatile": True},
        "lastModifiedTime": {"volatile": True},
    }

    def create_request(self, inputs: State) -> dict[str, Any]:
        return {"DistributionConfig": self._config(inputs, "pulumi")}

    def create(self, cloud: Cloud, inputs: State) -> str:
        config = self._config(inputs, f"pulumi-{uuid.uuid4().hex}")
        answer = cloud.call("cloudfront", "CreateDistribution", DistributionConfig=config)
        return answer["Distribution"]["Id"]

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        response = answer["Distribution"]
        config = plain(response["DistributionConfig"])
        for behavior in [config["DefaultCacheBehavior"], *get_list(config, "CacheBehaviors")]:
            _flatten_methods(behavior)
        for origin in get_list(config, "Origins"):
            if not get_object(origin, "S3OriginConfig").get("OriginAccessIdentity"):
                origin.pop("S3OriginConfig", None)
        geo = get_object(get_object(config, "Restrictions"), "GeoRestriction")
        geo["Locations"] = geo.pop("Items", [])
        return {
            **super().outputs(cloud, resource_id, state, {**config, **_details(response)}),
            "arn": response["ARN"],
            "etag": answer["ETag"],
            "hostedZoneId": _HOSTED_ZONE,
        }

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        if changed - {"retainOnDelete", "waitForDeployment"}:
            now = cloud.call("cloudfront", "GetDistributionConfig", Id=resource_id)
            config = self._config(news, now["DistributionConfig"]["CallerReference"])
            where = {"Id": resource_id, "IfMatch": now["ETag"]}
            cloud.call("cloudfront", "UpdateDistribution", **where, DistributionConfig=config)

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        now = cloud.call("cloudfront", "GetDistributionConfig", Id=resource_id)
        if now["DistributionConfig"]["Enabled"]:
            config = {**now["DistributionConfig"], "Enabled": False}
            where = {"Id": resource_id, "IfMatch": now["ETag"]}
            now = cloud.call("cloudfront", "UpdateDistribution", **where, DistributionConfig=config)
        if not state.get("retainOnDelete"):
            cloud.call("cloudfront", "DeleteDistribution", Id=resource_id, IfMatch=now["ETag"])

    def _config(self, inputs: State, reference: str) -> dict[str, Any]:
        request = {"Comment": "", **to_api(self.inputs_table, inputs), "CallerReference": reference}
        for behavior in [get_object(request, "DefaultCacheBehavior"), *get_list(request, "CacheBehaviors")]:
            _nest_methods(behavior)
        for origin in get_list(request, "Origins"):
            # CloudFront requires one of the two; with an access control, S3's is empty.
            if "CustomOriginConfig" not in origin:
                origin.setdefault("S3OriginConfig", {"OriginAccessIdentity": ""})
        geo = get_object(get_object(request, "Restrictions"), "GeoRestriction")
        geo["Items"] = geo.pop("Locations", [])
        shape = operation_model("cloudfront", "CreateDistribution").input_shape
        return counted(shape.members["DistributionConfig"] if shape else None, request)


def _nest_methods(behavior: dict[str, Any]) -> None:
    """Move the cached methods into the allowed ones, where CloudFront has them."""
    cached = behavior.pop("CachedMethods", [])
    behavior["AllowedMethods"] = {"Items": behavior.get("AllowedMethods", []), "CachedMethods": cached}


def _flatten_methods(behavior: dict[str, Any]) -> None:
    methods = get_object(behavior, "AllowedMethods")
    behavior["CachedMethods"] = get_list(methods, "CachedMethods")
    behavior["AllowedMethods"] = get_list(methods, "Items")


def _details(response: dict[str, Any]) -> dict[str, Any]:
    return {name: response.get(name) for name in ("DomainName", "LastModifiedTime", "Status")}


RESOURCES: tuple[type[Resource], ...] = (Distribution,)
