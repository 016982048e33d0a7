"""A small `pulumi-language-python`, for a Pulumi CLI that was built from source and brings none.

The engine starts it with its own address and reads the port from the first line of standard output; what
comes after on standard output and error is shown as the program's. Each program runs in a process of its
own, so that a preview leaves nothing behind for the update.
"""

# ruff: noqa: N802, ARG002 - the methods' names and parameters are gRPC's
import importlib.metadata
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from pulumi_local_aws import program
from pulumi_local_aws.errors import CommandError
from pulumi_local_aws.plugin_server import serve
from pulumi_local_aws.program_interpreter import activated, interpreter, virtualenv

_HOST_VERSION = "0.1.0"
RUN_SCRIPT = (
    "import runpy, sys; sys.path[:] = [path for path in sys.path if path]; "
    "runpy.run_path(sys.argv[1], run_name='__main__')"
)
"""Runs a file with neither its folder nor the current one on the path, on any Python that Pulumi supports."""


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Answers the engine's requests: run programs and plugins, install packages, describe the runtime."""

    def __init__(self, engine_address: str) -> None:
        self._engine_address = engine_address
        self._children: set[subprocess.Popen[Any]] = set()

    def Handshake(
        self, request: language_pb2.LanguageHandshakeRequest, context: grpc.ServicerContext
    ) -> language_pb2.LanguageHandshakeResponse:
        """Take the engine's address, where it was not an argument."""
        self._engine_address = request.engine_address or self._engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetRequiredPlugins(self, request: Any, context: Any) -> language_pb2.GetRequiredPluginsResponse:
        """None: the engine asks for each plugin, with its version, when a resource first needs it."""
        return language_pb2.GetRequiredPluginsResponse()

    def GetRequiredPackages(self, request: Any, context: Any) -> language_pb2.GetRequiredPackagesResponse:
        """None, as for plugins."""
        return language_pb2.GetRequiredPackagesResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:
        """This host's version."""
        return plugin_pb2.PluginInfo(version=_HOST_VERSION)

    def About(self, request: language_pb2.AboutRequest, context: Any) -> language_pb2.AboutResponse:
        """The interpreter, for `pulumi about`."""
        version = ".".join(str(part) for part in sys.version_info[:3])
        return language_pb2.AboutResponse(executable=str(_interpreter(request.info)), version=version)

    def GetProgramDependencies(
        self, request: Any, context: Any
    ) -> language_pb2.GetProgramDependenciesResponse:
        """The distributions beside this interpreter, for `pulumi about`."""
        found = sorted((dist.name, dist.version) for dist in importlib.metadata.distributions())
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[language_pb2.DependencyInfo(name=name, version=version) for name, version in found]
        )

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:
        """Install the program's packages by its toolchain, as the official host does."""
        folder, options = Path(request.info.program_directory or request.directory), _options(request.info)
        for command in install_commands(folder, options):
            with subprocess.Popen(  # noqa: S603
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            ) as child:
                for line in child.stdout or ():
                    yield language_pb2.InstallDependenciesResponse(stdout=line)
            if child.returncode:
                context.abort(grpc.StatusCode.UNKNOWN, f"{' '.join(command)} failed: see above")

    def Run(
        self, request: language_pb2.RunRequest, context: grpc.ServicerContext
    ) -> language_pb2.RunResponse:
        """Run the program to its end; `bail` says that its error has been shown."""
        request.args.insert(0, self._engine_address)
        try:
            python = _interpreter(request.info)
        except CommandError as error:
            return language_pb2.RunResponse(error=str(error))
        child = self._start(
            [str(python), "-u", "-c", RUN_SCRIPT, program.__file__],
            request.pwd or request.info.program_directory,
            activated(python, os.environ),
            context,
            own_output=False,
        )
        child.communicate(request.SerializeToString())
        self._children.discard(child)
        if child.returncode == program.REPORTED:
            return language_pb2.RunResponse(bail=True)
        if child.returncode:
            return language_pb2.RunResponse(
                error=f"The program ended with exit status {child.returncode} and no error of its own."
            )
        return language_pb2.RunResponse()

    def RunPlugin(
        self, request: language_pb2.RunPluginRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.RunPluginResponse]:
        """Run a plugin written in Python (a component package, say) and pass on what it prints."""
        target = Path(request.info.program_directory) / request.info.entry_point
        try:
            python = _interpreter(request.info)
        except CommandError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        command = [str(python), "-u", str(target), *request.args]
        given = dict(item.split("=", 1) for item in request.env if "=" in item)
        environment = activated(python, os.environ | given)
        child = self._start(command, request.pwd, environment, context, own_output=True)
        lines: queue.Queue[language_pb2.RunPluginResponse | None] = queue.Queue()
        readers = [
            threading.Thread(target=_pass_on, args=(child, name, lines), daemon=True)
            for name in ("stdout", "stderr")
        ]
        for reader in readers:
            reader.start()
        open_pipes = len(readers)
        while open_pipes:
            response = lines.get()
            if response is None:
                open_pipes -= 1
            else:
                yield response
        self._children.discard(child)
        yield language_pb2.RunPluginResponse(exitcode=child.wait())

    def Cancel(self, request: Any, context: Any) -> empty_pb2.Empty:
        """End the programs that run; the engine asks for this on Ctrl-C."""
        self.end_children()
        return empty_pb2.Empty()

    def end_children(self) -> None:
        """End every program and plugin that still runs."""
        for child in tuple(self._children):
            child.terminate()

    def _start(
        self,
        command: list[str],
        cwd: str,
        environment: dict[str, str],
        context: grpc.ServicerContext,
        *,
        own_output: bool,
    ) -> subprocess.Popen[bytes]:
        output = subprocess.PIPE if own_output else None
        child = subprocess.Popen(  # noqa: S603
            command,
            cwd=cwd or None,
            env=environment,
            stdin=subprocess.DEVNULL if own_output else subprocess.PIPE,
            stdout=output,
            stderr=output,
        )
        self._children.add(child)
        context.add_callback(child.terminate)
        return child


