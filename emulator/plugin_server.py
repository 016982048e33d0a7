"""How the engine's plugins serve gRPC: a port on standard output, and an end with the engine."""

import os
import sys
from typing import Any

# State and archives can be large; the engine itself allows 400 MB a message.
MAX_MESSAGE_BYTES = 400 * 1024 * 1024
GRPC_OPTIONS = [
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
]
_PARENT_CHECK_SECONDS = 1.0


def serve(server: Any) -> None:
    """Listen on a free port of 127.0.0.1, print it, and serve until the engine (our parent) is gone."""
    parent = os.getppid()
    port: int = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while server.wait_for_termination(_PARENT_CHECK_SECONDS):
        if os.getppid() != parent:
            server.stop(grace=None)
