"""Users sign up before the measured time, so that a run begins with the mix it goes on with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from telic.worlds.load.exchange import Answer, Ask, Exchange
from telic.worlds.load.flows.crud import Crud
from telic.worlds.load.flows.desk import Desk
from telic.worlds.load.generator import Way
from telic.worlds.load.plan import Planned

USERS = 16  # of each kind of account [1]; making one and logging in costs two password hashes
WITHIN = 4.0  # for all of them; a system that is slow or down is measured with fewer [s]


async def welcome(desk: Desk, way: Way, host: str, now: Callable[[], float], *, at_once: int = 1) -> None:
    """Let users of every ``crud`` flow sign up and log in; nothing of it is recorded.

    Parameters
    ----------
    desk
        Whose flows get users.
    way
        Carries the requests.
    host
        Named in every request.
    now
        The monotonic clock [s].
    at_once
        How many do so at the same time [1]; the flows learn of them in the same order anyhow.
    """
    end = now() + WITHIN
    for flow in desk.flows():
        if not isinstance(flow, Crud):
            continue
        for first in range(0, USERS, at_once):
            for verb in ("create", "login") if flow.logs_in else ("create",):
                numbers = range(first, min(first + at_once, USERS))
                asks = [_ask(flow, verb, number) for number in numbers]
                if not await _carried(asks, way, host, now, end):
                    return


def _ask(flow: Crud, verb: str, number: int) -> Ask:
    planned = Planned(-1 - number, 0.0, f"welcome.{verb}", number, 7919 * number + len(verb))
    return flow.enter(planned) if verb == "login" else flow.ask(planned)


async def _carried(asks: Sequence[Ask], way: Way, host: str, now: Callable[[], float], end: float) -> bool:
    """Send `asks` and let their flow learn from the answers, in order; False when there is no time left."""
    sent = [_Sent(ask, way, host, now()) for ask in asks]
    await asyncio.wait([each.answered for each in sent], timeout=max(0.01, end - now()))
    in_time = all(each.answered.done() for each in sent)
    for each in sent:
        each.ask.judge(each.answer(way))
    return in_time


class _Sent:
    """A request that was sent."""

    def __init__(self, ask: Ask, way: Way, host: str, at: float) -> None:
        self.ask = ask
        self.answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._exchange = Exchange(ask, host, at, self._ended)
        way.submit(self._exchange)

    def answer(self, way: Way) -> Answer:
        """Return its answer; it is given up where there is none yet."""
        if not self.answered.done():
            way.drop(self._exchange)
            self._exchange.finish(Answer(problem="timeout"))
        return self.answered.result()

    def _ended(self, exchange: Exchange) -> None:
        if exchange.answer is not None and not self.answered.done():
            self.answered.set_result(exchange.answer)
