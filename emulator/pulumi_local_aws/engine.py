"""Runs the Pulumi engine against the local AWS: its environment, and its commands for tools and tests."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from pulumi_local_aws.engine_build import default_cli, ensure_cli, pinned_version
from pulumi_local_aws.errors import EngineError
from pulumi_local_aws.files import private_folder
from pulumi_local_aws.go_build import Report
from pulumi_local_aws.language_hosts import HOST_PREFIX, ensure_host
from pulumi_local_aws.launchers import TESTED_VERSION, link, write_launchers
from pulumi_local_aws.locks import drop_dead_locks
from pulumi_local_aws.ministack import lambda_environment

# Guards nothing: what is deployed on the emulator stays on this machine and ends with it.
LOCAL_PASSPHRASE = "local"  # noqa: S105
STATE_AT_THE_END = {"PULUMI_SKIP_CHECKPOINTS": "true"}
"""The variable by which the engine writes a stack's state once, at the end of an update.

Otherwise it writes all of it twice for each resource, which takes half of the processor time of a stack's
first update. This is for a first update and for the stacks of tests: what was deployed before a kill is
discarded with the emulator. Later updates write each step, so that the next one can continue.
"""
_TAIL_CHARACTERS = 4000


def engine_environment(
    aws: Mapping[str, str], *, state: Path, official_plugin: bool = False
) -> dict[str, str]:
    """What `pulumi` needs to run against the local stack, with nothing of the person's own Pulumi or AWS.

    `aws` names the endpoint, Region and key pair (`MiniStack.environment`). The state goes to `state`. The
    engine downloads no plugin, except with `official_plugin`: then the user's own plugins are used.
    """
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_"))
    }
    return {
        **lambda_environment(),
        **inherited,
        **aws,
        "PATH": os.pathsep.join([str(_bin(state)), inherited.get("PATH", os.defpath)]),
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": os.environ.get("PULUMI_CONFIG_PASSPHRASE", LOCAL_PASSPHRASE),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        **(_user_plugins() if official_plugin else _own_plugins(state)),
        **{name: os.environ[name] for name in ("EMULATOR_WEBSOCKET_URL",) if name in os.environ},
    }


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a `pulumi` command said."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Both streams."""
        return f"{self.stdout}\n{self.stderr}".strip()


