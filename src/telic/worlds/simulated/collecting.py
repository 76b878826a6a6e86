"""The garbage collector while virtual loops live: requests make few cycles, and what a world is made of stays."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Iterator
from contextlib import contextmanager

_EVERY = (50_000, 20, 20)  # objects, and collections of the younger generation, between two collections [1]
_alive: list[tuple[int, int, int]] = []  # for each loop that lives, the thresholds before it
_settled = False
_blocks = itertools.count(1).__next__
_THOROUGH = 8  # blocks between two collections of everything [1]


def begin() -> None:
    """Collect more seldom, for one loop more."""
    _alive.append(gc.get_threshold())
    gc.set_threshold(*_EVERY)


def settle() -> None:
    """Leave what there is now alone until the last loop has ended: it was made to stay."""
    global _settled
    _settled = True
    gc.freeze()


def end() -> None:
    """Collect as before, once the last loop has ended."""
    global _settled
    before = _alive.pop()
    if not _alive:
        if _settled:
            gc.unfreeze()
        _settled = False
        gc.set_threshold(*before)


@contextmanager
def leftovers() -> Iterator[None]:
    """Collect what the block leaves behind: worlds end as cycles of few objects and many megabytes.

    What was there before is looked through every eighth time only, for worlds that somebody held on to for longer.
    """
    gc.freeze()
    try:
        yield
    finally:
        if _blocks() % _THOROUGH == 0:
            gc.unfreeze()
        gc.collect()
        gc.unfreeze()
