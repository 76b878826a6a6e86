"""Which business errors users call bad service, by the operation as they meet it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from telic.intent.meaning import crud_parts, snake
from telic.intent.reader import read
from telic.model.intent import BadErrors, Intent, Operation

INTENT = "intent.yaml"  # in a design's folder


def bad_errors(intent: Intent) -> BadErrors:
    """Return the errors that an intent declares bad, by operation; operations without any are left out."""
    declared = {
        name: frozenset(error for error, verdict in operation.errors.items() if verdict == "bad")
        for operation in intent.operations
        for name in offered(intent, operation)
    }
    return {name: errors for name, errors in declared.items() if errors}


def bad_errors_in(folder: Path) -> BadErrors:
    """Return the same of the intent in a design's folder; nothing where there is none.

    Raises
    ------
    InvalidIntent
        The file is no intent.
    """
    path = folder / INTENT
    return _read(path, path.stat().st_mtime_ns) if path.exists() else {}


def offered(intent: Intent, operation: Operation) -> list[str]:
    """Return the names under which users meet an operation: a crud one in parts, such as create_user."""
    if operation.kind != "crud":
        return [operation.name]
    return [f"{part}_{snake(operation.on)}" for part in crud_parts(intent.entity(operation.on))]


@lru_cache(maxsize=32)
def _read(path: Path, changed: int) -> BadErrors:
    return bad_errors(read(path))
