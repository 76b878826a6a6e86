"""Sockets that telemetry comes in on: inherited ones, loopback ports and the unix socket."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from pathlib import Path

from telic.errors import PortInUse, UsageError, WorldUnavailable

BACKLOG = 256  # [1]
PATH_MAX = 107  # of a unix socket's name [bytes]


def inherited(number: int) -> socket.socket:
    """Return the listening socket that the parent left open as file descriptor `number`."""
    try:
        found = socket.socket(fileno=number)
    except OSError as error:
        raise UsageError(f"file descriptor {number} is no socket: {error}", hint="pass it to the process") from error
    if found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 0:
        found.close()
        raise UsageError(f"file descriptor {number} does not listen", hint="listen before starting the receiver")
    return found


def loopback(address: str) -> socket.socket:
    """Listen on ``HOST:PORT``; HOST is a loopback address, PORT 0 picks a free one."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    host = "127.0.0.1" if host == "localhost" else host
    try:
        family = socket.AF_INET if (ip := ipaddress.ip_address(host)).version == 4 else socket.AF_INET6
        number = int(port)
    except ValueError as error:
        raise UsageError(f"{address!r} is no HOST:PORT", hint="for example 127.0.0.1:4318") from error
    if not ip.is_loopback:
        raise UsageError(f"{host} is not on this machine alone", hint="telemetry listens on loopback; use 127.0.0.1")
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, number))
        found.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        found.close()
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise PortInUse(
                f"port {number} belongs to another process", hint="end it, or set TELIC_OTLP_PORT"
            ) from error
        raise UsageError(f"cannot listen on {address}: {error}", hint="choose another port") from error
    return found


def unix(path: Path) -> socket.socket:
    """Listen on a unix socket that only this user may open; replace one that nobody listens on."""
    if len(os.fsencode(path)) > PATH_MAX:
        raise UsageError(f"{path} is longer than {PATH_MAX} bytes", hint="choose a shorter run folder")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists():
        if _answers(path):
            raise WorldUnavailable(f"another receiver listens on {path}", hint="`telic down` ends it")
        path.unlink()
    found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        found.bind(str(path))
    finally:
        os.umask(before)
    found.listen(BACKLOG)
    return found


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
    return True
