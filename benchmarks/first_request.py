"""The first request of each handler after a cold start, and a TLS server in the place of AWS.

Each request reaches the handler's first call to AWS, if it makes any. The server replies that nothing exists,
or that a write succeeded.
"""

import json
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import botocore

from benchmarks.certificate import make_certificate, server_context
from fan_out.tasks import FanOutTask, to_json
from tests.support import events
from tests.support.aws_server import Reply, aws_server
from tests.support.handler_driver import HANDLER_OF_ACTION, HANDLER_OF_METHOD
from tests.support.session_driver import CLIENT, ISSUER
from tests.support.signing_keys import POOL, claims, key_set

SESSION_ID = "caring-king-275"
USER = "user"
FIELDS: Mapping[str, Mapping[str, object]] = {
    "createSession": {"sourceLanguage": "en", "quality": "standard"},
    "joinSession": {"sessionId": SESSION_ID, "targetLanguage": "es"},
    "resumeSession": {"sessionId": SESSION_ID},
    "updateSession": {"status": "paused"},
    "publish": {"data": "hello"},
    "refreshToken": {"token": POOL.sign(claims(int(time.time())))},
}
BODIES = {"POST": FIELDS["createSession"], "PATCH": FIELDS["updateSession"]}
NOTHING: dict[str, Any] = {
    "Responses": {},
    "Items": [],
    "Count": 0,
    "Attributes": {"used": {"N": "1"}},
    **json.loads(key_set(POOL)),
}
"""A result of any operation, and the pool's keys."""


def first_requests() -> dict[str, dict[str, Any]]:
    """Return an event by handler."""
    token = POOL.sign(claims(int(time.time())))
    task = to_json(FanOutTask(session_id=SESSION_ID, shard=0, epoch="e", offset=1))
    record = {"messageId": "1", "receiptHandle": "r", "body": task}
    slot = {"NewImage": {"sessionId": {"S": SESSION_ID}}, "SequenceNumber": "1"}
    return {
        "authorize": events.handshake({"Authorization": f"Bearer {token}"}),
        "connect": events.connect("connection", USER, int(time.time()) + 3600),
        "disconnect": events.disconnect("connection"),
        "fan_out": {"Records": [{**record, "attributes": {"ApproximateReceiveCount": "1"}}]},
        "heartbeat": events.message("connection", USER, '{"action":"heartbeat"}'),
        "keep_alive": {"continue": [["connections", 0, 0]], "depth": 1},
        "presence": {"Records": [{"dynamodb": slot}]},
        "unknown_action": events.message("connection", USER, '{"action":"unknown"}'),
        **{
            handler: events.message(
                "connection", USER, json.dumps({"action": action, **FIELDS.get(action, {})})
            )
            for action, handler in HANDLER_OF_ACTION.items()
        },
        **{
            handler: events.http(
                method,
                session_id=SESSION_ID,
                subject=USER,
                body=json.dumps(BODIES[method]) if method in BODIES else None,
            )
            for method, handler in HANDLER_OF_METHOD.items()
        },
    }


@contextmanager
def aws_in_place(folder: Path) -> Generator[dict[str, str]]:
    """Serve while the block runs; gives the variables by which functions and boto3 find the server.

    The roots to trust are as many as a function has, since loading them is a part of the first request.
    """
    certificate = make_certificate(folder)
    roots = folder / "roots.pem"
    roots.write_bytes(Path(botocore.__file__).with_name("cacert.pem").read_bytes() + certificate.read_bytes())
    with aws_server(server_context(certificate)) as server:
        server.replies = [Reply(document=NOTHING)]
        yield {
            "AWS_ENDPOINT_URL": server.url,
            "AWS_CA_BUNDLE": str(roots),
            "SSL_CERT_FILE": str(roots),
            "CALLBACK_URL": f"{server.url}/prod",
            "FAN_OUT_QUEUE_URL": f"{server.url}/queue",
            "JWKS_URL": f"{server.url}/jwks.json",
            "TOKEN_ISSUER": ISSUER,
            "TOKEN_AUDIENCE": CLIENT,
        }
