"""The path that a service takes to a store, and the end of a wait for what goes over it."""

from __future__ import annotations

from asyncio import Future
from typing import Protocol


class Link(Protocol):
    """The weather of the path that a service takes to a store."""

    @property
    def clear(self) -> bool:
        """Whether messages pass at once, both ways."""
        ...

    @property
    def drop(self) -> bool:
        """Whether nothing passes."""
        ...

    @property
    def delay(self) -> float:
        """How late messages are, each way [s]."""
        ...

    @property
    def fail(self) -> float:
        """Share of messages that are answered by a reset [1]."""
        ...

    def trip(self, size: int = 0, /) -> float:
        """Return how late a message and its answer are together [s]."""
        ...


def woken(done: Future[None]) -> None:
    """End a wait that may have been cancelled."""
    if not done.done():
        done.set_result(None)
