"""Ends a local world, and says whether one runs."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from pathlib import Path

from telic.errors import UsageError, WorldError, WorldUnavailable
from telic.worlds.local import checks, control
from telic.worlds.local.layout import Layout

DOWN_WITHIN = 4.0  # before a supervisor is killed [s]; 0.5 s measured
KILLED_WITHIN = 20.0  # after that: what waits for a slow disk dies when the disk has answered [s]


def down(state: Path) -> None:
    """End the system whose state folder this is; its data stay.

    Raises
    ------
    WorldUnavailable
        It is not running.
    WorldError
        It did not end.
    """
    layout = Layout.of(state)
    if not checks.held(layout):
        sweep(layout)
        raise WorldUnavailable(
            f"{layout.state.name} is not running", hint=f"start it with `telic up {layout.state.name}`"
        )
    asked = _ask_down(layout)
    if not (asked and wait_gone(layout, DOWN_WITHIN)):
        _kill(layout)
        if not wait_gone(layout, KILLED_WITHIN):
            raise WorldError(
                f"{layout.state.name} does not end", hint=f"see {layout.log('supervisor')}, end its processes by hand"
            )
    sweep(layout)


def alive(state: Path) -> bool:
    """Whether the system whose state folder this is runs."""
    return checks.held(Layout.of(state))


def _ask_down(layout: Layout) -> bool:
    deadline = time.monotonic() + 2.0  # a world that has just been started has no socket yet [s]
    while time.monotonic() < deadline:
        try:
            control.ask(layout.control, "down", timeout=2.0)
        except WorldUnavailable:
            if not checks.held(layout):
                return True
            time.sleep(0.02)
        else:
            return True
    return False


def first(layout: Layout) -> int | None:
    """Return the process that all others of a running world descend from, by the host's number; None without one."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(layout.lock.read_text().split()[0])
    return None


def _kill(layout: Layout) -> None:
    if supervisor := first(layout):
        with contextlib.suppress(OSError):
            os.kill(supervisor, signal.SIGKILL)


def wait_gone(layout: Layout, timeout: float = DOWN_WITHIN) -> bool:
    """Wait until nothing of the world lives; False after `timeout` [s]."""
    deadline = time.monotonic() + timeout
    while checks.held(layout):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def sweep(layout: Layout) -> None:
    """Remove what only a running world needs; does nothing where one runs, or starts meanwhile."""
    try:
        lock = checks.take_lock(layout)
    except (UsageError, FileNotFoundError):
        return
    try:
        layout.system_file.unlink(missing_ok=True)
        shutil.rmtree(layout.run, ignore_errors=True)
    finally:
        os.close(lock)
