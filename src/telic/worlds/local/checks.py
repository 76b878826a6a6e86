"""What has to hold before a world starts; each failure says what to do."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil

from telic.errors import PortInUse, UsageError, WorldError
from telic.settings import Settings
from telic.worlds.local import namespace
from telic.worlds.local.layout import Layout, read_system
from telic.worlds.local.ports import listen
from telic.worlds.local.spec import Isolation

DISK_BYTES = 300_000_000  # free space that a start needs: database, write-ahead log, some telemetry [bytes]
_LOCK_PATIENCE = 0.15  # others hold the lock for a moment only to look [s]


def take_lock(layout: Layout) -> int:
    """Take the system's lock and return its descriptor.

    Raises
    ------
    UsageError
        The system is up already, or being started.
    """
    descriptor = os.open(layout.lock, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + _LOCK_PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() < deadline:
                time.sleep(0.02)
                continue
            os.close(descriptor)
            name = layout.state.name
            raise UsageError(
                f"{name} is up already{_where(layout)}", hint=f"`telic status {name}`, or `telic down {name}` first"
            ) from error
        return descriptor


def held(layout: Layout) -> bool:
    """Whether a supervisor holds the system's lock, so whether it lives."""
    try:
        descriptor = os.open(layout.lock, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def published(port: int, what: str, setting: str) -> socket.socket:
    """Return a listening socket on a port of the host's loopback.

    Raises
    ------
    PortInUse
        Another process listens there; the message names it.
    """
    try:
        return listen(port)
    except PermissionError as error:
        raise UsageError(
            f"port {port} of {what} needs privileges", hint=f"set {setting} to a port above 1023, or 0"
        ) from error
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        hint = f"end it, or set {setting} to another port; 0 picks a free one"
        raise PortInUse(f"port {port} of {what} is in use by {holder(port)}", hint=hint, port=port) from error


def holder(port: int) -> str:
    """Say which process listens on a port of this host."""
    with contextlib.suppress(psutil.Error, PermissionError):
        for each in psutil.net_connections("tcp"):
            if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == port and each.pid:
                words = " ".join(psutil.Process(each.pid).cmdline())[:80]
                return f"process {each.pid} ({words})"
    return "another process"


def require_disk(folder: Path) -> None:
    """Refuse to start where the disk is nearly full."""
    free = shutil.disk_usage(folder).free
    if free < DISK_BYTES:
        raise WorldError(
            f"{free / 1e6:.0f} MB are free under {folder}, {DISK_BYTES / 1e6:.0f} MB are needed",
            hint="make room, or set TELIC_HOME to another disk",
        )


def choose_isolation(settings: Settings) -> tuple[Isolation, str]:
    """Return how to isolate, and what is lost by it in words ("" when nothing is).

    Raises
    ------
    UsageError
        Settings ask for a namespace and the kernel refuses it.
    """
    if settings.isolation == "processes":
        return "processes", lost("settings ask for plain processes")
    refused = probe_namespaces()
    if not refused:
        return "namespace", ""
    if settings.isolation == "namespace":
        sysctl = "sysctl kernel.apparmor_restrict_unprivileged_userns=0"
        hint = f"allow unprivileged user namespaces ({sysctl}), or set TELIC_ISOLATION=auto"
        raise UsageError(f"this machine refuses namespaces: {refused}", hint=hint)
    return "processes", lost(refused)


def lost(why: str) -> str:
    """Say what plain processes cannot do."""
    return f"no namespace ({why}): ports are shared with this host, and other users' processes can see the world's"


def probe_namespaces() -> str:
    """Return "" where a world's namespaces work, else what the kernel refused."""
    command = [sys.executable, "-I", "-S", namespace.__file__, "probe"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=10, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return "the probe did not end within 10 s"
    return done.stdout.strip() if done.returncode == 0 else f"the probe ended with code {done.returncode}"


def _where(layout: Layout) -> str:
    with contextlib.suppress(WorldError):
        about = read_system(layout)
        return f" at {about.get('url')} (supervisor {about.get('pid')})"
    return " (it is starting or ending)"
