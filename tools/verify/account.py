"""The account: who calls, and the quotas that it has."""

from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, ClientError

from tools.verify.observations import Expectation, Observation
from tools.verify.verification import Verification
from websocket_sessions.capacity.prices import QUOTAS, default_limit

CREDENTIALS = Expectation(
    subject="credentials",
    expected="AWS answers to GetCallerIdentity",
    source="https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html",
    consequence="Set AWS credentials, for example AWS_PROFILE. Nothing else can be verified without them.",
)


def credentials(run: Verification) -> Iterator[Observation]:
    """Ask AWS who calls, and record the account and the Region."""
    identity = run.client("sts").get_caller_identity()
    place = f"account {identity['Account']}, Region {run.stack.region}"
    run.report.place = f"a local AWS ({run.aws['AWS_ENDPOINT_URL']})" if run.on_emulator else place
    yield CREDENTIALS.seen(f"{identity['Arn']}, {place}", holds=True)


def quotas(run: Verification) -> Iterator[Observation]:
    """Compare each quota of the account with the one that the capacity estimate assumes."""
    for name, quota in QUOTAS.items():
        if quota.service_quota is None:
            continue
        assumed = default_limit(name, run.stack.region)
        expectation = Expectation(
            subject=name,
            expected=f"at least {assumed:,.0f} {quota.unit}, which the capacity estimate assumes",
            source=quota.source,
            consequence=f"Request a higher quota from AWS, or declare yours in raisedQuotas.{name}.",
        )
        if run.on_emulator:
            yield expectation.unseen("a local AWS has no quotas of an account")
            continue
        try:
            found = read(run, *quota.service_quota)
        except (BotoCoreError, ClientError) as error:
            yield expectation.unseen(f"the default, {assumed:,.0f}, is assumed, because of: {error}")
            continue
        yield expectation.seen(f"{found:,.0f}, read from the account", holds=found >= assumed)


def read(run: Verification, service: str, code: str) -> float:
    """Return a quota as the account has it. Raises botocore's errors if it may not be read.

    Lambda's own settings are the most exact source of its concurrency: Service Quotas can lag behind.
    """
    if service == "lambda":
        limits = run.client("lambda").get_account_settings()["AccountLimit"]
        return float(limits["UnreservedConcurrentExecutions"])
    found = run.client("service-quotas").get_service_quota(ServiceCode=service, QuotaCode=code)
    return float(found["Quota"]["Value"])
