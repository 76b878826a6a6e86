"""Secrets of a system: made once, kept in files that only their owner can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from telic.worlds.local.layout import Layout


def secret(layout: Layout, name: str) -> str:
    """Return the secret called `name`; make it at the first call."""
    path = secret_path(layout, name)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(24))
        file.flush()
        os.fsync(file.fileno())
    return path.read_text(encoding="ascii").strip()


def written(layout: Layout) -> dict[str, float]:
    """Return the files of all secrets, and when each was written [s since the Unix epoch]."""
    return {str(each): each.stat().st_mtime for each in layout.secrets.iterdir()}


def secret_path(layout: Layout, name: str) -> Path:
    """Return the file of the secret called `name`."""
    return layout.secrets / name
