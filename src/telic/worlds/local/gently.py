"""Starting a world beside one that is measured: on half of the machine's processors, until it is up."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from telic.worlds.local import proc


@contextlib.contextmanager
def half() -> Iterator[None]:
    """Let this thread, and every process that it starts, run on the later half of its processors.

    Unlike a lower priority, which nobody but root can take back, it can be undone: see `whole`.
    """
    processors = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, processors[len(processors) // 2 :])
    try:
        yield
    finally:
        os.sched_setaffinity(0, processors)


def whole(pid: int) -> None:
    """Let a process, its descendants and all their threads run wherever this thread may."""
    processors = os.sched_getaffinity(0)
    for _ in range(2):  # what began while we looked has begun on the half
        for each in proc.family(pid):
            with contextlib.suppress(OSError):  # it, or one of its threads, has ended
                for thread in os.listdir(f"/proc/{each}/task"):
                    os.sched_setaffinity(int(thread), processors)
