"""Replies that API Gateway gives by itself: no function runs, and none is paid for.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integrations.html
"""

from pulumi import Input

from websocket_sessions.arguments import arguments


@arguments
class MockReply:
    """A MOCK integration's two mapping templates (Velocity)."""

    response_template: Input[str]
    """The reply, made from `$context` alone: nothing of the client's message reaches it."""
    request_template: Input[str] = '{"statusCode": 200}'
    """The status that selects the reply."""


HEARTBEAT_ACK = MockReply(
    response_template=(
        '{"type": "heartbeatAck", "serverTime": $context.requestTimeEpoch, '
        '"connectedAt": $context.connectedAt}'
    )
)
"""The ack of a heartbeat: the server's time, and when the connection began (epoch milliseconds). It has no
requestId, since a mock has no response for `$input` to read; PROTOCOL.md says so to clients."""
