"""Blocking work on a loop of virtual time: threads for which the loop stands still, unless they wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, TypeVarTuple, Unpack

from telic.errors import UsageError
from telic.worlds.simulated import traps
from telic.worlds.simulated.errands import Errand, current, require_current

T = TypeVar("T")
Args = TypeVarTuple("Args")


def _refused(what: str) -> Any:
    def refuse(loop: object, *args: object, **named: object) -> None:
        traps.stop(what)
        raise NotImplementedError(f"whoever {what} needs a loop on the machine's time")

    return refuse


class BlockingLoop(asyncio.BaseEventLoop):
    """An event loop whose `run_in_executor` lets one thing happen at a time.

    Attributes
    ----------
    patience
        How much CPU time may go by while time stands still, before somebody is said to spin [s].
    """

    patience: float
    subprocess_exec = subprocess_shell = _refused("starts a process")
    create_unix_connection = create_unix_server = _refused("opens a socket")
    connect_read_pipe = connect_write_pipe = _refused("opens a pipe")
    add_reader = add_writer = _refused("waits for a file")
    add_signal_handler = _refused("waits for a signal")

    def __init__(self) -> None:
        super().__init__()
        self._errands: dict[Errand, None] = {}

    def fail(self, error: BaseException) -> None:
        """Stop and raise `error` from whatever runs the loop."""
        raise error

    def wait_for_virtual(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Park this thread, which `run_in_executor` started, until the loop has run `coroutine`; return its result."""
        return require_current().wait_for(coroutine)

    def ask(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Return the result of `coroutine`, from a thread of `run_in_executor` or while nobody runs the loop.

        Raises
        ------
        UsageError
            From a callback or a task of this loop, which would wait for itself.
        """
        if current() is not None:
            return self.wait_for_virtual(coroutine)
        if self.is_running():
            coroutine.close()
            raise UsageError("a task of the loop asks the loop to wait for it", hint="await the coroutine")
        return self.run_until_complete(coroutine)

    def run_in_executor(self, executor: object, func: Callable[[Unpack[Args]], T], *args: *Args) -> asyncio.Future[T]:
        """Run ``func(*args)`` in a thread while the loop stands still; `executor` is not asked.

        Inside, `wait_for_virtual` lets the loop go on until what is waited for is done.
        """
        future: asyncio.Future[T] = self.create_future()

        def done(result: object, error: BaseException | None) -> None:
            del self._errands[errand]
            if future.done():
                return
            if isinstance(error, StopIteration):  # a future cannot hold it
                error = RuntimeError("the work raised StopIteration")
            if error is None:
                future.set_result(result)  # type: ignore[arg-type]
            elif isinstance(error, asyncio.CancelledError):
                future.cancel()
            else:
                future.set_exception(error)

        errand = Errand(self, lambda: func(*args), done)
        self._errands[errand] = None
        self.call_soon(errand.begin)
        return future

    def _abandon_errands(self) -> None:
        for errand in tuple(self._errands):
            errand.abandon()
