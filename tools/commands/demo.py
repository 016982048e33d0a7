"""`make demo`: a speaker and two listeners on the local stack, and a session that outlives a connection."""

import asyncio
import sys

from tools.commands.watch import load_outputs
from tools.dev_stack.console import run_command, say
from tools.dev_stack.demo_user import load_demo_user
from tools.dev_stack.paths import Layout
from tools.dev_stack.session_client import Message, SessionClient
from tools.dev_stack.sign_in import Config, sign_in

LANGUAGES = ("es", "fr")
"""What the two listeners ask for."""


def main() -> int:
    """Sign in and play the demo."""
    layout = Layout.default()
    config: Config = load_outputs(layout)["frontendConfig"]
    username, password = load_demo_user(layout.local)
    step("Sign in", f"{username} at Cognito {config['userPoolId']}")
    token = sign_in(config, username, password)
    asyncio.run(play(config["webSocketUrl"], token))
    say("\nThe session ended. See README.md for the pages and for what to do next.")
    return 0


async def play(url: str, token: str) -> None:
    """One session from its creation to its end."""
    step("Connect", f"{url} as the speaker")
    speaker = await SessionClient.open(url, token)
    created = await speaker.request("createSession", sourceLanguage="en", quality="standard")
    session = created["sessionId"]
    show(created, f"{session} (epoch {created['epoch']}, offset {created['offset']})")

    listeners = [await SessionClient.open(url) for _ in LANGUAGES]
    for listener, language in zip(listeners, LANGUAGES, strict=True):
        joined = await listener.request("joinSession", sessionId=session, targetLanguage=language)
        show(joined, f"a listener in {language}, from offset {joined['offset']}")

    await publish(speaker, listeners, "Good morning, everyone.")

    step("Disconnect", "the speaker's connection is lost, without a close frame")
    await speaker.cut()
    speaker = await SessionClient.open(url, token)
    resumed = await speaker.request(
        "resumeSession", sessionId=session, epoch=created["epoch"], offset=created["offset"]
    )
    show(resumed, f"{session} is still there, generation {resumed['generation']}")

    await publish(speaker, listeners, "As I was saying.")
    show(await speaker.request("endSession"), session)
    for listener, language in zip(listeners, LANGUAGES, strict=True):
        show(await listener.push("sessionEnded"), f"received by the listener in {language}")
    for client in (speaker, *listeners):
        await client.close()


async def publish(speaker: SessionClient, listeners: list[SessionClient], text: str) -> None:
    """Publish a text and show it arrive at every listener."""
    published = await speaker.request("publish", data=text)
    show(published, f"offset {published['offset']}")
    for listener, language in zip(listeners, LANGUAGES, strict=True):
        message = await listener.push("message", offset=published["offset"])
        show(message, f"the listener in {language} got {message['data']!r} at offset {message['offset']}")


def step(name: str, text: str) -> None:
    """Say what the demo does."""
    say(f"{name:>16}  {text}")


def show(message: Message, text: str) -> None:
    """Say what the server answered or pushed."""
    say(f"{message['type']:>16}  {text}")


if __name__ == "__main__":
    sys.exit(run_command("make demo", main))
