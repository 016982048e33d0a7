"""Writes the small executables through which the Pulumi engine starts its plugins."""

import os
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pulumi_local_aws.files import private_folder
from pulumi_local_aws.language_hosts import HOST_PREFIX

LANGUAGE_HOST = f"{HOST_PREFIX}python"
PROVIDER = "pulumi-resource-aws"
TESTED_VERSION = "7.51.1"
"""The version of pulumi-aws that the provider's tables are checked against."""
VERSION_VARIABLE = "LOCAL_AWS_PLUGIN_VERSION"
"""Names the version that the provider reports: that of the program's SDK, which the engine asks for."""


def write_launchers(
    home: Path,
    *,
    hosts_of: str | None,
    hosts: Iterable[Path] = (),
    versions: Iterable[str] = (TESTED_VERSION,),
    python: Path | None = None,
) -> None:
    """Write the plugins into the plugin cache of `home` (PULUMI_HOME).

    The provider is there once for each of the `versions` that a program's SDK asks for. `hosts_of` is the
    version of a CLI that brings no language hosts: it gets the one for Python from here, `hosts` for other
    languages, and those on PATH. `python` is the interpreter that runs them, by default the one that runs
    this.
    """
    interpreter, plugins = python or Path(sys.executable), home / "plugins"
    # The engine keeps a provider's schema by its version, which an update of this package does not change.
    for schema in plugins.glob("schema-aws-*.json"):
        schema.unlink(missing_ok=True)
    for version in versions:
        launcher = plugins / f"resource-aws-v{version}" / PROVIDER
        _write(launcher, interpreter, "pulumi_local_aws.provider", {VERSION_VARIABLE: version})
    if hosts_of is not None:
        own = plugins / f"language-python-v{hosts_of}" / LANGUAGE_HOST
        _write(own, interpreter, "pulumi_local_aws.language_host", {})
        for host in (*_hosts_on_path(), *hosts):
            language = host.name.removeprefix(HOST_PREFIX)
            link(plugins / f"language-{language}-v{hosts_of}" / host.name, host)


def link(path: Path, target: Path) -> None:
    """Make a symbolic link, in place of one that leads elsewhere."""
    if path.is_symlink() and path.readlink() == target:
        return
    private_folder(path.parent)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def _hosts_on_path() -> Iterator[Path]:
    """The language hosts on PATH, the first of each name; Python's comes from here."""
    seen = {LANGUAGE_HOST, f"{LANGUAGE_HOST}-exec"}
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        for host in sorted(Path(folder).glob(f"{HOST_PREFIX}*")):
            if host.name not in seen and os.access(host, os.X_OK):
                seen.add(host.name)
                yield host


def _write(path: Path, python: Path, module: str, variables: Mapping[str, str]) -> None:
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    # -E: the user's PYTHONPATH is for the program, which inherits it, and not for the plugin itself.
    text = f'#!/bin/sh\n{exports}exec {shlex.quote(str(python))} -E -P -u -m {module} "$@"\n'
    if path.exists() and path.read_text() == text:
        return
    private_folder(path.parent)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text)
    partial.chmod(0o755)
    partial.replace(path)
