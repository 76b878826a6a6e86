"""What a virtual event loop will do: a callback with its context, now or at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any


class Soon(asyncio.Handle):
    """A callback that is due."""

    __slots__ = ()

    def __init__(self, callback: Callable[..., object], args: tuple[Any, ...], context: Context) -> None:
        self._callback: Callable[..., object] | None = callback
        self._args, self._context, self._cancelled = args, context, False

    def cancel(self) -> None:
        """Let it not happen."""
        self._cancelled = True
        self._callback, self._args = None, ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'cancelled' if self._cancelled else self._callback!r}>"


class Later(asyncio.TimerHandle):
    """A callback that is due at a time; `forget` is told when it is cancelled."""

    __slots__ = ("_forget",)

    def __init__(
        self,
        when: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: Context,
        forget: Callable[[], None],
    ) -> None:
        self._when, self._forget = when, forget
        self._callback: Callable[..., object] | None = callback
        self._args, self._context, self._cancelled = args, context, False

    def cancel(self) -> None:
        """Let it not happen."""
        if not self._cancelled:
            self._cancelled = True
            self._callback, self._args = None, ()
            self._forget()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self._when} {'cancelled' if self._cancelled else self._callback!r}>"
