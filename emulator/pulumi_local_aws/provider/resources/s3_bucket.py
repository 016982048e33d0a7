"""Define S3's buckets."""

from collections.abc import Mapping
from typing import Any

from pulumi_local_aws.provider.cloud import Cloud, NotFound
from pulumi_local_aws.provider.resource import AutoName, Resource, State
from pulumi_local_aws.provider.tagging import Tagging

# CreateBucket takes no location in this Region and requires it in any other.
_NO_LOCATION = "us-east-1"
_DELETE_AT_ONCE = 1000


class BucketTagging(Tagging):
    """A bucket's tagging: S3 sets all tags at once, and returns NoSuchTagSet if there are none."""

    def read(self, cloud: Cloud, resource_id: str, outputs: Mapping[str, Any]) -> dict[str, str]:
        try:
            return self.plain(cloud.call("s3", "GetBucketTagging", Bucket=resource_id)["TagSet"])
        except NotFound:
            return {}

    def apply(
        self, cloud: Cloud, resource_id: str, outputs: Mapping[str, Any], wanted: Mapping[str, str]
    ) -> None:
        if dict(wanted) == outputs.get("tagsAll", {}):
            return
        if wanted:
            tags = {"TagSet": self.shape(wanted)}
            cloud.call("s3", "PutBucketTagging", Bucket=resource_id, Tagging=tags)
        else:
            cloud.call("s3", "DeleteBucketTagging", Bucket=resource_id)


class Bucket(Resource):
    """A bucket. Its policy, encryption and other settings are resources of their own."""

    token = "aws:s3/bucket:Bucket"
    service = "s3"
    autoname = AutoName(property="bucket", lower=True)
    tagging = BucketTagging(
        service="s3", address="Bucket", by="id", create="", as_list=True, list_operation="GetBucketTagging"
    )
    keys = {"Bucket": "id"}
    create_operation = "CreateBucket"
    delete_operation = "DeleteBucket"
    overrides = {
        "forceDestroy": {"local": True},
        "objectLockEnabled": {"api": "ObjectLockEnabledForBucket"},
    }

    def create(self, cloud: Cloud, inputs: State) -> str:
        request = self.create_request(inputs)
        if cloud.region != _NO_LOCATION:
            request["CreateBucketConfiguration"] = {"LocationConstraint": cloud.region}
        cloud.call("s3", "CreateBucket", **request)
        return inputs["bucket"]

    def read(self, cloud: Cloud, resource_id: str, state: State) -> State | None:
        try:
            cloud.call("s3", "HeadBucket", Bucket=resource_id)
        except NotFound:
            return None
        return {
            "bucket": resource_id,
            "arn": cloud.arn("s3", resource_id, region=False, account=False),
            "bucketDomainName": f"{resource_id}.s3.amazonaws.com",
            "bucketRegion": cloud.region,
            "bucketRegionalDomainName": f"{resource_id}.s3.{cloud.region}.amazonaws.com",
            # S3's hosted zone in us-east-1; nothing local resolves it.
            "hostedZoneId": "Z3AQBSTGFYJSTF",
            "objectLockEnabled": _locks_objects(cloud, resource_id),
        }

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        """Change nothing: only tags change in place."""

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        if state.get("forceDestroy"):
            _empty(cloud, resource_id)
        super().delete(cloud, resource_id, state)


def _locks_objects(cloud: Cloud, bucket: str) -> bool:
    try:
        found = cloud.call("s3", "GetObjectLockConfiguration", Bucket=bucket)
    except NotFound:
        return False
    return found["ObjectLockConfiguration"]["ObjectLockEnabled"] == "Enabled"


def _empty(cloud: Cloud, bucket: str) -> None:
    versions = cloud.pages("s3", "ListObjectVersions", "Versions", Bucket=bucket)
    markers = cloud.pages("s3", "ListObjectVersions", "DeleteMarkers", Bucket=bucket)
    objects = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in [*versions, *markers]]
    for start in range(0, len(objects), _DELETE_AT_ONCE):
        batch = {"Objects": objects[start : start + _DELETE_AT_ONCE], "Quiet": True}
        cloud.call("s3", "DeleteObjects", Bucket=bucket, Delete=batch)


RESOURCES: tuple[type[Resource], ...] = (Bucket,)
