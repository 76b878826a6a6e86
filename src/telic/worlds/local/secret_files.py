"""Secrets of a system: made once, kept in files that only their owner can read."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from telic.worlds.local.layout import Layout

_DRAFT = ".new-"


def secret(layout: Layout, name: str) -> str:
    """Return the secret called `name`; make it at the first call.

    Of several that make it at once one wins, and who is killed meanwhile leaves none, not half of one.
    """
    path = secret_path(layout, name)
    return _read(path) or _make(path)


def _read(path: Path) -> str:
    with suppress(FileNotFoundError):
        return path.read_text(encoding="ascii").strip()
    return ""


def _make(path: Path) -> str:
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=_DRAFT)  # mode 600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(24))
            file.flush()
            os.fsync(file.fileno())
        if path.exists() and not _read(path):
            path.unlink(missing_ok=True)  # a disk was full, or a machine lost power: nobody can have used it
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.unlink(draft)
    return _read(path)


def written(layout: Layout) -> dict[str, float]:
    """Return the files of all secrets, and when each was written [s since the Unix epoch]."""
    found = (each for each in layout.secrets.iterdir() if not each.name.startswith(_DRAFT))
    return {str(each): each.stat().st_mtime for each in found}


def secret_path(layout: Layout, name: str) -> Path:
    """Return the file of the secret called `name`."""
    return layout.secrets / name
