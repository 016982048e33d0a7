"""Listens to a session with the client library on the path, and prints a line of JSON for each message.

It runs in a process of its own, so that listeners of the former release use its library.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from typing import Any

from websocket_sessions.client import Client


async def follow(config: Mapping[str, Any], session_id: str) -> None:
    """Print what arrives until the session ends, `joined` first."""
    async with Client(config).join(session_id, target_language="es") as listener:
        print("joined", flush=True)
        async for message in listener:
            print(json.dumps([message.offset, message.text]), flush=True)


if __name__ == "__main__":
    asyncio.run(follow(json.loads(sys.argv[1]), sys.argv[2]))
