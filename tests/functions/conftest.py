"""One local AWS with the tables for all tests of the functions that need one."""

import http.server
import threading
from collections.abc import Callable, Generator

import pytest

from adapters.dynamodb import client as dynamodb
from domain.digest import use_key
from domain.settings import Settings
from pulumi_local_aws.aws import client
from pulumi_local_aws.ministack import MiniStack
from pulumi_local_aws.processes import free_port
from tests.support.disturbances import DISTURBANCES, Disturbance
from tests.support.fake_management_api import ManagementApi, management_api
from tests.support.handler_driver import HandlerDriver, settings_json
from tests.support.keep_alive_driver import KeepAliveDriver
from tests.support.publish_driver import PublishDriver
from tests.support.reliability import Figures
from tests.support.session_driver import CLIENT, ISSUER, UNLIMITED, UseCaseDriver
from tests.support.signing_keys import POOL, key_set
from tests.support.sqs_queue import SqsQueue
from tests.support.tables import clear_tables, create_tables, names

NewDriver = Callable[..., UseCaseDriver]
Environment = Callable[[Settings], None]


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Generator[MiniStack]:
    """The tables, and the environment in which the adapters find them."""
    folder = tmp_path_factory.mktemp("ministack")
    keys = "AKIATESTTESTTESTTEST", "a-secret-for-tests"
    with (
        MiniStack.start(folder, free_port(), *keys, folder / "log") as ministack,
        pytest.MonkeyPatch.context() as environment,
    ):
        for name, value in (ministack.environment | names()).items():
            environment.setenv(name, value)
        dynamodb.client.cache_clear()
        create_tables(client("dynamodb", ministack.environment))
        yield ministack
        dynamodb.client.cache_clear()


@pytest.fixture(params=DISTURBANCES)
def disturbance(
    request: pytest.FixtureRequest, tables: MiniStack, figures: Figures
) -> Generator[Disturbance]:
    """What DynamoDB does while requests run at once, each in turn."""
    disturbance = Disturbance(endpoint_url=tables.endpoint_url, name=request.param)
    yield disturbance
    figures.tried(disturbance.injected.total())
    figures.failures(lost=0, doubled=0, stuck=0, leaked=0)


@pytest.fixture(scope="session")
def queue(tables: MiniStack) -> SqsQueue:
    """The fan-out queue, which nobody serves."""
    return SqsQueue()


@pytest.fixture(params=["memory", pytest.param("dynamodb", marks=pytest.mark.emulator)])
def new_driver(request: pytest.FixtureRequest) -> NewDriver:
    """Makes new_driver on each kind of store, so that the double is held to what DynamoDB does."""
    if request.param == "memory":
        return UseCaseDriver.in_memory
    request.getfixturevalue("tables")
    return UseCaseDriver.on_dynamodb


@pytest.fixture
def driver(new_driver: NewDriver) -> UseCaseDriver:
    """A driver without rate limits, on each kind of store."""
    return new_driver(UNLIMITED)


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """The environment of a stack that has an audience's channel."""
    host = "a6dpdwrvd5.appsync-api.us-east-1.amazonaws.com"
    monkeypatch.setenv("CHANNEL_PUBLISH_URL", f"https://{host}/event")
    monkeypatch.setenv("CHANNEL_SUBSCRIBE_URL", "wss://a6dpdwrvd5.appsync-realtime-api/event/realtime")
    use_key("key of a stack")
    yield
    use_key("")


@pytest.fixture
def publish_driver(tables: MiniStack, callbacks: ManagementApi) -> Generator[PublishDriver]:
    """A speaker and listeners on the tables, whose pushes go to the management API of the test."""
    driver = PublishDriver(callbacks)
    yield driver
    driver.close()


@pytest.fixture
def keep_alive_driver(tables: MiniStack) -> KeepAliveDriver:
    """Keep-alive runs on empty tables."""
    clear_tables()
    return KeepAliveDriver()


@pytest.fixture
def callbacks() -> Generator[ManagementApi]:
    """The management API that pushes go to; it answers 200 by default."""
    with management_api() as served:
        yield served


@pytest.fixture(scope="session")
def jwks_url() -> Generator[str]:
    """The pool's keys over HTTP."""

    class KeyServer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(key_set(POOL))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base's name
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), KeyServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/jwks.json"
    server.shutdown()
    server.server_close()


@pytest.fixture
def environment(
    queue: SqsQueue, callbacks: ManagementApi, jwks_url: str, monkeypatch: pytest.MonkeyPatch
) -> Environment:
    """The environment of a stack's functions; called with settings, it sets those."""
    monkeypatch.setenv("CALLBACK_URL", callbacks.url)
    monkeypatch.setenv("FAN_OUT_QUEUE_URL", queue.url)
    monkeypatch.setenv("TOKEN_ISSUER", ISSUER)
    monkeypatch.setenv("JWKS_URL", jwks_url)
    monkeypatch.setenv("TOKEN_AUDIENCE", CLIENT)
    monkeypatch.setenv("ISSUER_KIND", "cognito")
    monkeypatch.setenv("SERVICE_NAME", "test")

    def choose(settings: Settings) -> None:
        monkeypatch.setenv("SETTINGS", settings_json(settings))

    choose(UNLIMITED)
    return choose


@pytest.fixture
def stack(environment: Environment) -> HandlerDriver:
    """The handlers, in an environment without rate limits if the test does not choose another."""
    return HandlerDriver()
