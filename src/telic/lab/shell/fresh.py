"""Keeps what a command sees of the system's processes no older than half a second while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from telic.lab.shell.processes import Shown, snapshot
from telic.lab.shell.tree import Tree, lay
from telic.model.redaction import redact

EVERY = 0.5  # [s]
OWN_PROC = "/run/proc"  # where the command's own processes are shown


def moved(text: str, places: Mapping[str, str]) -> str:
    """Return a text that says where things are as the command sees it.

    Parameters
    ----------
    places
        A folder of this machine to where the command has it.
    """
    for real, seen in places.items():
        text = text.replace(real, seen)
    return text


def cleaning(places: Mapping[str, str]) -> Callable[[str], str]:
    """Return what does so, and hides secrets."""
    return lambda text: redact(moved(text, places))


def processes(shown: Sequence[Shown], places: Mapping[str, str]) -> Tree:
    """Return the folder ``proc`` of a command's room as it is to be now."""
    return snapshot(shown, cleaning(places), OWN_PROC)


def keep(folder: Path, shown: Sequence[Shown], places: Mapping[str, str], before: Tree) -> None:
    """Renew a folder that holds `before` for as long as the calling thread lives.

    Raises
    ------
    OSError
        It can no longer be written.
    """
    while True:
        time.sleep(EVERY)
        now = processes(shown, places)
        lay(now, folder, before)
        before = now
