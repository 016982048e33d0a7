"""Prices and quotas that the capacity estimate uses: one table, dated, with the page that states each.

Prices are US East (N. Virginia)'s first tier, in US dollars, without free tiers. AWS's own price pages fill
in their figures by script, so each figure was read in a page that repeats it for that Region: `seen` names it
and its date. Other Regions cost more, some by over a half. A change of a figure changes its date.
"""

from dataclasses import dataclass
from enum import Enum

REVISED = "2026-11-27"


@dataclass(frozen=True, kw_only=True)
class Price:
    """US dollars for `per` units."""

    usd: float
    per: float
    unit: str
    source: str
    seen: str
    """The page in which the figure was read, and its date."""


class Raised(Enum):
    """Who raises a quota."""

    BY_AWS = "by AWS, on request"
    BY_SETTING = "by the stack's setting of the same name"
    NEVER = "never"


@dataclass(frozen=True, kw_only=True)
class Quota:
    """What an account has in one Region, a partition anywhere, or a stack by its settings."""

    limit: float
    unit: str
    raised: Raised
    source: str
    service_quota: tuple[str, str] | None = None
    """Its service and code in Service Quotas; None if it is not an account's quota."""


MILLION = 1e6
API_GATEWAY = "https://aws.amazon.com/api-gateway/pricing/"
APPSYNC = "https://aws.amazon.com/appsync/pricing/"
DYNAMODB = "https://aws.amazon.com/dynamodb/pricing/on-demand/"
SQS = "https://aws.amazon.com/sqs/pricing/"
LAMBDA = "https://aws.amazon.com/lambda/pricing/"

PRICES = {
    "webSocketMessages": Price(
        usd=1.00,
        per=MILLION,
        unit="messages of 32 KB, both ways",
        source=API_GATEWAY,
        seen="awsforengineers.com, 2025-05-19",
    ),
    "connectionMinutes": Price(
        usd=0.25, per=MILLION, unit="connection minutes", source=API_GATEWAY, seen="amnic.com, undated"
    ),
    "channelOperations": Price(
        usd=1.00,
        per=MILLION,
        unit="connects, subscriptions, and messages of 5 KB, in and out, of AppSync Events",
        source=APPSYNC,
        seen="AWS's price list in huggingface.co/datasets/labofsahil/aws-pricing-dataset, 2024-09-01",
    ),
    "channelMinutes": Price(
        usd=0.08,
        per=MILLION,
        unit="connection minutes of AppSync Events",
        source=APPSYNC,
        seen="aws.amazon.com/appsync/pricing/, undated",
    ),
    "httpRequests": Price(
        usd=1.00,
        per=MILLION,
        unit="requests to the HTTP API",
        source=API_GATEWAY,
        seen="awsforengineers.com, 2025-05-19",
    ),
    "lambdaRequests": Price(
        usd=0.20, per=MILLION, unit="requests", source=LAMBDA, seen="cloudchipr.com, 2024"
    ),
    "lambdaDuration": Price(
        usd=0.0000133334, per=1, unit="GB-seconds, arm64", source=LAMBDA, seen="cloudchipr.com, 2024"
    ),
    "lambdaSnapshots": Price(
        usd=0.0000015046,
        per=1,
        unit="GB-seconds of cached snapshots, 3 hours at least for each version",
        source=LAMBDA,
        seen="awsnegotiations.com, 2026-05",
    ),
    "lambdaRestores": Price(
        usd=0.0001397998,
        per=1,
        unit="GB restored from snapshots",
        source=LAMBDA,
        seen="awsnegotiations.com, 2026-05",
    ),
    "dynamoDbWrites": Price(
        usd=0.625,
        per=MILLION,
        unit="write request units of 1 KB",
        source=DYNAMODB,
        seen="airbyte.com, 2025-07-21",
    ),
    "dynamoDbReads": Price(
        usd=0.125,
        per=MILLION,
        unit="read request units of 4 KB",
        source=DYNAMODB,
        seen="airbyte.com, 2025-07-21",
    ),
    "sqsRequests": Price(
        usd=0.40,
        per=MILLION,
        unit="requests",
        source=SQS,
        seen="cloudburn.io, 2026-03-14",
    ),
    "logs": Price(
        usd=0.50,
        per=1,
        unit="GB taken in",
        source="https://aws.amazon.com/cloudwatch/pricing/",
        seen="factualminds.com, 2026-06-13",
    ),
    "dataOut": Price(
        usd=0.09,
        per=1,
        unit="GB to the internet",
        source="https://aws.amazon.com/ec2/pricing/on-demand/",
        seen="awsforengineers.com, 2025-05-19",
    ),
    "detailedMetrics": Price(
        usd=0.30,
        per=1,
        unit="metrics a month",
        source="https://aws.amazon.com/cloudwatch/pricing/",
        seen="cloudchipr.com, 2024",
    ),
}

