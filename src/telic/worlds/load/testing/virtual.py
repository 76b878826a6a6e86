"""The model system on virtual time, without sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from telic.clock import VirtualClock
from telic.worlds.load.exchange import Answer, Exchange
from telic.worlds.load.testing.system import ModelSystem, Reply


class VirtualTimer:
    """A timer on a virtual clock."""

    def __init__(self, clock: VirtualClock, due: Callable[[], None]) -> None:
        self._clock, self._due = clock, due
        self._task: asyncio.Task[None] | None = None

    def at(self, when: float) -> None:
        """Call back at `when` [s]."""
        self.close()
        self._task = asyncio.ensure_future(self._wait(when))

    def close(self) -> None:
        """Never call back again."""
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
        self._task = None

    async def _wait(self, when: float) -> None:
        await self._clock.sleep(when - self._clock.monotonic())
        self._due()


class VirtualWay:
    """Carries exchanges to a model system that takes `latency` [s] for an answer, or never gives one.

    Attributes
    ----------
    latency
        Time of day [s] to how long an answer takes from then on [s]; None is for ever.
    reply
        What becomes of right answers.
    """

    def __init__(self, clock: VirtualClock, system: ModelSystem, latency: Callable[[float], float | None]) -> None:
        self._clock, self._system = clock, system
        self.latency = latency
        self.reply: Callable[[str, Reply], Reply] = lambda operation, reply: reply
        self.submitted: list[tuple[float, str, bytes]] = []  # when, operation, request
        self._tasks: set[asyncio.Task[None]] = set()

    def submit(self, exchange: Exchange) -> None:
        """Carry an exchange."""
        self.submitted.append((self._clock.monotonic(), exchange.ask.operation, exchange.payload()))
        task = asyncio.ensure_future(self._carry(exchange))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def drop(self, exchange: Exchange) -> None:
        """Give up an exchange: what was asked may still be done."""

    async def _carry(self, exchange: Exchange) -> None:
        ask, latency = exchange.ask, self.latency(self._clock.monotonic())
        if latency is None:
            return
        await self._clock.sleep(latency)
        body = msgspec.json.decode(msgspec.json.encode(ask.body))
        right = self._system.answer(ask.operation, body, token=ask.token, key=ask.key)
        given = self.reply(ask.operation, right)
        exchange.finish(Answer(given.status, msgspec.json.decode(msgspec.json.encode(given.body))))
