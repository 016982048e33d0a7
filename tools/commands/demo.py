"""`make demo`: a speaker and two listeners on the local stack, and a session that outlives a connection."""

import asyncio
import sys
from contextlib import AsyncExitStack

from pulumi_local_aws.console import run_command, say
from pulumi_local_aws.stack.bring_up import load_outputs
from tools.dev_stack.demo_user import load_demo_user
from tools.dev_stack.paths import DevLayout
from tools.dev_stack.sign_in import Config, sign_in
from websocket_sessions.client import Client, Listener, Speaker

LANGUAGES = ("es", "fr")
"""What the two listeners ask for."""


def main() -> int:
    """Sign in and play the demo."""
    layout = DevLayout.of()
    config: Config = load_outputs(layout)["frontendConfig"]
    username, password = load_demo_user(layout.local)
    step("Sign in", f"{username} at Cognito {config['userPoolId']}")
    token = sign_in(config, username, password)
    asyncio.run(play(config, token))
    say("\nThe session ended. See README.md for the pages and for what to do next.")
    return 0


async def play(config: Config, token: str) -> None:
    """Play one session from its creation to its end."""

    async def provider(force_refresh: bool) -> str:  # noqa: ARG001 - the demo is shorter than the token's life
        return token

    step("Connect", f"{config['webSocketUrl']} as the speaker")
    async with AsyncExitStack() as clients:
        speaker = await clients.enter_async_context(
            Client(config, token=provider).create(source_language="en")
        )
        session = speaker.session_id
        step("sessionCreated", f"{session} (generation {speaker.generation})")
        listeners = [
            await clients.enter_async_context(Client(config).join(session, target_language=language))
            for language in LANGUAGES
        ]
        for listener in listeners:
            offset = listener.position.offset if listener.position else 0
            step("sessionJoined", f"a listener in {listener.target_language}, from offset {offset}")
        await publish(speaker, listeners, "Good morning, everyone.")

        step("Disconnect", "the speaker's connection is lost, without a close frame")
        speaker.connection.abort_socket()
        # The client reconnects and resumes by itself; what is published meanwhile waits for that.
        await publish(speaker, listeners, "As I was saying.")
        step("sessionResumed", f"{session} is still there, generation {speaker.generation}")

        await speaker.end()
        step("sessionEnded", session)
        for listener in listeners:
            async for message in listener:
                show(listener, message.offset, message.text)
            step("sessionEnded", f"received by the listener in {listener.target_language}")


async def publish(speaker: Speaker, listeners: list[Listener], text: str) -> None:
    """Publish a text and show it arrive at every listener."""
    step("published", f"offset {await speaker.publish(text)}")
    for listener in listeners:
        message = await anext(listener)
        show(listener, message.offset, message.text)


def show(listener: Listener, offset: int, text: str) -> None:
    """Say what a listener received."""
    step("message", f"the listener in {listener.target_language} got {text!r} at offset {offset}")


def step(name: str, text: str) -> None:
    """Say what the demo does."""
    say(f"{name:>16}  {text}")


if __name__ == "__main__":
    sys.exit(run_command("make demo", main))