@dataclass(frozen=True, kw_only=True)
class Engine:
    """The Pulumi CLI with its environment; each command is run in the project's folder `cwd`."""

    cli: Path
    state: Path
    environment: Mapping[str, str] = field(repr=False)

    @classmethod
    def prepare(
        cls,
        aws: Mapping[str, str],
        *,
        state: Path,
        versions: Iterable[str] = (TESTED_VERSION,),
        runtimes: Iterable[str] = (),
        official_plugin: bool = False,
        report: Report = print,
    ) -> Self:
        """Find or build the CLI and the runtimes' hosts, write the launchers, make the state's folder.

        Raises EngineUnavailable where there is no CLI or host and none can be built.
        """
        cli = ensure_cli(report)
        try:
            private_folder(state)
            built = cli == default_cli()
            hosts = [host for runtime in runtimes if (host := ensure_host(runtime, report))] if built else []
            write_launchers(
                home(state), hosts_of=pinned_version() if built else None, hosts=hosts, versions=versions
            )
            link(_bin(state) / "pulumi", cli)
            if official_plugin and built:
                # With the user's PULUMI_HOME the engine finds the hosts on PATH only.
                for host in (home(state) / "plugins").glob(f"language-*-v{pinned_version()}/{HOST_PREFIX}*"):
                    link(_bin(state) / host.name, host)
        except OSError as error:
            raise EngineError(f"Cannot write to {error.filename}: {error.strerror}.") from error
        return cls(
            cli=cli,
            state=state,
            environment=engine_environment(aws, state=state, official_plugin=official_plugin),
        )

    def with_environment(self, extra: Mapping[str, str]) -> "Engine":
        """The same engine with more variables."""
        return replace(self, environment={**self.environment, **extra})

    def run(
        self, cwd: Path, *arguments: str, check: bool = True, stream: bool = False, timeout: float = 900.0
    ) -> Result:
        """Run `pulumi ARGUMENTS` without prompts; with `stream`, show its output as it comes.

        A lock that a killed run left behind is dropped first. Raises EngineError with what the engine says
        went wrong where it fails and `check` is set.
        """
        drop_dead_locks(self.state)
        command = [str(self.cli), *arguments, "--non-interactive", "--color", _color(stream=stream)]
        process = subprocess.run(  # noqa: S603
            command,
            cwd=cwd,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=not stream,
            text=True,
            check=False,
            timeout=timeout,
        )
        result = Result(
            returncode=process.returncode, stdout=process.stdout or "", stderr=process.stderr or ""
        )
        if check and result.returncode:
            raise EngineError(explain(arguments[0], result))
        return result

    def select(self, stack: str, cwd: Path) -> Result:
        """Select the stack, made first if it is not there."""
        return self.run(cwd, "stack", "select", stack, "--create")

    def preview(self, stack: str, cwd: Path, *extra: str, **options: Any) -> Result:
        """`pulumi preview`."""
        return self.run(cwd, "preview", "--stack", stack, *extra, **options)

    def up(self, stack: str, cwd: Path, *extra: str, **options: Any) -> Result:
        """`pulumi up`, without a preview before it."""
        return self.run(cwd, "up", "--yes", "--skip-preview", "--stack", stack, *extra, **options)

    def refresh(self, stack: str, cwd: Path, *extra: str, **options: Any) -> Result:
        """`pulumi refresh`."""
        return self.run(cwd, "refresh", "--yes", "--skip-preview", "--stack", stack, *extra, **options)

    def destroy(self, stack: str, cwd: Path, *extra: str, **options: Any) -> Result:
        """`pulumi destroy`."""
        return self.run(cwd, "destroy", "--yes", "--skip-preview", "--stack", stack, *extra, **options)

    def outputs(self, stack: str, cwd: Path, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's outputs."""
        secrets = ("--show-secrets",) if show_secrets else ()
        return json.loads(self.run(cwd, "stack", "output", "--json", "--stack", stack, *secrets).stdout)

    def export(self, stack: str, cwd: Path) -> dict[str, Any]:
        """The stack's state as stored, secrets encrypted."""
        return json.loads(self.run(cwd, "stack", "export", "--stack", stack).stdout)

    def plan(self, stack: str, cwd: Path, *extra: str) -> list[dict[str, Any]]:
        """What `pulumi preview` would do: its steps, each with `op`, `urn`, `replaceReasons` and so on."""
        return json.loads(self.preview(stack, cwd, "--json", *extra).stdout).get("steps", [])


def explain(command: str, result: Result) -> str:
    """One text for a person: a known cause by name, else what the engine says went wrong."""
    text = result.output
    if "currently locked by" in text:
        return "Another `pulumi` run holds this stack: wait until it ends, then run again."
    said = _diagnostics(text) or _changes(text) or text[-_TAIL_CHARACTERS:] or "see above"
    return f"`pulumi {command}` failed with exit status {result.returncode}:\n{said}"


def _diagnostics(text: str) -> str:
    """The engine's own list of errors, without the progress before it and the outputs after it."""
    _, mark, rest = text.partition("\nDiagnostics:\n")
    return re.split(r"\n(?:Outputs|Resources):\n", rest)[0].strip("\n") if mark else ""


def _changes(text: str) -> str:
    """The error, and the changes that were found where none were expected."""
    lines = [line for line in text.splitlines() if "[diff:" in line or line.startswith("error:")]
    return "\n".join(lines)


def home(state: Path) -> Path:
    """PULUMI_HOME: beside the state, so that nothing of the user's own is read or changed."""
    return state.parent / "pulumi-home"


def _bin(state: Path) -> Path:
    """The folder of a link to the CLI, first on PATH."""
    return state.parent / "bin"


def _own_plugins(state: Path) -> dict[str, str]:
    return {
        "PULUMI_HOME": str(home(state)),
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
    }


def _user_plugins() -> dict[str, str]:
    return {"PULUMI_HOME": os.environ["PULUMI_HOME"]} if "PULUMI_HOME" in os.environ else {}


def _color(*, stream: bool) -> str:
    return "always" if stream and sys.stdout.isatty() else "never"
