"""Where requests of users go in on virtual time: a system that calls back, or a coroutine that answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Protocol, runtime_checkable

from telic.runtime.server.messages import Request, Response
from telic.worlds.load.exchange import Line

Handle = Callable[[Request], Coroutine[Any, Any, Response]]
"""Answers a request at the entry; raises `TransportFailed` or OSError where no answer comes.
Cancelling it is what a closed connection is to a server."""
Ended = Callable[[int, bytes, BaseException | None], None]
"""Gets status and body of the answer, or the error in its place."""


@runtime_checkable
class Entry(Protocol):
    """Takes requests without a task for each."""

    def begin(self, request: Request, ended: Ended) -> Line:
        """Send a request in; `ended` is called once, later, unless what is returned is dropped before."""
        ...


class Handled:
    """An entry that is a coroutine function: each request is a task."""

    def __init__(self, handle: Handle) -> None:
        self._handle, self._loop = handle, asyncio.get_running_loop()

    def begin(self, request: Request, ended: Ended) -> Line:
        """Handle a request."""
        task = self._loop.create_task(self._handle(request))
        task.add_done_callback(partial(_tell, ended))
        return Carried(task)


class Carried:
    """A request that is being handled; its caller may leave."""

    __slots__ = ("_task",)

    def __init__(self, task: asyncio.Task[Response]) -> None:
        self._task = task

    def drop(self) -> None:
        """Leave: whoever handles it is cancelled."""
        self._task.cancel()


def _tell(ended: Ended, task: asyncio.Task[Response]) -> None:
    if task.cancelled():
        ended(0, b"", asyncio.CancelledError())
    elif (error := task.exception()) is not None:
        ended(0, b"", error)
    else:
        ended(task.result().status, task.result().body, None)