def _pass_on(
    child: subprocess.Popen[bytes],
    name: str,
    lines: "queue.Queue[language_pb2.RunPluginResponse | None]",
) -> None:
    pipe = child.stdout if name == "stdout" else child.stderr
    for line in pipe or ():
        lines.put(
            language_pb2.RunPluginResponse(stdout=line)
            if name == "stdout"
            else language_pb2.RunPluginResponse(stderr=line)
        )
    lines.put(None)


def install_commands(folder: Path, options: Mapping[str, Any]) -> list[list[str]]:
    """Return the commands that install a program's packages with its toolchain: pip, uv or poetry."""
    toolchain = options.get("toolchain", "pip")
    if toolchain == "uv":
        return [["uv", "sync"]]
    if toolchain == "poetry":
        return [["poetry", "install", "--no-ansi"]]
    venv = virtualenv(folder, options)
    made = [] if venv is None or venv.exists() else [[sys.executable, "-m", "venv", str(venv)]]
    python = str(venv / "bin" / "python") if venv else str(interpreter(folder, options))
    if (folder / "requirements.txt").is_file():
        return [*made, [python, "-m", "pip", "install", "-r", "requirements.txt"]]
    return [*made, [python, "-m", "pip", "install", "."]] if (folder / "pyproject.toml").is_file() else made


def _options(info: language_pb2.ProgramInfo) -> dict[str, Any]:
    return json_format.MessageToDict(info.options)


def _interpreter(info: language_pb2.ProgramInfo) -> Path:
    return interpreter(Path(info.root_directory), _options(info))


def main(argv: list[str]) -> None:
    """Serve until the engine ends."""
    addresses = [argument for argument in argv if not argument.startswith("-")]
    host = LanguageHost(addresses[0] if addresses else "")
    server = grpc.server(ThreadPoolExecutor(max_workers=8))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    serve(server)
    host.end_children()


if __name__ == "__main__":
    main(sys.argv[1:])
