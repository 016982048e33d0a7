"""Which error codes the Python client knows."""

from protocol.schema import load
from websocket_sessions.client.errors import PROTOCOL_CODES


def test_the_client_knows_every_error_code_of_the_protocol() -> None:
    assert {code.name for code in load().errors} == PROTOCOL_CODES
