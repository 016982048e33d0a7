"""Builds the web pages and serves them with the local stack's config."""

import json
import os
from pathlib import Path

from pulumi_local_aws.console import run_logged
from pulumi_local_aws.files import write_secret
from pulumi_local_aws.stack.background import Record, answers, require_free_port, start
from pulumi_local_aws.stack.program_stack import Outputs
from tools.dev_stack.dev_stack import PAGES
from tools.dev_stack.paths import ROOT, WEB_PORT, DevLayout
from tools.dev_stack.stamped_step import Step

WEB = ROOT / "web"
NOT_SOURCES = {
    "node_modules",
    "dist",
    "coverage",
    "testSupport",
    "stackTests",
    "packageTests",
    "browserTests",
}


def serve(layout: DevLayout, outputs: Outputs) -> str:
    """Build the pages where their sources changed, make sure that they are served, and return where."""
    _build(layout).run_if_pending(layout.shared / "stamps")
    config = layout.local / "frontend-config.json"
    write_secret(config, json.dumps(outputs["frontendConfig"], indent=2) + "\n")
    address = f"http://127.0.0.1:{layout.web_port}/"
    record = Record.load(layout.run, PAGES)
    if record and record.port == layout.web_port and answers(address):
        return address
    if record:
        record.stop(layout.run)
    require_free_port(layout.web_port, WEB_PORT.purpose, WEB_PORT.variable)
    start(
        PAGES,
        ["node", WEB / "pages" / "tools" / "serve.mjs", "--port", str(layout.web_port), "--config", config],
        run=layout.run,
        log=layout.logs / "pages.log",
        cwd=WEB,
        env=os.environ,
        port=layout.web_port,
        ready=lambda: answers(address),
    )
    return address


def _build(layout: DevLayout) -> Step:
    def build() -> None:
        run_logged(["npm", "run", "build"], log=layout.logs / "pages-build.log", cwd=WEB)

    return Step(
        name="pages",
        label="Building the pages",
        inputs=tuple(_sources()),
        outputs=(WEB / "dist" / "index.html",),
        run=build,
    )


def _sources() -> list[Path]:
    files: list[Path] = []
    for folder, folders, names in os.walk(WEB):
        folders[:] = [name for name in folders if name not in NOT_SOURCES]
        files += (Path(folder, name) for name in names)
    return sorted(files)
