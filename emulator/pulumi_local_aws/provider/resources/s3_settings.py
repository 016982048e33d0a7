"""Define the settings of an S3 bucket that are resources of their own; the bucket's name is their id."""

from typing import Any, ClassVar

from pulumi_local_aws.provider.cloud import Cloud
from pulumi_local_aws.provider.convert import from_api, to_api
from pulumi_local_aws.provider.resource import Resource, State


class BucketSetting(Resource):
    """A setting that one call replaces; `member` is its parameter, `result` the response's member."""

    service = "s3"
    keys = {"Bucket": "id"}
    member: ClassVar[str] = ""
    result: ClassVar[str] = ""

    def create_request(self, inputs: State) -> dict[str, Any]:
        settings = {name: prop for name, prop in self.inputs_table.items() if name != "bucket"}
        request = to_api(settings, inputs)
        return {"Bucket": inputs["bucket"], **({self.member: request} if self.member else request)}

    def create(self, cloud: Cloud, inputs: State) -> str:
        cloud.call("s3", self.create_operation, **self.create_request(inputs))
        return inputs["bucket"]

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        response = answer[self.result] if self.result else answer
        return {**from_api(self.table, response), "bucket": resource_id}

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        cloud.call("s3", self.create_operation, **self.create_request(news))


class BucketPolicy(BucketSetting):
    """A bucket's policy."""

    token = "aws:s3/bucketPolicy:BucketPolicy"
    create_operation = "PutBucketPolicy"
    read_operation = "GetBucketPolicy"
    delete_operation = "DeleteBucketPolicy"


class BucketPublicAccessBlock(BucketSetting):
    """A bucket's public access block."""

    token = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    create_operation = "PutPublicAccessBlock"
    read_operation = "GetPublicAccessBlock"
    delete_operation = "DeletePublicAccessBlock"
    member = "PublicAccessBlockConfiguration"
    result = "PublicAccessBlockConfiguration"
    overrides = {
        "skipDestroy": {"local": True},
    }

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        if not state.get("skipDestroy"):
            super().delete(cloud, resource_id, state)


class BucketOwnershipControls(BucketSetting):
    """A bucket's object ownership."""

    token = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
    create_operation = "PutBucketOwnershipControls"
    read_operation = "GetBucketOwnershipControls"
    delete_operation = "DeleteBucketOwnershipControls"

    def create_request(self, inputs: State) -> dict[str, Any]:
        request = super().create_request(inputs)
        return {"Bucket": request["Bucket"], "OwnershipControls": {"Rules": [request["Rule"]]}}

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        response = {"Rule": answer["OwnershipControls"]["Rules"][0]}
        return super().outputs(cloud, resource_id, state, response)


class BucketServerSideEncryptionConfiguration(BucketSetting):
    """A bucket's encryption; deleting it resets the bucket to S3's own keys."""

    token = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    create_operation = "PutBucketEncryption"
    read_operation = "GetBucketEncryption"
    delete_operation = "DeleteBucketEncryption"
    member = "ServerSideEncryptionConfiguration"
    result = "ServerSideEncryptionConfiguration"
    overrides = {
        "rules.applyServerSideEncryptionByDefault.kmsMasterKeyId": {"api": "KMSMasterKeyID"},
        "rules.applyServerSideEncryptionByDefault.sseAlgorithm": {"api": "SSEAlgorithm"},
    }


class BucketVersioning(BucketSetting):
    """A bucket's versioning; deleting it suspends versioning, which cannot be switched off."""

    token = "aws:s3/bucketVersioning:BucketVersioning"
    create_operation = "PutBucketVersioning"
    read_operation = "GetBucketVersioning"
    member = "VersioningConfiguration"

    def create_request(self, inputs: State) -> dict[str, Any]:
        request = super().create_request(inputs)
        return {**request, self.member: request[self.member]["VersioningConfiguration"]}

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        response = {"VersioningConfiguration": {"Status": answer.get("Status", "Disabled")}}
        return super().outputs(cloud, resource_id, state, response)

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        suspended = {"Status": "Suspended"}
        cloud.call("s3", "PutBucketVersioning", Bucket=resource_id, VersioningConfiguration=suspended)


RESOURCES: tuple[type[Resource], ...] = (
    BucketOwnershipControls,
    BucketPolicy,
    BucketPublicAccessBlock,
    BucketServerSideEncryptionConfiguration,
    BucketVersioning,
)
