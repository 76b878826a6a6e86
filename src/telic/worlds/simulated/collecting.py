"""The garbage collector while virtual loops live: requests make few cycles, and what a world is made of stays."""

from __future__ import annotations

import gc

_EVERY = (50_000, 20, 20)  # objects, and collections of the younger generation, between two collections [1]
_alive: list[tuple[int, int, int]] = []  # for each loop that lives, the thresholds before it


def begin() -> None:
    """Collect more seldom, for one loop more."""
    _alive.append(gc.get_threshold())
    gc.set_threshold(*_EVERY)


def settle() -> None:
    """Leave what there is now alone until the last loop has ended: it was made to stay."""
    gc.freeze()


def end() -> None:
    """Collect as before, once the last loop has ended."""
    before = _alive.pop()
    if not _alive:
        gc.unfreeze()
        gc.set_threshold(*before)
