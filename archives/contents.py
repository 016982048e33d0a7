"""Decides what goes into one handler's archive, by the static graph of imports."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from archives.distributions import Distributions
from archives.errors import ArchiveError
from archives.imports import imported_modules

PROVIDED = frozenset({"boto3", "botocore", "s3transfer", "urllib3", "dateutil", "six", "jmespath"})
"""The SDK and what it brings: part of Lambda's Python runtimes
(https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html)."""


@dataclass(frozen=True, kw_only=True)
class _Module:
    name: str
    path: Path
    arcname: str
    first_party: bool

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"


@dataclass(kw_only=True)
class Contents:
    """Answers, for one tree of functions and one set of distributions, which files a handler needs.

    Our own modules and pure third-party ones are taken one by one, as imports reach them. A distribution with
    extension modules is taken whole with all that it requires, since compiled code hides its imports.
    """

    functions_dir: Path
    distributions: Distributions
    _imports: dict[Path, frozenset[str]] = field(default_factory=dict[Path, frozenset[str]])

    def of(self, handler: str) -> dict[str, Path]:
        """Return the archive's files: name in the archive to path.

        Raises ArchiveError where the handler, or a module that our code imports, is not there.
        """
        pending = list(self._chain(f"handlers.{handler}"))
        if not pending or pending[-1].name != f"handlers.{handler}":
            raise ArchiveError(f"There is no handler {handler!r} in {self.functions_dir / 'handlers'}.")
        files: dict[str, Path] = {}
        while pending:
            module = pending.pop()
            if module.arcname in files:
                continue
            files[module.arcname] = module.path
            for name in self._imported(module):
                files |= self._compiled(name)
                pending.extend(self._resolve(name, module))
        return dict(sorted(files.items()))

    def _imported(self, module: _Module) -> frozenset[str]:
        if module.path not in self._imports:
            self._imports[module.path] = imported_modules(
                module.path.read_text(encoding="utf-8"), module.name, is_package=module.is_package
            )
        return self._imports[module.path]

    def _resolve(self, name: str, importer: _Module) -> Iterator[_Module]:
        """Yield the modules that importing `name` runs.

        A third-party module may import what is not there (an optional dependency); ours may not.
        """
        top = name.partition(".")[0]
        if top in PROVIDED or top in sys.stdlib_module_names:
            return
        found = list(self._chain(name))
        if not found and importer.first_party and not self.distributions.of_module(top):
            raise ArchiveError(
                f"{importer.name} imports {name}, which is neither in {self.functions_dir.name}/ nor in "
                "requirements/functions.txt."
            )
        yield from found

    def _chain(self, name: str) -> Iterator[_Module]:
        """Yield the packages around a module, outermost first, then it, as far as they are there."""
        parts = name.split(".")
        for length in range(1, len(parts) + 1):
            module = self._find(".".join(parts[:length]))
            if module is not None:
                yield module

    def _find(self, name: str) -> _Module | None:
        stem = name.replace(".", "/")
        for root in (self.functions_dir, self.distributions.root):
            for arcname in (f"{stem}/__init__.py", f"{stem}.py"):
                if (root / arcname).is_file():
                    return _Module(
                        name=name,
                        path=root / arcname,
                        arcname=arcname,
                        first_party=root == self.functions_dir,
                    )
        return None

    def _compiled(self, name: str) -> dict[str, Path]:
        distribution = self.distributions.of_module(name)
        if distribution is None or not distribution.is_compiled or name.partition(".")[0] in PROVIDED:
            return {}
        return {
            file: self.distributions.root / file
            for item in self.distributions.closure(distribution)
            for file in item.files
        }
