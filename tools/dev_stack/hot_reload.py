"""Puts changed handlers into the functions of the local stack, without the Pulumi engine."""

from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from pulumi_local_aws.stack.layout import Layout
from tools.dev_stack.archive_importer import Importer
from websocket_sessions.archives import ArchiveError, Target, build, source_files

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient
    from types_boto3_lambda.type_defs import WaiterConfigTypeDef

Built = TypeVar("Built")

POLLING: "WaiterConfigTypeDef" = {"Delay": 1, "MaxAttempts": 60}


@dataclass(kw_only=True)
class Deployed:
    """One function as it runs now; `digest` is Lambda's CodeSha256, `sources` what its archive is made of."""

    name: str
    module: str
    environment: dict[str, str]
    digest: str
    has_snap_start: bool = False
    sources: frozenset[Path] = frozenset()

    @property
    def handler(self) -> str:
        """The handler's file name without its ending, which is the archive's name."""
        return self.module.rpartition(".")[2]


@dataclass(frozen=True, kw_only=True)
class Change:
    """What became of one changed archive: `error` says why the old code stays."""

    handler: str
    error: str | None


@dataclass(kw_only=True)
class LiveCode:
    """The functions of a stack and the sources that they are built from."""

    client: "LambdaClient"
    importer: Importer
    layout: Layout
    target: Target
    functions: list[Deployed]

    @classmethod
    def of(cls, client: "LambdaClient", importer: Importer, layout: Layout, names: Iterable[str]) -> Self:
        """Read what is deployed under the given function names."""
        found = [client.get_function_configuration(FunctionName=name) for name in names]
        target = Target(
            runtime=found[0].get("Runtime", ""), architecture=(found[0].get("Architectures") or [""])[0]
        )
        functions = [
            Deployed(
                name=item.get("FunctionName", ""),
                module=item.get("Handler", "").rpartition(".")[0],
                environment=dict(item.get("Environment", {}).get("Variables", {})),
                digest=item.get("CodeSha256", ""),
                has_snap_start=item.get("SnapStart", {}).get("ApplyOn") == "PublishedVersions",
            )
            for item in found
        ]
        return cls(client=client, importer=importer, layout=layout, target=target, functions=functions)

    def synchronize(self, changed: set[Path] | None = None) -> list[Change]:
        """Build, and replace the code of each function whose archive differs and imports.

        With `changed`, only the functions that those sources go into are built.
        """
        affected = [item for item in self.functions if changed is None or changed & item.sources]
        try:
            archives = self._built(build, affected)
            sources = self._built(source_files, affected)
        except (ArchiveError, SyntaxError, OSError) as error:
            said = syntax_errors(self.layout.root / "functions") or str(error)
            return [Change(handler="functions", error=said)]
        for function in affected:
            function.sources = sources[function.handler]
        return [
            Change(handler=function.handler, error=self._replace(function, archives[function.handler]))
            for function in affected
            if code_digest(archives[function.handler]) != function.digest
        ]

    def is_source(self, path: Path) -> bool:
        """Return whether an archive contains that file."""
        return any(path in function.sources for function in self.functions)

    def _built(self, make: Callable[..., dict[str, Built]], functions: list[Deployed]) -> dict[str, Built]:
        return make(
            self.layout.root / "functions",
            [function.handler for function in functions],
            self.target,
            self.layout.local / "archives",
            self.layout.root / "requirements" / "functions.txt",
        )

    def _replace(self, function: Deployed, archive: Path) -> str | None:
        error = self.importer.error(archive, function.module, function.environment)
        if error is None:
            self.layout.code_changed.touch()
            self.client.update_function_code(FunctionName=function.name, ZipFile=archive.read_bytes())
            function.digest = code_digest(archive)
            if function.has_snap_start:
                publish(self.client, function.name)
        return error


def publish(client: "LambdaClient", name: str) -> None:
    """Publish the function's code as a version, and point its aliases to that."""
    client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=POLLING)
    version = client.publish_version(FunctionName=name).get("Version", "")
    client.get_waiter("published_version_active").wait(
        FunctionName=name, Qualifier=version, WaiterConfig=POLLING
    )
    for alias in client.list_aliases(FunctionName=name)["Aliases"]:
        client.update_alias(FunctionName=name, Name=alias.get("Name", ""), FunctionVersion=version)


def syntax_errors(folder: Path) -> str:
    """Return a line for each source that is no Python, with its place."""
    found: list[str] = []
    for path in sorted(folder.rglob("*.py")):
        try:
            compile(path.read_text(encoding="utf-8"), path, "exec")
        except SyntaxError as error:
            found.append(f"{path.relative_to(folder.parent)}, line {error.lineno}: {error.msg}")
    return "\n".join(found)


def code_digest(archive: Path) -> str:
    """Return the archive's digest as Lambda shows it."""
    return b64encode(sha256(archive.read_bytes()).digest()).decode("ascii")
