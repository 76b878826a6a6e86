"""Designs that were made before: the same intent and the same generator give the same files, so they are kept."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import os
import shutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from telic.design.reading import content_hash, read
from telic.errors import InvalidDesign
from telic.model.design import Design
from telic.model.intent import Intent

MAKERS = ("design/**/*", "intent/**/*", "model/**/*")  # the packages that have a say in what is generated
TOOLS = ("jinja2", "msgspec", "ruff")
KEPT = 16  # designs on a shelf; the oldest goes


def shelved(intent: Intent, shelf: Path) -> Design:
    """Return the design of `intent` from the folder `shelf`, where it is made if it is not there as it was made.

    Nobody writes to what lies on a shelf. Two processes may ask for the same design at the same time.

    Raises
    ------
    InvalidDesign
        The intent asks for something that no archetype builds.
    StoreFailed
        The disk did not take the files.
    """
    folder = shelf / f"{intent.hash.removeprefix('sha256:')[:12]}-{_generator()[:12]}"
    found = _intact(folder)
    if found is not None:
        os.utime(folder)
        return found
    from telic.design.folder import generate  # with all that makes designs: most callers find theirs

    made = generate(intent, shelf / f".{folder.name}-{os.getpid()}").folder
    if _intact(folder) is None:  # another process may have been first, and use what it made
        with contextlib.suppress(OSError):
            folder.rename(shelf / f".{folder.name}-{os.getpid()}-damaged")
        with contextlib.suppress(OSError):
            made.rename(folder)
    for aside in shelf.glob(f".{folder.name}-{os.getpid()}*"):
        shutil.rmtree(aside, ignore_errors=True)
    _tidy(shelf)
    return read(folder)


def _intact(folder: Path) -> Design | None:
    """Return the design in `folder` if every file is as it was when it was made."""
    try:
        design = read(folder)
        return design if content_hash(folder) == design.hash else None
    except (InvalidDesign, OSError):
        return None


def _tidy(shelf: Path) -> None:
    def age(folder: Path) -> float:
        try:
            return -folder.stat().st_mtime
        except OSError:
            return 0.0

    for old in sorted((each for each in shelf.iterdir() if not each.name.startswith(".")), key=age)[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def code_hash(patterns: Iterable[str]) -> str:
    """Return the SHA-256 of Telic's own files that match some patterns below its package, in hexadecimal digits."""
    root, digest = Path(__file__).parent.parent, hashlib.sha256()
    for pattern in patterns:
        for path in sorted(root.glob(pattern)):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()


@cache
def _generator() -> str:
    """Return the SHA-256 of everything that decides what an intent becomes, in hexadecimal digits."""
    digest = hashlib.sha256(code_hash(MAKERS).encode())
    for tool in TOOLS:
        digest.update(f"{tool} {importlib.metadata.version(tool)}\n".encode())
    return digest.hexdigest()
