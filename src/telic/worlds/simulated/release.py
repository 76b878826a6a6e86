"""Imports the code of one release, apart from every other version's and every other service's."""

from __future__ import annotations

import contextlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import CodeType, ModuleType

import msgspec

from telic.runtime.application import Application
from telic.runtime.ports import Runtime

Build = Callable[[Runtime], Application]
Present = Callable[[Mapping[str, ModuleType]], object]
_PACKAGE = "services"
_CODE: dict[tuple[str, bytes], CodeType] = {}  # what was compiled before, by name in tracebacks and source


class Release:
    """The modules of one start of one service.

    Parameters
    ----------
    folder
        Holds ``services/<service>``.
    present
        Is shown the modules once they are imported, and may put others' classes in their place.
    builtins
        What the modules get in the place of Python's own.
    """

    def __init__(
        self,
        service: str,
        folder: Path,
        present: Present = lambda modules: None,
        builtins: dict[str, object] | None = None,
    ) -> None:
        self._builtins = builtins or {}
        self._finder = _Finder(folder, self._builtins)
        self._modules: dict[str, ModuleType] = {}
        with self.active():
            app = importlib.import_module(f"{_PACKAGE}.{service}.app")
            self._modules.update(_ours())
            _resolve(self._modules)
            present(self._modules)
        self.build: Build = app.build

    @contextlib.contextmanager
    def active(self) -> Iterator[None]:
        """Let ``services`` be this release inside the block; types find the modules of their fields by name."""
        others = _ours()
        _replace(self._modules)
        sys.meta_path.insert(0, self._finder)
        try:
            yield
        finally:
            sys.meta_path.remove(self._finder)
            _replace(others)

    def forget(self) -> None:
        """Empty the modules, whose code must not run any more.

        Rows of a store are values that the garbage collector does not look into; each refers to its class, the class
        through its methods to its module, and the module through its builtins to the whole world around it. Without
        this a process would keep every world that it ever ran.
        """
        for module in self._modules.values():
            vars(module).clear()
        self._builtins.clear()


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, folder: Path, builtins: Mapping[str, object]) -> None:
        self._folder, self._builtins = folder.resolve(), builtins

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] != _PACKAGE:
            return None
        where = self._folder.joinpath(*fullname.split("."))
        for file, package in ((where / "__init__.py", True), (where.with_suffix(".py"), False)):
            if file.is_file():
                return self._spec(fullname, file, is_package=package)
        return self._spec(fullname, where, is_package=True) if where.is_dir() else None

    def _spec(self, name: str, file: Path, *, is_package: bool) -> importlib.machinery.ModuleSpec | None:
        told = "/".join((*self._folder.parts[-2:], *file.relative_to(self._folder).parts))
        loader = _Loader(file, told, self._builtins)
        return importlib.util.spec_from_file_location(
            name, file, loader=loader, submodule_search_locations=[str(file.parent)] if is_package else None
        )


class _Loader(importlib.abc.InspectLoader):
    """Compiles a file under a name that is the same wherever the system's state folder lies."""

    def __init__(self, file: Path, told: str, builtins: Mapping[str, object]) -> None:
        self._file, self._told, self._builtins = file, told, builtins

    def exec_module(self, module: ModuleType) -> None:
        if self._builtins:
            module.__dict__["__builtins__"] = self._builtins
        exec(self.get_code(module.__name__), module.__dict__)

    def get_source(self, fullname: str) -> str:
        return self._file.read_text(encoding="utf-8") if self._file.is_file() else ""

    def get_code(self, fullname: str) -> CodeType:
        source = self._file.read_bytes() if self._file.is_file() else b""
        key = (self._told, source)
        if key not in _CODE:
            _CODE[key] = compile(source, self._told, "exec", dont_inherit=True)
        return _CODE[key]


def _ours() -> dict[str, ModuleType]:
    prefix = f"{_PACKAGE}."
    return {name: each for name, each in sys.modules.items() if name == _PACKAGE or name.startswith(prefix)}


def _replace(modules: Mapping[str, ModuleType]) -> None:
    for name in _ours():
        del sys.modules[name]
    sys.modules.update(modules)


def _resolve(modules: Mapping[str, ModuleType]) -> None:
    """Let msgspec look up all fields' types now, while their modules can be found; it remembers them."""
    for module in modules.values():
        for each in vars(module).values():
            if isinstance(each, type) and issubclass(each, msgspec.Struct) and each.__module__ == module.__name__:
                msgspec.json.Decoder(each)
