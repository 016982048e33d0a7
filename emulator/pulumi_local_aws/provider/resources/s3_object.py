"""Define S3's objects."""

import base64
from typing import Any

from pulumi_local_aws.provider.archives import asset_bytes
from pulumi_local_aws.provider.cloud import AwsError, Cloud, NotFound
from pulumi_local_aws.provider.resource import AutoName, Resource, State
from pulumi_local_aws.provider.schema import Kind
from pulumi_local_aws.provider.tagging import Tagging


class ObjectTagging(Tagging):
    """An object's tagging: S3 sets all tags at once."""

    def read(self, cloud: Cloud, resource_id: str, outputs: Any) -> dict[str, str]:
        where = {"Bucket": outputs["bucket"], "Key": outputs["key"]}
        return self.plain(cloud.call("s3", "GetObjectTagging", **where)["TagSet"])

    def apply(self, cloud: Cloud, resource_id: str, outputs: Any, wanted: Any) -> None:
        where = {"Bucket": outputs["bucket"], "Key": outputs["key"]}
        if dict(wanted) != self.read(cloud, resource_id, outputs):
            cloud.call("s3", "PutObjectTagging", **where, Tagging={"TagSet": self.shape(wanted)})


class BucketObjectv2(Resource):
    """An object of a bucket; its id is `BUCKET/KEY`. The state stores the asset's hash, not its content."""

    token = "aws:s3/bucketObjectv2:BucketObjectv2"
    service = "s3"
    autoname = AutoName(property="key", random=False)
    tagging = ObjectTagging(
        service="s3", address="Key", by="id", create="", as_list=True, list_operation="GetObjectTagging"
    )
    create_operation = "PutObject"
    delete_operation = "DeleteObject"
    overrides = {
        "websiteRedirect": {"api": "WebsiteRedirectLocation"},
        "content": {"local": True},
        "contentBase64": {"local": True},
        "forceDestroy": {"local": True},
        "source": {
            "kind": Kind.BLOB,
            "local": True,
            "because": "pulumi-aws has an asset for Terraform's file name",
        },
        "sourceHash": {"local": True},
        "etag": {"output": True, "volatile": True, "because": "the provider only returns it"},
        "versionId": {"volatile": True},
    }

    def create(self, cloud: Cloud, inputs: State) -> str:
        self._put(cloud, inputs)
        return f"{inputs['bucket']}/{inputs['key']}"

    def read(self, cloud: Cloud, resource_id: str, state: State) -> State | None:
        where = self.address(resource_id, state)
        try:
            response = cloud.call("s3", "HeadObject", **where)
        except NotFound:
            return None
        found = super().outputs(cloud, resource_id, state, response)
        return {
            **found,
            "storageClass": response.get("StorageClass", "STANDARD"),
            "bucket": where["Bucket"],
            "key": where["Key"],
            "arn": cloud.arn("s3", f"{where['Bucket']}/{where['Key']}", region=False, account=False),
            "etag": response["ETag"].strip('"'),
            "versionId": response.get("VersionId", ""),
        }

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        if changed - {"forceDestroy"}:
            self._put(cloud, news)

    def address(self, resource_id: str, state: Any) -> dict[str, Any]:
        bucket, key = resource_id.split("/", 1)
        return {"Bucket": bucket, "Key": key}

    def locate(self, import_id: str) -> tuple[str, State]:
        plain = import_id.removeprefix("s3://")
        if "/" not in plain:
            raise AwsError("import", "", f"{import_id!r} is not of the form bucket/key")
        return plain, {}

    def _put(self, cloud: Cloud, inputs: State) -> None:
        cloud.call("s3", "PutObject", **self.create_request(inputs), Body=_body(inputs))


def _body(inputs: State) -> bytes:
    if inputs.get("source") is not None:
        return asset_bytes(inputs["source"])
    if inputs.get("contentBase64") is not None:
        return base64.b64decode(inputs["contentBase64"])
    return str(inputs.get("content") or "").encode()


RESOURCES: tuple[type[Resource], ...] = (BucketObjectv2,)
