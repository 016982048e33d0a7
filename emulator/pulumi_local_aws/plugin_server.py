"""How the engine's plugins serve gRPC: a port on standard output, and an end with the engine."""

import os
import signal
import sys
import threading
from typing import Any

# State and archives can be large; the engine itself allows 400 MB a message.
MAX_MESSAGE_BYTES = 400 * 1024 * 1024
GRPC_OPTIONS = [
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
]
_PARENT_CHECK_SECONDS = 1.0


def serve(server: Any) -> None:
    """Listen on a free port of 127.0.0.1, print it, and serve until the engine stops or stops this process.

    The engine ends a plugin by SIGINT; a plugin has a process group of its own, so no Ctrl-C comes here.
    """
    parent = os.getppid()
    ending = threading.Event()

    def end(_number: int, _frame: object) -> None:
        ending.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    port: int = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while not ending.wait(_PARENT_CHECK_SECONDS):
        if os.getppid() != parent:
            break
    server.stop(grace=None).wait()
