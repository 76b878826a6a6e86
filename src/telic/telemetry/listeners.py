"""Sockets that telemetry comes in on: inherited ones, ports and the unix socket."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from pathlib import Path

from telic.errors import PortInUse, UsageError, WorldUnavailable

BACKLOG = 256  # [1]
OWNED = "end it (`telic down` a system's, Ctrl-C that of `telic serve`), or name another folder (--state)"
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
    return _listening(address, *host_and_port(address))


def network(address: str) -> socket.socket:
    """Listen on ``HOST:PORT`` of any interface, as `loopback` does of this machine's own: who reaches it can write."""
    return _listening(address, *host_and_port(address, remote=True))


def host_and_port(address: str, *, remote: bool = False) -> tuple[str, int]:
    """Read ``HOST:PORT``; HOST is an address of this machine alone, unless others may send (`remote`).

    Raises
    ------
    UsageError
        It is none.
    """
    host, _, port = address.rpartition(":")
    host = {"": "127.0.0.1", "localhost": "127.0.0.1"}.get(host.strip("[]"), host.strip("[]"))
    try:
        loopback = ipaddress.ip_address(host).is_loopback
        number = int(port)
    except ValueError as error:
        raise UsageError(f"{address!r} is no HOST:PORT", hint="for example 127.0.0.1:4318") from error
    if not loopback and not remote:
        hint = "listen on 127.0.0.1 and put a collector in front, or let others send: `telic serve --allow-remote`"
        raise UsageError(f"{host} is not on this machine alone", hint=hint)
    return host, number


def is_remote(address: str) -> bool:
    """Whether other machines reach ``HOST:PORT``."""
    return not ipaddress.ip_address(host_and_port(address, remote=True)[0]).is_loopback


def _listening(address: str, host: str, port: int) -> socket.socket:
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
        found.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        found.close()
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            hint = "end it, or choose another: --listen HOST:PORT"
            raise PortInUse(f"port {port} belongs to another process", hint=hint) from error
        raise UsageError(f"cannot listen on {address}: {error}", hint="choose another port") from error
    return found


def unix(path: Path) -> socket.socket:
    """Listen on a unix socket that only this user may open; replace one that nobody listens on."""
    if len(os.fsencode(path)) > PATH_MAX:
        raise UsageError(f"{path} is longer than {PATH_MAX} bytes", hint="choose a shorter run folder")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists():
        if _answers(path):
            raise WorldUnavailable(f"another receiver listens on {path}", hint=OWNED)
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
