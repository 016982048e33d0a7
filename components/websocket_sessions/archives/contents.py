"""Decides what goes into one handler's archive, by the static graph of imports."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from websocket_sessions.archives.distributions import Distributions
from websocket_sessions.archives.errors import ArchiveError
from websocket_sessions.archives.imports import Block, Outline, outline

PROVIDED = frozenset({"boto3", "botocore", "s3transfer", "urllib3", "dateutil", "six", "jmespath"})
"""The SDK and what it brings: part of Lambda's Python runtimes
(https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html)."""


@dataclass(frozen=True, kw_only=True)
class Module:
    """A module that an archive may hold."""

    name: str
    path: Path
    arcname: str
    is_ours: bool

    @property
    def is_package(self) -> bool:
        """Whether it is a package's `__init__`."""
        return self.path.name == "__init__.py"


@dataclass(kw_only=True)
class Catalogue:
    """The modules of one tree of functions and one set of distributions; remembers what it has parsed."""

    functions_dir: Path
    distributions: Distributions
    _outlines: dict[Path, Outline] = field(default_factory=dict[Path, Outline])
    _modules: dict[str, Module | None] = field(default_factory=dict[str, Module | None])

    def contents(self, handler: str) -> dict[str, Path]:
        """Return the files of a handler's archive: name in the archive to path.

        Our own modules and pure third-party ones are taken one by one, as imports reach them. A distribution
        with extension modules is taken whole with all that it requires, as compiled code hides its imports.

        Raises ArchiveError where the handler, or a module that our code imports, is not there.
        """
        chain = list(self.chain(f"handlers.{handler}"))
        if not chain or chain[-1].name != f"handlers.{handler}":
            raise ArchiveError(f"There is no handler {handler!r} in {self.functions_dir / 'handlers'}.")
        walk = _Walk(catalogue=self, entry=chain[-1])
        walk.take(chain)
        return dict(sorted(walk.files.items()))

    def outline(self, module: Module) -> Outline:
        """Return what a module imports."""
        if module.path not in self._outlines:
            text = module.path.read_text(encoding="utf-8")
            self._outlines[module.path] = outline(text, module.name, is_package=module.is_package)
        return self._outlines[module.path]

    def imported(self, name: str, importer: Module) -> list[Module]:
        """Return the modules that importing `name` runs.

        A third-party module may import what is not there (an optional dependency); ours may not.
        """
        top = name.partition(".")[0]
        if top in PROVIDED:
            return []
        found = list(self.chain(name))
        is_known = found or top in sys.stdlib_module_names or self.distributions.of_module(top)
        if importer.is_ours and not is_known:
            raise ArchiveError(
                f"{importer.name} imports {name}, which is neither in {self.functions_dir.name}/ nor in "
                "requirements/functions.txt."
            )
        return found

    def chain(self, name: str) -> Iterator[Module]:
        """Yield the packages around a module, outermost first, then it, as far as they are there."""
        parts = name.split(".")
        for length in range(1, len(parts) + 1):
            dotted = ".".join(parts[:length])
            if dotted not in self._modules:
                self._modules[dotted] = self._find(dotted)
            module = self._modules[dotted]
            if module is not None:
                yield module

    def compiled(self, name: str) -> dict[str, Path]:
        """Return all files of a compiled distribution that holds the module; none for any other module."""
        distribution = self.distributions.of_module(name)
        if distribution is None or not distribution.is_compiled or name.partition(".")[0] in PROVIDED:
            return {}
        return {
            file: self.distributions.root / file
            for item in self.distributions.closure(distribution)
            for file in item.files
        }

    def _find(self, name: str) -> Module | None:
        stem = name.replace(".", "/")
        for root, is_ours in ((self.functions_dir, True), (self.distributions.root, False)):
            for arcname in (f"{stem}/__init__.py", f"{stem}.py"):
                if (root / arcname).is_file():
                    return Module(name=name, path=root / arcname, arcname=arcname, is_ours=is_ours)
        return None


@dataclass(frozen=True, kw_only=True)
class _Waiting:
    """A function or a cached property that nothing has used so far."""

    name: str
    module: Module
    block: Block
    is_property: bool


@dataclass(kw_only=True)
class _Walk:
    """The walk over one handler's imports: what it has taken, and what may still turn out to be used."""

    catalogue: Catalogue
    entry: Module
    files: dict[str, Path] = field(default_factory=dict[str, Path])
    _mentioned: set[str] = field(default_factory=set[str])
    _read: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """Attributes that are read of objects: the object's module, and the attribute."""
    _passed_on: set[str] = field(default_factory=set[str])
    """Modules of which an object is used as a whole, so that any code may read its attributes."""
    _waiting: list[_Waiting] = field(default_factory=list[_Waiting])

    def take(self, modules: list[Module]) -> None:
        """Take modules, and all that they lead to."""
        for module in modules:
            if module.arcname in self.files:
                continue
            self.files[module.arcname] = module.path
            outlined = self.catalogue.outline(module)
            for is_property, blocks in ((False, outlined.functions), (True, outlined.properties)):
                self._waiting += [
                    _Waiting(name=name, module=module, block=block, is_property=is_property)
                    for name, block in blocks.items()
                ]
            self._enter(module, outlined.module)
        self._enter_used()

    def _enter(self, module: Module, block: Block) -> None:
        self._mentioned |= block.mentions
        origins = self.catalogue.outline(module).origins
        for chain in block.chains:
            self._record_reads(chain, module, origins)
        for name in sorted(block.imports):
            self.files |= self.catalogue.compiled(name)
            self.take(self.catalogue.imported(name, module))

    def _record_reads(self, chain: str, module: Module, origins: Mapping[str, str]) -> None:
        """Record `object.attribute` for each object that a module has, and the objects that are passed on."""
        first, _, rest = chain.partition(".")
        start = f"{module.name}.self" if first == "self" else origins.get(first, "")
        if not start:
            return
        parts = [*start.split("."), *rest.split(".")] if rest else start.split(".")
        self._read |= {(".".join(parts[: end - 1]), parts[end]) for end in range(2, len(parts))}
        if first != "self" or not rest:
            self._passed_on.add(".".join(parts[:-1]))

    def _enter_used(self) -> None:
        while ready := [item for item in self._waiting if self._may_run(item)]:
            self._waiting = [item for item in self._waiting if item not in ready]
            for item in ready:
                self._enter(item.module, item.block)

    def _may_run(self, item: _Waiting) -> bool:
        """Whether it is used; Lambda calls what the handler's module has, and we judge no one else's."""
        if item.module == self.entry or not item.module.is_ours:
            return True
        if item.is_property and item.module.name not in self._passed_on:
            return (item.module.name, item.name) in self._read
        return item.name in self._mentioned
