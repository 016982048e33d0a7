"""A processing hook (docs/hook.md): it refuses rude messages, and German listeners receive capitals.

A real hook would call a translation service for each of `languages`, in one request if possible: the speaker
waits for the hook.
"""

from typing import Any

REFUSED_WORDS = frozenset({"damn"})
"""The words for which a message is refused."""


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Return the hook's response: a refusal, the text for German listeners, or no change."""
    message = event["message"]
    if message["encoding"] != "utf8" or not message["contentType"].startswith("text/"):
        return {}
    words = {word.strip(".,;:!?").lower() for word in message["data"].split()}
    if words & REFUSED_WORDS:
        return {"refuse": "Mind your language."}
    if "de" not in event["languages"]:
        return {}
    return {"languages": {"de": {"data": message["data"].upper()}}}
