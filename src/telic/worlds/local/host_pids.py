"""Process ids across the border of a pid namespace, told by the kernel through SCM_CREDENTIALS."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct

_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid: struct ucred
_ANSWER_WITHIN = 1.0  # [s]


class HostPids:
    """Asked inside a namespace: what the host calls one of our processes.

    Parameters
    ----------
    border
        Our end of a datagram socket pair whose other end `keep` holds outside; None where there is no border.
    """

    def __init__(self, border: socket.socket | None) -> None:
        self._border = border
        if border is not None:
            border.settimeout(_ANSWER_WITHIN)

    def of(self, pid: int) -> int:
        """Return the host's number of process `pid`; 0 when it has gone."""
        if self._border is None:
            return pid
        try:
            self._border.sendmsg([b"?"], [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, _CREDENTIALS.pack(pid, 0, 0))])
            return int(self._border.recv(32))
        except OSError:  # no such process, or nobody outside
            return 0


def translate(border: socket.socket) -> None:
    """Answer one question, outside: the kernel has translated the process id already."""
    _, credentials, _, _ = border.recvmsg(16, socket.CMSG_SPACE(_CREDENTIALS.size))
    pid = _CREDENTIALS.unpack(credentials[0][2])[0] if credentials else 0
    border.send(str(pid).encode())


def border() -> tuple[socket.socket, socket.socket]:
    """Return the outer and the inner end."""
    outer, inner = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    outer.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    return outer, inner


def keep(child: int, outer: socket.socket) -> int:
    """Stay outside for as long as pid 1 of the world lives: translate ids, pass SIGTERM on; return its exit code.

    When this process is killed, the kernel kills pid 1 and with it the world.
    """
    wake_reader, wake_writer = os.pipe()
    os.set_blocking(wake_writer, False)
    signal.set_wakeup_fd(wake_writer)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.signal(signal.SIGTERM, lambda number, frame: _pass_on(child, number))
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    waiting: list[socket.socket | int] = [outer, wake_reader]
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        ready, _, _ = select.select(waiting, [], [])
        if wake_reader in ready:
            os.read(wake_reader, 64)
        if outer in ready:
            with contextlib.suppress(OSError):  # pid 1 is ending
                translate(outer)


def _pass_on(child: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, number)
