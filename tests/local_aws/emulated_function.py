"""A function on the emulator."""

import io
import json
import zipfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pulumi_local_aws.aws import client
from pulumi_local_aws.ministack import MiniStack


@dataclass(frozen=True, kw_only=True)
class EmulatedFunction:
    """The ARNs of a function and of its role."""

    arn: str
    role_arn: str


@contextmanager
def emulated_function(
    emulator: MiniStack,
    name: str,
    *,
    archive: bytes,
    handler: str,
    variables: Mapping[str, str],
    trusted: Sequence[str] = ("lambda.amazonaws.com",),
) -> Generator[EmulatedFunction]:
    """Create a function with a role of its own name; yield it once it is active, and delete both."""
    iam, functions = client("iam", emulator.environment), client("lambda", emulator.environment)
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": list(trusted)}}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": [statement]}))
    role_arn = role["Role"]["Arn"]
    arn = functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role_arn,
        Handler=handler,
        Code={"ZipFile": archive},
        Environment={"Variables": dict(variables)},
    )["FunctionArn"]
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    yield EmulatedFunction(arn=arn, role_arn=role_arn)
    functions.delete_function(FunctionName=name)
    iam.delete_role(RoleName=name)


def archive_of(file: str, code: str) -> bytes:
    """Return an archive with one file."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr(file, code)
    return archive.getvalue()