_GATEWAY_PAGE = "https://docs.aws.amazon.com/apigateway/latest/developerguide/"
_APPSYNC_PAGE = "https://docs.aws.amazon.com/general/latest/gr/appsync.html"
_PARTITION_PAGE = (
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"
)

QUOTAS = {
    "newConnectionsPerSecond": Quota(
        limit=500,
        unit="connections/s",
        raised=Raised.BY_AWS,
        source=f"{_GATEWAY_PAGE}apigateway-execution-service-websocket-limits-table.html",
        service_quota=("apigateway", "L-9ED1E49A"),
    ),
    "requestsPerSecond": Quota(
        limit=10_000,
        unit="requests and callbacks/s",
        raised=Raised.BY_AWS,
        source=f"{_GATEWAY_PAGE}limits.html",
        service_quota=("apigateway", "L-8A5B8E43"),
    ),
    "throttleRate": Quota(
        limit=5_000,
        unit="connects and messages from clients/s",
        raised=Raised.BY_SETTING,
        source=f"{_GATEWAY_PAGE}websocket-api-protect.html",
    ),
    "httpThrottleRate": Quota(
        limit=1_000,
        unit="requests/s to the HTTP API",
        raised=Raised.BY_SETTING,
        source=f"{_GATEWAY_PAGE}http-api-throttling.html",
    ),
    "lambdaConcurrency": Quota(
        limit=10,
        unit="functions at once in a new account, 1,000 usually",
        raised=Raised.BY_AWS,
        source="https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
        service_quota=("lambda", "L-B99A9384"),
    ),
    "fanOutConcurrency": Quota(
        limit=10,
        unit="fan-out functions at once",
        raised=Raised.BY_SETTING,
        source="https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html",
    ),
    "channelPublishesPerSecond": Quota(
        limit=10_000,
        unit="events/s to AppSync Events",
        raised=Raised.BY_AWS,
        source=_APPSYNC_PAGE,
    ),
    "channelDeliveriesPerSecond": Quota(
        limit=1_000_000,
        unit="deliveries of 5 KB/s by AppSync Events",
        raised=Raised.BY_AWS,
        source=_APPSYNC_PAGE,
    ),
    "channelConnectionsPerSecond": Quota(
        limit=2_000,
        unit="connections/s to AppSync Events",
        raised=Raised.BY_AWS,
        source=_APPSYNC_PAGE,
    ),
    "partitionWritesPerSecond": Quota(
        limit=1_000, unit="write units/s of one key", raised=Raised.NEVER, source=_PARTITION_PAGE
    ),
    "partitionReadsPerSecond": Quota(
        limit=3_000, unit="read units/s of one key", raised=Raised.NEVER, source=_PARTITION_PAGE
    ),
}

RESERVED_CONCURRENCY = Quota(
    limit=0,
    unit="invocations at once, reserved for this function",
    raised=Raised.BY_SETTING,
    source="https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html",
)
"""What a function with reserved concurrency may use at most; the setting has the limit."""
LOWER_REQUESTS_PER_SECOND = 2_500
LOWER_RATE_REGIONS = frozenset(
    {
        "af-south-1",
        "ap-south-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-7",
        "ca-west-1",
        "eu-central-2",
        "eu-south-1",
        "eu-south-2",
        "il-central-1",
        "me-central-1",
        "mx-central-1",
    }
)
"""Regions whose `requestsPerSecond` is the lower one: the page of API Gateway's quotas, as above."""


def default_limit(name: str, region: str | None) -> float:
    """Return the quota that an account has in the Region unless AWS has raised it."""
    lower = name == "requestsPerSecond" and region in LOWER_RATE_REGIONS
    return LOWER_REQUESTS_PER_SECOND if lower else QUOTAS[name].limit
