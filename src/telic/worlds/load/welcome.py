"""Users sign up before the measured time, so that a run begins with the mix it goes on with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from telic.worlds.load.exchange import Answer, Ask, Exchange
from telic.worlds.load.flows.crud import Crud
from telic.worlds.load.flows.desk import Desk
from telic.worlds.load.generator import Way
from telic.worlds.load.plan import Planned

USERS = 16  # of each kind of account [1]; making one and logging in costs two password hashes
WITHIN = 4.0  # for all of them; a system that is slow or down is measured with fewer [s]


async def welcome(desk: Desk, way: Way, host: str, now: Callable[[], float]) -> None:
    """Let users of every ``crud`` flow sign up and log in, one after the other; nothing of it is recorded.

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
    """
    end = now() + WITHIN
    for flow in desk.flows():
        if not isinstance(flow, Crud):
            continue
        for number in range(USERS):
            for verb in ("create", "login") if flow.logs_in else ("create",):
                planned = Planned(-1 - number, 0.0, f"welcome.{verb}", number, 7919 * number + len(verb))
                ask = flow.enter(planned) if verb == "login" else flow.ask(planned)
                if not await _carried(ask, way, host, now, end):
                    return


async def _carried(ask: Ask, way: Way, host: str, now: Callable[[], float], end: float) -> bool:
    """Send `ask` and let its flow learn from the answer; False when there is no time left."""
    answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def ended(exchange: Exchange) -> None:
        if exchange.answer is not None and not answered.done():
            answered.set_result(exchange.answer)

    exchange = Exchange(ask, host, now(), ended)
    way.submit(exchange)
    done, _ = await asyncio.wait([answered], timeout=max(0.01, end - now()))
    if not done:
        way.drop(exchange)
        exchange.finish(Answer(problem="timeout"))
    ask.judge(await answered)
    return bool(done)
