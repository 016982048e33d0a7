"""Reads the account's quotas for the estimate at preview, where the credentials allow it."""

import pulumi
import pulumi_aws as aws

from websocket_sessions.capacity.prices import QUOTAS


def read_quotas() -> dict[str, float]:
    """Return the quotas that Service Quotas has for the account and Region, by their names in the estimate.

    A quota that may not be read is missing, which the log says: the estimate then assumes the default.
    """
    found: dict[str, float] = {}
    for name, quota in QUOTAS.items():
        if quota.service_quota is None:
            continue
        service, code = quota.service_quota
        try:
            found[name] = aws.servicequotas.get_service_quota(service_code=service, quota_code=code).value
        except Exception as error:
            reason = str(error).rpartition("returned an error: ")[2]
            pulumi.log.info(f"{name} could not be read from the account; the default is assumed: {reason}")
    return found
