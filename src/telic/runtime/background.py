"""Blocking work in threads with a capacity of its own, so that it cannot take the service's."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from telic.runtime.failures import Overloaded

T = TypeVar("T")


class ThreadBackground:
    """Implements `telic.runtime.ports.Background`.

    Parameters
    ----------
    threads
        Works done at once [1].
    queue
        Works that may wait [1].
    """

    def __init__(self, threads: int = 2, queue: int = 32) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="telic-background")
        self._most, self._present = threads + queue, 0

    async def run(self, work: Callable[..., T], *args: object) -> T:
        """Run ``work(*args)`` in a thread; raise `Overloaded` when too much waits already."""
        if self._present >= self._most:
            raise Overloaded("too much background work waits")
        context = contextvars.copy_context()
        self._present += 1
        future = asyncio.get_running_loop().run_in_executor(self._threads, lambda: context.run(work, *args))
        future.add_done_callback(self._finished)
        return await future

    def close(self) -> None:
        """Let go of the threads; what has not begun will not."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _finished(self, _: object) -> None:
        self._present -= 1
