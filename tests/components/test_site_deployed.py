"""The pages on the local AWS: deployed by the real engine, served by the distribution and by nothing else."""

import json
import urllib.request
from email.message import Message
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest

from pulumi_local_aws.engine import Engine
from pulumi_local_aws.ministack import MiniStack

pytestmark = [pytest.mark.emulator, pytest.mark.engine]
ROOT = Path(__file__).resolve().parents[2]
STACK = "test"
PROGRAM = f"""
import sys

sys.path.insert(0, {str(ROOT / "components")!r})

import pulumi

from websocket_sessions.static_site import StaticSite, StaticSiteArgs

site = StaticSite(
    "site",
    StaticSiteArgs(
        directory="pages",
        config={{"webSocketUrl": "wss://a.example.org/live", "supportedLanguages": ["cy", "en"]}},
        endpoints=["wss://a.example.org/live", "https://b.example.org/live"],
    ),
)
pulumi.export("url", site.url)
pulumi.export("bucket", site.bucket_name)
"""
PAGES = {
    "index.html": "<p>hello</p>",
    "404.html": "<p>unknown</p>",
    "assets/app-1a2b.js": "export {};\n",
}

META = (
    '<meta http-equiv="Content-Security-Policy" '
    """content="connect-src 'self' https://b.example.org wss://a.example.org" />"""
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("site")
    for name, text in {f"pages/{name}": text for name, text in PAGES.items()}.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text)
    (made / "Pulumi.yaml").write_text("name: site\nruntime: python\n")
    (made / "__main__.py").write_text(PROGRAM)
    return made


@pytest.fixture(scope="module")
def outputs(engine: Engine, folder: Path) -> dict[str, str]:
    engine.select(STACK, folder)
    engine.up(STACK, folder)
    return engine.outputs(STACK, folder)


def fetch(emulator: MiniStack, path: str, host: str | None) -> tuple[int, str, Message]:
    """GET from the emulator, which knows a distribution by its Host, and HTTPS by what a proxy would say."""
    headers = {"Host": host, "X-Forwarded-Proto": "https"} if host else {}
    request = urllib.request.Request(f"{emulator.endpoint_url}/{path}", headers=headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own emulator
            return answer.status, answer.read().decode(), answer.headers
    except HTTPError as error:
        with error:
            return error.code, error.read().decode(), error.headers


def test_the_distribution_serves_the_pages_and_their_config(
    outputs: dict[str, str], emulator: MiniStack
) -> None:
    host = urlsplit(outputs["url"]).netloc
    assert fetch(emulator, "", host)[:2] == (200, META + PAGES["index.html"])
    status, script, headers = fetch(emulator, "assets/app-1a2b.js", host)
    assert (status, script) == (200, PAGES["assets/app-1a2b.js"])
    assert headers["Content-Type"].startswith("text/javascript")
    status, config, headers = fetch(emulator, "config.json", host)
    assert status == 200
    assert json.loads(config) == {
        "webSocketUrl": "wss://a.example.org/live",
        "supportedLanguages": ["cy", "en"],
    }
    assert headers["Cache-Control"] == "no-cache"


def test_the_bucket_answers_nobody_else(outputs: dict[str, str], emulator: MiniStack) -> None:
    assert fetch(emulator, f"{outputs['bucket']}/index.html", None)[0] == 403


def test_a_refresh_finds_no_drift(outputs: dict[str, str], engine: Engine, folder: Path) -> None:
    assert outputs
    engine.refresh(STACK, folder, "--expect-no-changes")


def test_an_edited_page_is_published_and_nothing_else_changes(
    outputs: dict[str, str], engine: Engine, folder: Path, emulator: MiniStack
) -> None:
    (folder / "pages" / "index.html").write_text("<p>edited</p>")
    changed = {step["urn"].rpartition("::")[2] for step in engine.plan(STACK, folder) if step["op"] != "same"}
    assert changed == {"site-index.html"}
    engine.up(STACK, folder)
    assert fetch(emulator, "", urlsplit(outputs["url"]).netloc)[1] == f"{META}<p>edited</p>"


def test_a_new_build_keeps_the_assets_of_pages_that_are_open(
    outputs: dict[str, str], engine: Engine, folder: Path, emulator: MiniStack
) -> None:
    host = urlsplit(outputs["url"]).netloc
    (folder / "pages" / "assets" / "app-1a2b.js").unlink()
    (folder / "pages" / "assets" / "app-3c4d.js").write_text("export const build = 2;\n")
    engine.up(STACK, folder)
    assert fetch(emulator, "assets/app-3c4d.js", host)[1] == "export const build = 2;\n"
    assert fetch(emulator, "assets/app-1a2b.js", host)[:2] == (200, PAGES["assets/app-1a2b.js"])
    engine.refresh(STACK, folder, "--expect-no-changes")


def test_destroying_takes_the_files_with_it(outputs: dict[str, str], engine: Engine, folder: Path) -> None:
    assert outputs
    engine.destroy(STACK, folder)
    assert engine.outputs(STACK, folder) == {}
