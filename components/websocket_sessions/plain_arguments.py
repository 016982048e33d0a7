"""Why an argument takes no Output: its value must be known while the program runs."""

from dataclasses import Field
from typing import Any, cast

DECIDES_RESOURCES = "it decides which resources there are"
"""The reason of every argument that names no other."""
CHECKED_AS_SETTING = "the settings of sessions are checked at preview"
CHECKED_AS_PERMISSION = "permissions are checked at preview"
CHECKED_AGAINST_ISSUER = "a route that requires a JWT is checked for an issuer at preview"
CHECKED_AGAINST_QUOTA = "reserved concurrency is checked against the account's quota at preview"
READ_BY_ESTIMATE = "the capacity estimate reads it at preview"
READ_AS_CODE = "the code at a path is read while the program runs"
READ_AS_FOLDER = "the files of the folder are read while the program runs"
REPLACES_BUILD = "without it, the archives are built while the program runs"
SELECTS_BUILD = "the archives are built for it while the program runs"
PROTECTS = "it protects resources, which Pulumi does while the program runs"
SELECTS_THROTTLED_ROUTES = "it decides which routes have a throttle; rate and burst may be Outputs"
ALLOWS_VPC = "it decides whether functions may enter a VPC; its subnets and security groups may be Outputs"

_KEY = "plain_because"


def plain_because(reason: str) -> dict[str, str]:
    """Return the metadata of a field that takes no Output, for a reason."""
    return {_KEY: reason}


def reason_for(kind: type[Any], item: Field[Any]) -> str:
    """Return why a field of a class takes no Output: the field's own reason, else the one of its class."""
    of_class = cast(str, getattr(kind, CLASS_REASON, DECIDES_RESOURCES))
    return item.metadata.get(_KEY, of_class)


CLASS_REASON = "__plain_because__"
"""The attribute of a class of arguments with the reason of its fields that name none."""
