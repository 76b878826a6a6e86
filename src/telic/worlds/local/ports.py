"""Ports of a world: counted up inside a namespace, probed on a shared host."""

from __future__ import annotations

import errno
import itertools
import socket
from collections.abc import Callable, Iterable

FIRST_PORT, LAST_PORT = 21_001, 29_999  # below the ephemeral range (32768 and up) [1]


class Ports:
    """Hands out ports that nobody has.

    Parameters
    ----------
    taken
        Ports that are spoken for.
    free
        Whether one can listen on a port; default: by trying.
    """

    def __init__(self, taken: Iterable[int] = (), free: Callable[[int], bool] | None = None) -> None:
        self._taken, self.is_free = set(taken), free or is_free
        self._next = itertools.cycle(range(FIRST_PORT, LAST_PORT))

    def allocate(self) -> int:
        """Return a port on which one can listen now."""
        for port in itertools.islice(self._next, LAST_PORT - FIRST_PORT):
            if port not in self._taken and self.is_free(port):
                self._taken.add(port)
                return port
        raise OSError(errno.EADDRINUSE, f"no free port between {FIRST_PORT} and {LAST_PORT}")

    def release(self, port: int) -> None:
        """Let others have it."""
        self._taken.discard(port)


def is_free(port: int) -> bool:
    """Whether one can listen on this port of loopback now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def listen(port: int, *, backlog: int = 1024) -> socket.socket:
    """Return a listening socket on loopback; port 0 picks one."""
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(backlog)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener
