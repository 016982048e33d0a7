"""Read where the code of a function or a layer is: an archive of the program, or an object in S3."""

from collections.abc import Iterator
from typing import Any

from pulumi_local_aws.provider.archives import zip_bytes
from pulumi_local_aws.provider.facts import Overrides
from pulumi_local_aws.provider.resource import State
from pulumi_local_aws.provider.schema import Kind

CODE_PROPERTIES = ("code", "s3Bucket", "s3Key", "s3ObjectVersion")
CODE_OVERRIDES: Overrides = {
    "code": {
        "kind": Kind.BLOB,
        "local": True,
        "because": "pulumi-aws has an archive for Terraform's file name",
    },
    "s3Bucket": {"local": True},
    "s3Key": {"local": True},
    "s3ObjectVersion": {"local": True},
}
"""Lambda takes these in a member of their own, and returns none of them."""


def code_refusals(inputs: State) -> Iterator[tuple[str, str]]:
    """Yield what pulumi-aws refuses: code in two places, in none, or an S3 object without its key."""
    bucket = inputs.get("s3Bucket") is not None
    if (inputs.get("code") is not None) is bucket:
        yield "code", "exactly one of `code`, `s3Bucket` is required"
    elif bucket and inputs.get("s3Key") is None:
        yield "s3Key", "`s3Bucket` requires `s3Key`"
    elif not bucket and (inputs.get("s3Key") is not None or inputs.get("s3ObjectVersion") is not None):
        yield "s3Bucket", "`s3Key` and `s3ObjectVersion` require `s3Bucket`"


def code_location(inputs: State) -> dict[str, Any]:
    """Return the code as Lambda's calls take it. Raises AwsError if a file of the program cannot be read."""
    if inputs.get("code") is not None:
        return {"ZipFile": zip_bytes(inputs["code"])}
    location = {"S3Bucket": inputs["s3Bucket"], "S3Key": inputs["s3Key"]}
    version = inputs.get("s3ObjectVersion")
    return {**location, "S3ObjectVersion": version} if version else location
