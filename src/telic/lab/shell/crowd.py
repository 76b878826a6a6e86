"""How many processes a command may have at the same time, limited by a cgroup where this machine lets us make one."""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from telic.worlds.local import proc

MOST = 256  # [1]
PREFIX = "telic-shell-"
GONE_WITHIN = 1.0  # the last process of a group that is to be removed [s]
_numbers = itertools.count(1)


@contextlib.contextmanager
def limited() -> Iterator[str]:
    """Make a group for the length of a block; "" where none can be made, and nothing but time limits a crowd."""
    folder = _made()
    try:
        yield str(folder) if folder else ""
    finally:
        if folder is not None:
            _removed(folder)


def _made() -> Path | None:
    home = proc.pids_cgroup(os.getpid())
    if home is None:
        return None
    folder = home / f"{PREFIX}{os.getpid()}-{next(_numbers)}"
    try:
        folder.mkdir()
        (folder / "pids.max").write_text(str(MOST))
    except OSError:
        with contextlib.suppress(OSError):
            folder.rmdir()
        return None
    return folder


def sweep() -> list[Path]:
    """Remove the groups of those who were killed; return them."""
    home, gone = proc.pids_cgroup(os.getpid()), list[Path]()
    for each in home.glob(f"{PREFIX}*-*") if home else ():
        owner = each.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            with contextlib.suppress(OSError):
                each.rmdir()
                gone.append(each)
    return gone


def _removed(folder: Path) -> None:
    deadline = time.monotonic() + GONE_WITHIN
    while folder.is_dir():
        try:
            folder.rmdir()
        except OSError:
            if time.monotonic() > deadline:
                return  # `sweep` does it later
            time.sleep(0.01)
