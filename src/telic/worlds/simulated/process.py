"""A process of a simulated world, as its supervisor and whoever hurts it see it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, Protocol


class Body(Protocol):
    """What a simulated process does; a service instance or a store."""

    def terminate(self) -> Coroutine[Any, Any, None]:
        """End in good order, in its own time."""
        ...

    def kill(self) -> None:
        """End at once, whatever is under way."""
        ...

    def stop(self) -> None:
        """Stand still."""
        ...

    def resume(self) -> None:
        """Go on."""
        ...

    def throttle(self, share: float) -> None:
        """Run on `share` [1] of one CPU."""
        ...

    def cpu_seconds(self) -> float:
        """Return the CPU time used [s]."""
        ...

    def kept_seconds(self) -> float:
        """Return for how long it was kept from running [s]."""
        ...


class SimulatedProcess:
    """Implements `supervised.Running`.

    Parameters
    ----------
    exited
        Gets the exit code; the body sets it where it ends by itself.
    """

    def __init__(self, pid: int, body: Body, exited: asyncio.Future[int]) -> None:
        self.pid = self.host_pid = pid
        self.body, self.exited = body, exited
        self.stopped = False
        self._ending: asyncio.Task[None] | None = None

    @property
    def state(self) -> str:
        """The process state as the kernel names it."""
        return "T" if self.stopped else "S"

    def send(self, number: int) -> None:
        """Send a signal; one that has ended takes none."""
        if self.exited.done():
            return
        if number == signal.SIGKILL:
            self._end(-signal.SIGKILL)
        elif number == signal.SIGSTOP:
            self.stopped = True
            self.body.stop()
        elif number == signal.SIGCONT:
            self.stopped = False
            self.body.resume()
        elif self._ending is None:
            self._ending = self.exited.get_loop().create_task(self._terminate())

    def throttle(self, share: float) -> None:
        """Let it have `share` [1] of one CPU."""
        self.body.throttle(share)

    async def stop(self, *, grace: float, number: int = signal.SIGTERM) -> None:
        """Ask it to end, and kill it after `grace` [s]; a stopped process is woken first."""
        self.send(number)
        self.send(signal.SIGCONT)
        await asyncio.wait([self.exited], timeout=grace)
        self.send(signal.SIGKILL)

    async def _terminate(self) -> None:
        await self.body.terminate()
        self._end(0)

    def _end(self, code: int) -> None:
        if self.exited.done():
            return
        self.body.kill()
        self.exited.set_result(code)
