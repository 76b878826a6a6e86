"""Checks on what a system answers: a user who reads a few times a second, and knows from the intent what is right.

It is the load's own generator with little to do: the same questions, the same judgement of answers. Nothing is written,
so that real data stays as it is, and what is asked needs no account.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from telic.clock import Clock
from telic.model import AnswerStep, Design
from telic.worlds.load import simulated
from telic.worlds.load.entry import Entry, Handle
from telic.worlds.load.knowledge import Knowledge
from telic.worlds.load.order import Order, prepare
from telic.worlds.load.pace import make_timer
from telic.worlds.load.pool import Pool
from telic.worlds.load.record import SecondLine
from telic.worlds.load.run import address

RATE = 6.0  # questions of all operations together [1/s]
SELDOM = 0.1  # share of users' requests from which an operation is asked for as often as it is used [1]
SEED = 104_729  # of what is asked in the first turn
FOREVER = 30 * 86_400.0  # longer than anybody watches [s]
READS = frozenset({"geo_search", "list_by_ref", "find_by_prefix", "find_similar", "complete", "count_by_ref"})
"""Kinds of operations whose answers can be judged by whoever only reads."""
UNSURE = frozenset({"wrong_count"})  # said of answers that others' writes make right
WRONG = "wrong_"  # so begin the reasons of answers that say something untrue


def questions(knowledge: Knowledge) -> Mapping[str, str]:
    """Return what can be checked: ids of the intent's operations to names of the entry's."""
    loaded = {each.partition(".")[0] for workload in knowledge.design.workloads for each in workload.mix}
    chosen = [
        each
        for each in knowledge.intent.operations
        if each.kind in READS and each.auth == "none" and not each.show and each.id in loaded
    ]
    return {each.id: knowledge.serving(each)[0].name for each in chosen}


def order(made: Design, url: str, asked: Mapping[str, str], turn: int = 0) -> Order:
    """Return the order of the checks: operations as often as users ask for them, and none of them rarely."""
    shares = _shares(made)
    weights = {each: max(shares[each], SELDOM) for each in asked}
    return Order(
        design=made.folder,
        url=url,
        workload=made.workloads[0].id,
        record=Path(),
        rate=RATE,
        seed=SEED + turn,
        seconds=FOREVER,
        quiet=True,
        mix=",".join(f"{each}={weight:.3f}" for each, weight in weights.items()),
    )


def _shares(made: Design) -> Counter[str]:
    """Return the share of each operation in the first workload [1]."""
    mix = made.workloads[0].mix
    shares: Counter[str] = Counter()
    for name, weight in mix.items():
        shares[name.partition(".")[0]] += weight / sum(mix.values())  # type: ignore[assignment]
    return shares


async def live(made: Design, url: str, clock: Clock, tell: Callable[[AnswerStep], None], turn: int = 0) -> None:
    """Ask over the network until cancelled; nothing where the intent has nothing that can be checked."""
    knowledge = await asyncio.to_thread(Knowledge, made.folder)
    asked = questions(knowledge)
    if asked:
        await _drive(order(made, url, asked, turn), clock, _telling(asked, tell), knowledge)


async def on_virtual_time(
    made: Design,
    clock: Clock,
    entry: Entry | Handle,
    knowledge: Knowledge,
    tell: Callable[[AnswerStep], None],
    turn: int = 0,
) -> None:
    """Ask a simulated system until cancelled; nothing where the intent has nothing that can be checked."""
    asked = questions(knowledge)
    if asked:
        wanted = order(made, "", asked, turn)
        await simulated.run(wanted, clock, entry, write=_telling(asked, tell), knowledge=knowledge)


async def _drive(wanted: Order, clock: Clock, write: Callable[[SecondLine], None], knowledge: Knowledge) -> None:
    host, port = address(wanted.url)
    pool, named = Pool(host, port), f"{host}:{port}"
    generator = prepare(wanted, clock, knowledge).generator(pool, named, timer=make_timer, write=write)
    try:
        await generator.run()
    finally:
        await pool.close()


def _telling(asked: Mapping[str, str], tell: Callable[[AnswerStep], None]) -> Callable[[SecondLine], None]:
    def write(line: SecondLine) -> None:
        for id_, row in line.operations.items():
            reasons = {
                name: count for name, count in row.reasons.items() if name.startswith(WRONG) and name not in UNSURE
            }
            late = row.reasons.get("late", 0)
            came = row.good + late + sum(count for name, count in row.reasons.items() if name.startswith(WRONG))
            if came:
                what = next(iter(reasons), "").removeprefix(WRONG)
                tell(AnswerStep(float(line.second), asked[id_], came, sum(reasons.values()), what))

    return write
