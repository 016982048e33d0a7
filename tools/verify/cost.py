"""What a verification costs in an account, announced before it begins."""

from tools.verify.verification import Sizes
from websocket_sessions.capacity.estimate import estimate
from websocket_sessions.capacity.load import Load

HOURS_A_MONTH = 730
ALARMS, ALARM_USD = 70, 0.10
"""A month, by the hour (https://aws.amazon.com/cloudwatch/pricing/)."""
METRICS, METRIC_USD = 40, 0.30
"""The functions' own metrics, a month each, by the hour of use (the same page)."""
TESTS_USD = 0.01
"""What `make test-live` costs."""
USERS, USER_USD = 60, 0.015
"""Users that sign in, for an account whose free users of the month are used up
(https://aws.amazon.com/cognito/pricing/, Essentials)."""


def announcement(sizes: Sizes) -> str:
    """Return the cost in a few lines, at the prices of us-east-1 without free tiers."""
    talk = estimate(
        Load(
            sessions=1,
            listeners=sizes.listeners,
            messages_per_second=max(1, sizes.messages) / 60,
            minutes=1,
            session_minutes=1,
            reconnects_per_hour=0,
        )
    ).total
    joins = estimate(
        Load(
            sessions=1,
            listeners=sum(sizes.bursts),
            messages_per_second=0,
            minutes=1,
            session_minutes=1,
            reconnects_per_hour=0,
        )
    ).total
    fixed = (ALARMS * ALARM_USD + METRICS * METRIC_USD) / HOURS_A_MONTH
    use, users = talk + joins + TESTS_USD, USERS * USER_USD
    return (
        "It deploys a stack for about an hour, and costs at most about "
        f"{use + fixed + users:.2f} USD at the prices of us-east-1 without free tiers:\n"
        f"  {use:.2f}  messages, invocations, tables\n"
        f"  {fixed:.2f}  alarms and metrics, by the hour\n"
        f"  {users:.2f}  users of Cognito; nothing below 10,000 users of the account in this month"
    )
