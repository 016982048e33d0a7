"""List the package's functions; each file holds those of one AWS service or of one task."""

from pulumi_local_aws.provider.function import Function
from pulumi_local_aws.provider.functions import account, lookups, policy_document

_MODULES = (account, lookups, policy_document)

FUNCTIONS: tuple[Function, ...] = tuple(function for module in _MODULES for function in module.FUNCTIONS)
