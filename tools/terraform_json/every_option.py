"""Deploys this project's program with every option, by this project's provider on a MiniStack of its own."""

import json
from pathlib import Path

from pulumi_local_aws.engine import Engine
from pulumi_local_aws.ministack import ACCOUNT_ID, REGION, MiniStack
from pulumi_local_aws.processes import free_port
from tools.dev_stack.throwaway_stack import copy_sources
from tools.terraform_json.convert import Resource, aws_resources

STACK = "every-option"
KEYS = ("AKIATESTTESTTESTTEST", "a-secret-for-one-run")
OPTIONS = {
    "accessLogs": True,
    "alarmTopic": True,
    "allowedOrigins": ["https://example.org"],
    "createAccountRole": True,
    "deletionProtection": False,
    "detailedMetrics": True,
    "hookFunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:hook",
    "passwordSignIn": True,
    "recordHeartbeats": True,
    "selfSignUp": True,
    "site": True,
    "tracing": True,
}
"""All that add resources. Without the protection the stack can be deployed more than once."""


def start_ministack(folder: Path) -> MiniStack:
    """Start an empty MiniStack."""
    return MiniStack.start(folder, free_port(), *KEYS, folder / "log")


def deploy(folder: Path) -> tuple[list[Resource], Path]:
    """Return the deployed resources, and the program's folder, to which their files are relative."""
    tree = copy_sources(folder / "tree")
    pages = tree / "web" / "dist"
    pages.mkdir(parents=True)
    (pages / "index.html").write_text("<title>Pages</title>\n", encoding="ascii")
    config = {f"websocket-sessions:{name}": value for name, value in OPTIONS.items()}
    settings = {"config": {"aws:region": REGION, "aws:s3UsePathStyle": True, **config}}
    (tree / f"Pulumi.{STACK}.yaml").write_text(json.dumps(settings), encoding="ascii")
    with start_ministack(folder / "ministack") as ministack:
        engine = Engine.prepare(ministack.environment, state=folder / "state").with_environment(
            {
                "WEBSOCKET_SESSIONS_CHECKOUT": str(tree),
                "WEBSOCKET_SESSIONS_CACHE": str(tree / ".local" / "archives"),
            }
        )
        engine.select(STACK, tree)
        engine.up(STACK, tree)
        shown = engine.run(tree, "stack", "export", "--stack", STACK, "--show-secrets")
    return aws_resources(json.loads(shown.stdout)), tree
