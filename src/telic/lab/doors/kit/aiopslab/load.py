"""Loads an agent from its file, also where that file imports AIOpsLab's own orchestrator, which is not there."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from .actor import Agent

STANDINS = (
    "aiopslab",
    "aiopslab.orchestrator",
    "aiopslab.orchestrator.problems",
    "aiopslab.orchestrator.problems.registry",
)


class NotHere:
    """Stands where a file imports the orchestrator: it can be named, and says who leads the agent when it is made."""

    def __init__(self, *given: object, **named: object) -> None:
        raise RuntimeError("the lab leads this agent: it makes no orchestrator and picks no problem itself")


def load(where: str) -> Agent:
    """Return a fresh agent.

    Parameters
    ----------
    where
        ``path/to/file.py:Class``; without a class, the only one in the file that has ``get_action``.

    Raises
    ------
    LookupError
        No such file or class, or several classes that could be meant.
    """
    path, _, name = where.partition(":")
    file = Path(path).resolve()
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None or not file.is_file():
        raise LookupError(f"no agent in {path}: give FILE.py:CLASS")
    module = importlib.util.module_from_spec(spec)
    with _standing_in(file.parent):
        spec.loader.exec_module(module)
    made: Agent = _class(module, name, path)()
    return made


def _class(module: ModuleType, name: str, path: str) -> Any:
    classes = [each for _, each in inspect.getmembers(module, inspect.isclass) if each.__module__ == module.__name__]
    fitting = [each for each in classes if (each.__name__ == name if name else hasattr(each, "get_action"))]
    if len(fitting) != 1:
        names = ", ".join(each.__name__ for each in classes) or "none"
        raise LookupError(f"{path} has no one class that is the agent (classes: {names}): give FILE.py:CLASS")
    return fitting[0]


@contextmanager
def _standing_in(folder: Path) -> Iterator[None]:
    """Let the file find its neighbours, and stand-ins for AIOpsLab where that is not installed."""
    absent = STANDINS if importlib.util.find_spec("aiopslab") is None else ()
    for name in absent:
        made = ModuleType(name)
        made.__dict__.update(__path__=[], Orchestrator=NotHere, ProblemRegistry=NotHere)
        sys.modules[name] = made
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in absent:
            sys.modules.pop(name, None)
