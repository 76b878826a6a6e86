"""How much memory the statements of others may take beside what the engine counts.

DuckDB's own limit leaves out the values that a function makes: one ``repeat('x', 1000000000)`` over a thousand rows
asks for a terabyte before anybody can end the query, and the kernel then ends whichever process it likes.
"""

from __future__ import annotations

import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MOST = 1 << 30  # of address space above what the process has when a query begins [bytes]
_STATM = Path("/proc/self/statm")  # in pages; the first number is the address space


class _Limit:
    """The process's own limit of address space, lowered while queries run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0  # queries [1]
        self._before = resource.RLIM_INFINITY  # the limit before the first of them [bytes]

    def begin(self, most: int) -> None:
        with self._lock:
            if not self._running:
                self._before = resource.getrlimit(resource.RLIMIT_AS)[0]
            self._running += 1
            if _STATM.exists():
                wanted = int(_STATM.read_text().split()[0]) * resource.getpagesize() + most
                _set(wanted if self._before == resource.RLIM_INFINITY else min(wanted, self._before))

    def end(self) -> None:
        with self._lock:
            self._running -= 1
            if not self._running:
                _set(self._before)


def _set(soft: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (soft, resource.getrlimit(resource.RLIMIT_AS)[1]))


_LIMIT = _Limit()


@contextmanager
def bounded(most: int = MOST) -> Iterator[None]:
    """Let the process have at most `most` more memory [bytes] while the block lasts; where there is no Linux, any.

    Who asks for more is refused, which DuckDB says as its `OutOfMemoryException`. Blocks may overlap in several
    threads: the limit is that of the one that began last, and ends with the one that ends last.
    """
    _LIMIT.begin(most)
    try:
        yield
    finally:
        _LIMIT.end()
