"""A made-up system: who calls whom, how long work takes, and what one request leaves behind."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

_NAMES = (
    *("gateway", "catalog", "basket", "billing", "ledger", "shipping", "profile", "reviews", "pricing", "session"),
    *("notifier", "inventory", "recommender", "geo", "quota", "audit", "translator", "scheduler"),
)
_STORES = ("orders-db", "users-db", "redis-main", "events-db")


@dataclass(frozen=True)
class System:
    """Entities in the order of their depth, the entry first; edges go from lower to higher places."""

    services: tuple[str, ...]
    stores: tuple[str, ...]
    calls: Mapping[str, tuple[tuple[str, float], ...]]  # callee, share of the requests that call it [1]
    own: Mapping[str, float]  # of one request [s]
    idle: Mapping[str, float]  # CPU without requests [1]

    @property
    def names(self) -> tuple[str, ...]:
        """Services and stores."""
        return (*self.services, *self.stores)

    @property
    def entry(self) -> str:
        """Where requests come in."""
        return self.services[0]


@dataclass(frozen=True)
class Asked:
    """One call as the caller sees it."""

    callee: str
    place: int  # of the callee's work in the request's list; -1: nobody answered
    start: float
    end: float
    failed: bool


@dataclass
class Work:
    """One piece of work of one entity inside a request."""

    entity: str
    parent: int  # place of the caller in the request's list; -1: none
    start: float  # [s since the Unix epoch]
    end: float = 0.0
    failed: bool = False
    lines: list[tuple[float, str, str]] = field(default_factory=list)  # time, level, text
    asks: list[Asked] = field(default_factory=list)


@dataclass
class Touch:
    """What something that happens does to one piece of work; a fault overrides what it changes."""

    slower: float = 1.0  # times the own work [1]
    waits: float = 0.0  # before anything else [s]
    fails: bool = False  # after its own work, before it calls anybody
    absent: bool = False  # nobody answers
    says: tuple[str, str] | None = None  # level and text that it logs
    complains: str = ""  # what the caller logs where it fails
    on_the_way: float = 0.0  # between caller and callee [s]


Happens = Callable[[str, str, float, random.Random], Touch | None]  # entity, caller, time


def system(chance: random.Random) -> System:
    """Draw a system of 5 to 11 services and 1 to 3 stores."""
    services = tuple(chance.sample(_NAMES, chance.randint(5, 11)))
    stores = tuple(chance.sample(_STORES, chance.randint(1, 3)))
    calls: dict[str, list[tuple[str, float]]] = {each: [] for each in (*services, *stores)}
    for place, callee in enumerate(services[1:], start=1):
        callers = chance.sample(services[: min(place, 4)], 1 if chance.random() < 0.7 or place < 2 else 2)
        for caller in callers:
            calls[caller].append((callee, chance.choice((1.0, 1.0, 0.7, 0.4))))
    for store in stores:
        for caller in chance.sample(services[1:], chance.randint(1, 3)):
            calls[caller].append((store, chance.choice((1.0, 0.6))))
    own = {each: chance.uniform(0.002, 0.040) for each in (*services, *stores)}
    idle = {each: chance.uniform(0.05, 0.4) for each in (*services, *stores)}
    return System(services, stores, {name: tuple(each) for name, each in calls.items()}, own, idle)


def request(made: System, time: float, happening: Sequence[Happens], chance: random.Random) -> list[Work]:
    """Follow one request through the system; the first piece of work is the entry's."""
    found: list[Work] = []
    _serve(made, made.entry, "", -1, time, found, happening, chance)
    return found


def _serve(
    made: System,
    entity: str,
    caller: str,
    parent: int,
    time: float,
    found: list[Work],
    happening: Sequence[Happens],
    chance: random.Random,
) -> tuple[float, bool, str]:
    """Return when the caller goes on, whether the call failed, and what the caller says of it."""
    touches = [touch for each in happening if (touch := each(entity, caller, time, chance)) is not None]
    if any(each.absent for each in touches):
        wait, complaint = max((each.waits, each.complains) for each in touches if each.absent)
        return time + wait, True, complaint
    on_the_way = sum(each.on_the_way for each in touches)
    work = Work(entity, parent, time + on_the_way / 2)
    place = len(found)
    found.append(work)
    now = work.start + sum(each.waits for each in touches)
    slower = max((each.slower for each in touches), default=1.0)
    now += made.own[entity] * slower * chance.lognormvariate(0.0, 0.25)
    for each in touches:
        if each.says is not None:
            work.lines.append((now, *each.says))
    work.failed = any(each.fails for each in touches)
    said = next((each.complains for each in touches if each.fails), "")
    for callee, share in () if work.failed else made.calls[entity]:
        if chance.random() < share:
            began, next_place = now, len(found)
            now, lost, complaint = _serve(made, callee, entity, place, now, found, happening, chance)
            work.asks.append(Asked(callee, next_place if len(found) > next_place else -1, began, now, lost))
            if lost:
                work.failed = True
                if complaint:
                    work.lines.append((now, "ERROR", complaint))
                break
    work.end = now
    return now + on_the_way / 2, work.failed, said
