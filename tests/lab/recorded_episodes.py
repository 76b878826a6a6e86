"""Records of episodes as `telic lab run` leaves them: a hotel, a fault at 20 s, harm from 21 s, well again at 30 s."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from telic.lab.scenario import Placed, Scenario
from telic.lab.session import Brief, Called, Cited, Claims, Condition, Cost, Episode, Post, ToolCard
from telic.model import Action, ActionRecord, Tally, Truth, Window

START = 1_790_000_000.0
FAULT, HARM, ACTED, WELL, DONE, END = 20.4, 21, 28.5, 30, 32.0, 47.0
OPERATIONS = {"F1": 20, "F2": 8}


def tallies(harmed: Iterable[int] = range(HARM, WELL), end: float = END) -> tuple[Tally, ...]:
    """Users by second; in `harmed` seconds since the start half of F1 goes wrong."""
    bad = set(harmed)
    return tuple(
        Tally(int(START) + second, name, rate - (rate // 2 if second in bad and name == "F1" else 0),
              rate // 2 if second in bad and name == "F1" else 0)
        for second in range(int(end))
        for name, rate in OPERATIONS.items()
    )  # fmt: skip


def action(time: float = ACTED, target: str = "hotel", verb: str = "restart") -> ActionRecord:
    return ActionRecord("a1", "", Action(verb, target), "applied", START + time, START + time)


def claims(**changed: Any) -> Claims:
    times = dict.fromkeys(("healthy", "entity", "mechanism"), START + 26.0)
    whole = Claims(
        False, "hotel", "hang", START + 21.0, ("hotel", "search", "gateway"),
        (Cited("spans hotel", "no spans since 0:20", True),), START + 26.0, times,
    )  # fmt: skip
    return replace(whole, **changed)


def make(**changed: Any) -> Episode:
    """A whole, rightly operated episode; `changed` replaces fields."""
    phases = {
        "warm": Window(START, START + 6),
        "baseline": Window(START + 6, START + 18),
        "hold": Window(START + FAULT, START + DONE),
        "recovery": Window(START + DONE, START + END),
    }
    tools = (
        ToolCard("metrics", "reads", {}), ToolCard("restart", "restarts", {}, writes=True), ToolCard("submit", "", {})
    )  # fmt: skip
    whole = Episode(
        scenario=Scenario("hotel-hang", faults=(Placed("hang"),)),
        scenario_hash="sha256:1",
        seed=1,
        world="simulated",
        actor="telic",
        telic="0",
        hashes={},
        phases=phases,
        brief=Brief("hotel", "gateway", (), tools=tools, began=START + 6),
        truth=(Truth("hang", "hotel", "hang", ("hotel-1",), injected=START + FAULT),),
        calls=(Called(START + 24, "metrics", {"service": "hotel"}, 1.0), Called(START + ACTED, "restart", {}, 1.0)),
        claims=claims(),
        users=tallies(),
        actions=(action(),),
        post=Post((Condition("every process of hotel runs", True),), (Condition("no room is booked twice", True),)),
        cost=Cost(2, 26.0),
        ended="submitted",
    )
    return replace(whole, **changed)


def calm(**changed: Any) -> Episode:
    """An episode in which nothing is wrong, rightly left alone."""
    said = Claims(True, submitted=START + 30, times={"healthy": START + 30})
    quiet = make(
        scenario=Scenario("hotel-calm"), truth=(), claims=said, users=tallies(()), actions=(), calls=(), post=Post()
    )
    return replace(quiet, **changed)
