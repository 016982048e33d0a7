"""An example of a processing hook (docs/hook.md): a moderator that refuses, and a "translator" to capitals.

Deploy it as a Lambda function of its own (handler `hook_uppercase.handler`; it needs no permission and no
library), and name its ARN in the setting `hookFunctionArn`. A real one would call a translation service for
each of `languages`, in one request if it can: the speaker waits for it.
"""

from typing import Any

REFUSED_WORDS = frozenset({"damn"})
"""What this moderator lets nobody say."""


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Refuse what has a refused word in it; else give German listeners capitals, everyone the original."""
    message = event["message"]
    if message["encoding"] != "utf8" or not message["contentType"].startswith("text/"):
        return {}
    words = {word.strip(".,;:!?").lower() for word in message["data"].split()}
    if words & REFUSED_WORDS:
        return {"refuse": "Mind your language."}
    if "de" not in event["languages"]:
        return {}
    return {"languages": {"de": {"data": message["data"].upper()}}}
