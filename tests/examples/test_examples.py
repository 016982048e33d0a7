"""Each example deploys from a folder of its own with the built wheels, answers, and is destroyed."""

import asyncio
import hashlib
import json
import secrets
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.e2e.deployment import Deployment
from tests.examples.conftest import Deployed, Examples
from tools.dev_stack import clients
from websocket_sessions.client import Client, SessionError, TokenProvider

pytestmark = [pytest.mark.emulator, pytest.mark.engine]
WAIT_SECONDS = 60.0


def ask(client: ClientConnection, **message: str) -> dict[str, Any]:
    """Send a message and return what arrives next."""
    client.send(json.dumps(message))
    return receive(client)


def receive(client: ClientConnection) -> dict[str, Any]:
    return json.loads(client.recv(timeout=WAIT_SECONDS))


def invite(chat: Deployed, name: str) -> str:
    """Return the URL for an invited person."""
    token = secrets.token_urlsafe(16)
    item = {"tokenHash": {"S": hashlib.sha256(token.encode()).hexdigest()}, "name": {"S": name}}
    clients.dynamodb(chat.aws).put_item(TableName=chat.outputs["invitations"], Item=item)
    return f"{chat.outputs['url']}?token={token}"


def refusal(url: str) -> int:
    """Return the HTTP status with which a connection is refused."""
    with pytest.raises(InvalidStatus) as refused, connect(url):
        pass
    return refused.value.response.status_code


def converse(chat: Deployed) -> None:
    """Two invited people talk in a room; one leaves."""
    assert refusal(chat.outputs["url"]) == 401
    assert refusal(f"{chat.outputs['url']}?token=guessed") == 403
    with connect(invite(chat, "Ada")) as ada:
        with connect(invite(chat, "Grace")) as grace:
            assert "join it first" in ask(ada, action="say", room="garden", text="Anyone?")["error"]
            assert ask(ada, action="join", room="garden") == {"joined": "garden"}
            assert ask(grace, action="join", room="garden") == {"joined": "garden"}
            grace.send(json.dumps({"action": "say", "room": "garden", "text": "Good morning"}))
            said = {"room": "garden", "name": "Grace", "text": "Good morning"}
            assert receive(ada) == said
            assert sorted((receive(grace), receive(grace)), key=len) == [{"delivered": 2}, said]
        ada.send(json.dumps({"action": "say", "room": "garden", "text": "Goodbye"}))
        assert {"delivered": 1} in (receive(ada), receive(ada))


LANGUAGES = [pytest.param("", id="python"), "typescript", "yaml"]
"""The folders of an example's programs: Python's is the example's own."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_echo_sends_a_message_back(examples: Examples, language: str) -> None:
    with examples.deployed("echo", language) as echo, connect(echo.outputs["url"]) as client:
        client.send("hello")
        assert client.recv(timeout=WAIT_SECONDS) == "hello"


@pytest.mark.parametrize("language", LANGUAGES)
def test_chat_delivers_to_the_members_of_a_room(examples: Examples, language: str) -> None:
    with examples.deployed("chat", language) as chat:
        converse(chat)


def test_sessions_answer_a_listener(examples: Examples) -> None:
    async def join_unknown(config: dict[str, Any]) -> str:
        with pytest.raises(SessionError) as refused:
            async with Client(config).join("caring-king-275", target_language="es"):
                pass
        return refused.value.code

    with examples.deployed("sessions") as sessions:
        assert asyncio.run(join_unknown(sessions.outputs["frontendConfig"])) == "SESSION_NOT_FOUND"


def test_the_hook_changes_and_refuses_messages(examples: Examples) -> None:
    async def publish(deployment: Deployment) -> None:
        async with (
            asyncio.timeout(WAIT_SECONDS),
            Client(deployment.config, token=token_provider(deployment)).create(
                source_language="en"
            ) as speaker,
            Client(deployment.config).join(speaker.session_id, target_language="de") as german,
            Client(deployment.config).join(speaker.session_id, target_language="es") as spanish,
        ):
            assert await speaker.publish("good morning") == 1
            assert (await anext(german)).text == "GOOD MORNING"
            assert (await anext(spanish)).text == "good morning"
            with pytest.raises(SessionError, match="Mind your language"):
                await speaker.publish("damn")
            await speaker.end()

    with examples.deployed("hook") as sessions:
        deployment = Deployment(outputs=dict(sessions.outputs), aws=sessions.aws)
        allow_passwords(deployment)
        asyncio.run(publish(deployment))


def test_users_of_an_existing_pool_speak(examples: Examples) -> None:
    async def speak(deployment: Deployment) -> None:
        async with (
            asyncio.timeout(WAIT_SECONDS),
            Client(deployment.config, token=token_provider(deployment)).create(
                source_language="en"
            ) as speaker,
            Client(deployment.config).join(speaker.session_id, target_language="es") as listener,
        ):
            await speaker.publish("good morning")
            assert (await anext(listener)).text == "good morning"
            await speaker.end()

    cognito = clients.cognito(examples.aws)
    pool = cognito.create_user_pool(PoolName="existing", UsernameAttributes=["email"])["UserPool"].get(
        "Id", ""
    )
    client = (
        cognito.create_user_pool_client(
            UserPoolId=pool,
            ClientName="pages",
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        )["UserPoolClient"]
    ).get("ClientId", "")
    config = {"userPoolId": pool, "userPoolClientId": client}
    with examples.deployed("existing_pool", config=config) as sessions:
        deployment = Deployment(outputs=dict(sessions.outputs), aws=sessions.aws)
        assert (deployment.config["userPoolId"], deployment.config["userPoolClientId"]) == (pool, client)
        asyncio.run(speak(deployment))
    assert cognito.describe_user_pool(UserPoolId=pool)["UserPool"].get("Name") == "existing", (
        "destroy keeps it"
    )


def token_provider(deployment: Deployment) -> TokenProvider:
    """Sign a new user in, and return the provider of that user's token."""
    token = deployment.create_user().token

    async def provide(_force_refresh: bool) -> str:
        return token

    return provide


def allow_passwords(deployment: Deployment) -> None:
    """Let this test sign in by password, which the example's own clients cannot."""
    clients.cognito(deployment.aws).update_user_pool_client(
        UserPoolId=deployment.config["userPoolId"],
        ClientId=deployment.config["userPoolClientId"],
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )
