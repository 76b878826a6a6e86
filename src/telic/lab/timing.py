"""How long the steps of a journey take."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def timed(timings: dict[str, float], name: str) -> Iterator[None]:
    """Note under `name` how long the block takes, on the machine's clock [s]."""
    begun = time.monotonic()
    yield
    timings[name] = time.monotonic() - begun
