"""Define CloudFront's origin access controls and response headers policies."""

from typing import Any, ClassVar

from pulumi_local_aws.provider.cloud import Cloud, operation_model
from pulumi_local_aws.provider.convert import to_api
from pulumi_local_aws.provider.resource import AutoName, Resource, State
from pulumi_local_aws.provider.resources.cloudfront_lists import counted, plain


class CloudFrontPolicy(Resource):
    """A CloudFront resource with one config, which an update replaces against its ETag."""

    service = "cloudfront"
    autoname = AutoName()
    keys = {"Id": "id"}
    kind: ClassVar[str]

    def create_request(self, inputs: State) -> dict[str, Any]:
        shape = operation_model("cloudfront", self.create_operation).input_shape
        member = f"{self.kind}Config"
        config = to_api(self.inputs_table, inputs)
        return {member: counted(shape.members[member] if shape else None, config)}

    def create(self, cloud: Cloud, inputs: State) -> str:
        answer = cloud.call("cloudfront", self.create_operation, **self.create_request(inputs))
        return answer[self.kind]["Id"]

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        response = plain(answer[self.kind][f"{self.kind}Config"], unwrap=False)
        return {
            **super().outputs(cloud, resource_id, state, response),
            "arn": cloud.arn("cloudfront", f"{self.arn_type}/{resource_id}", region=False),
            "etag": answer["ETag"],
        }

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        request = self.create_request(news)
        where = {"Id": resource_id, "IfMatch": self._etag(cloud, resource_id)}
        cloud.call("cloudfront", f"Update{self.kind}", **where, **request)

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        etag = self._etag(cloud, resource_id)
        cloud.call("cloudfront", self.delete_operation, Id=resource_id, IfMatch=etag)

    @property
    def arn_type(self) -> str:
        """The kind's name in ARNs: `response-headers-policy`, for example."""
        words = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in self.kind)
        return words.removeprefix("-")

    def _etag(self, cloud: Cloud, resource_id: str) -> str:
        return cloud.call("cloudfront", self.read_operation, Id=resource_id)["ETag"]


class OriginAccessControl(CloudFrontPolicy):
    """An origin access control: how CloudFront signs its requests to an origin."""

    token = "aws:cloudfront/originAccessControl:OriginAccessControl"
    kind = "OriginAccessControl"
    create_operation = "CreateOriginAccessControl"
    read_operation = "GetOriginAccessControl"
    delete_operation = "DeleteOriginAccessControl"
    overrides = {
        "description": {
            "default": "Managed by Pulumi",
            "because": "pulumi-aws puts its own name for Terraform's",
        },
        "etag": {"volatile": True},
    }


class ResponseHeadersPolicy(CloudFrontPolicy):
    """A response headers policy: the headers that CloudFront adds or removes."""

    token = "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"
    kind = "ResponseHeadersPolicy"
    create_operation = "CreateResponseHeadersPolicy"
    read_operation = "GetResponseHeadersPolicy"
    delete_operation = "DeleteResponseHeadersPolicy"
    shaping = ("customHeadersConfig", "removeHeadersConfig", "corsConfig")
    overrides = {
        "securityHeadersConfig.xssProtection": {"api": "XSSProtection"},
        "etag": {"volatile": True},
    }


RESOURCES: tuple[type[Resource], ...] = (OriginAccessControl, ResponseHeadersPolicy)
