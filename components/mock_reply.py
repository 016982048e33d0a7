"""Replies that API Gateway gives by itself: no function runs, and none is paid for.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integrations.html
"""

from components.arguments import arguments


@arguments
class MockReply:
    """A MOCK integration's two mapping templates (Velocity)."""

    request_template: str
    """Gives `{"statusCode": 200, ...}`; what else it gives is the input of the response template."""
    response_template: str
    """Gives the reply."""


_REQUEST_ID = """#set($requestId = $input.path('$.requestId'))
#if($requestId && $requestId != '')
, "requestId": $input.json('$.requestId')
#end
"""

HEARTBEAT_ACK = MockReply(
    request_template=f'{{"statusCode": 200\n{_REQUEST_ID}}}',
    response_template=(
        '{"type": "heartbeatAck", "serverTime": $context.requestTimeEpoch, '
        f'"connectedAt": $context.connectedAt\n{_REQUEST_ID}}}'
    ),
)
"""The ack of a heartbeat: the server's time and when the connection began (epoch milliseconds).

The request template passes requestId on, because the response template's `$input` is not the client's
message. A requestId comes back as it was sent, since templates cannot check it.
"""
