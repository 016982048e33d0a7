"""Define a function of the package (a data source in Terraform's words): its arguments and its result."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_local_aws.provider.check import CheckResult, check_fields
from pulumi_local_aws.provider.cloud import AwsError, Cloud, NotFound
from pulumi_local_aws.provider.schema import Table, text

Values = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function: its token, the arguments that it takes, and the call that returns its result.

    `regional`: it has the argument `region`, which must be the provider's Region. `secrets`: the results
    that are secret.
    """

    token: str
    arguments: Table
    call: Callable[[Cloud, Values], Values]
    regional: bool = True
    secrets: tuple[str, ...] = ()

    @property
    def table(self) -> Table:
        """All arguments."""
        return {**self.arguments, "region": text()} if self.regional else self.arguments

    def invoke(self, cloud: Cloud, given: Mapping[str, Any]) -> Values:
        """Return the result, the arguments included. Raises AwsError if an argument is refused."""
        checked = CheckResult()
        known = {name: value for name, value in given.items() if value is not None}
        arguments = check_fields(self.table, known, "", checked, self.token)
        if checked.failures:
            name, reason = checked.failures[0]
            raise AwsError(self.token, "", f"{name}: {reason}")
        if arguments.get("region") not in (None, cloud.region):
            raise AwsError(self.token, "", f"region: {arguments['region']!r} is not {cloud.region!r}")
        region = {"region": cloud.region} if self.regional else {}
        return {**arguments, **region, **self.call(cloud, arguments)}


def single(found: list[Any], token: str, wanted: str) -> Any:
    """Return the only entry. Raises NotFound without one, and AwsError if there are several."""
    if not found:
        raise NotFound(token, "", f"{wanted} does not exist")
    if len(found) > 1:
        raise AwsError(token, "", f"{len(found)} resources match {wanted}; one must")
    return found[0]
