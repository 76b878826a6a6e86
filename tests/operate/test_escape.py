"""A collapse on virtual time: named, escaped from, opened slowly; and taken up again by the next operator."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.operate.faults import Fault
from tests.operate.hotel import START, Hotel, broken
from tests.operate.test_diagnosis import BEGINS, OBJECTIVES
from tests.operate.test_response import run

from telic.clock import VirtualClock
from telic.model import Action, ActionRecord, Diagnosis, Incident, Undo, recovered, user_harm
from telic.operate.actor import StatisticalActor
from telic.operate.health import ObjectiveHealth
from telic.operate.looks import StoreSource
from telic.operate.reopening import shed_now
from telic.operate.watch import Watch
from telic.runtime.wiring import NodePolicy

COLLAPSE = Fault("metastable-overload", "hotel", BEGINS)


def steps(actions: tuple[ActionRecord, ...]) -> list[tuple[str, float, float, str]]:
    return [
        (
            each.action.verb,
            float(each.action.params.get("shed", 0)),
            float(each.action.params.get("budget", 0)),
            each.outcome,
        )
        for each in actions
    ]


def test_a_collapse_is_escaped_and_opened_step_by_step(tmp_path: Path) -> None:
    hotel = broken(COLLAPSE, seed=3)
    (incident,), _ = run(hotel, tmp_path, BEGINS + 24.0)
    assert incident.status == "resolved"
    assert steps(incident.actions)[0] == ("escape", 0.0, 0.0, "helped")
    assert steps(incident.actions)[-1] == ("reopen", 0.0, 0.1, "helped")
    assert {each.outcome for each in incident.actions} == {"helped"}
    harm = user_harm(hotel.tallies(), since=START + BEGINS)
    assert harm is not None
    well = recovered(hotel.tallies(), harm=harm)
    assert well is not None
    assert well - harm <= 10.0


@pytest.mark.parametrize("dies", ["applied", "helped"])
def test_an_operator_that_dies_leaves_the_opening_to_the_next(tmp_path: Path, dies: str) -> None:
    hotel = broken(COLLAPSE, seed=4)
    assert run(hotel, tmp_path, BEGINS + 20.0, dies=dies)[0] == []
    (incident,), _ = run(hotel, tmp_path, BEGINS + 34.0)
    assert incident.status == "resolved"
    assert [each[:3] for each in steps(incident.actions) if each[3] == "helped"][-1] == ("reopen", 0.0, 0.1)
    assert sum(each.action.verb == "escape" for each in incident.actions) == 1


class Shedder(StatisticalActor):
    """Escapes with half of the users shed, and knows nothing else."""

    def decide(self, incident: Incident, diagnosis: Diagnosis) -> Sequence[Action]:
        escaped = any(each.action.verb == "escape" for each in incident.actions)
        return () if escaped else (Action("escape", "hotel", {"shed": 0.5}, "a collapse"),)


@dataclass
class FullHotel(Hotel):
    """Neighbours keep its machine so full, until a time, that it collapses again when more than six in ten come in."""

    full_until: float = 0.0  # [s since the Unix epoch]

    def apply(self, action: Action) -> Undo:
        undo = super().apply(action)
        gateway = self.policies.get("gateway")
        shed = gateway.shed if isinstance(gateway, NodePolicy) else 0.0
        full = self.clock.time() < self.full_until and shed < 0.4
        self.faults = [replace(COLLAPSE, begins=START + BEGINS)] if full else []
        return undo


def test_what_was_shed_is_let_in_again_when_the_machine_is_quiet_though_a_person_was_asked(tmp_path: Path) -> None:
    until = START + BEGINS + 90.0
    collapse = replace(COLLAPSE, begins=START + BEGINS)
    hotel = FullHotel(VirtualClock(START), rate=32.0, seed=3, faults=[collapse], full_until=until)
    (incident,), events = run(hotel, tmp_path, BEGINS + 240.0, actor=Shedder(OBJECTIVES))
    assert "needs-person" in [each.kind for each in events]
    assert incident.status == "resolved"
    opened = [each for each in incident.actions if each.action.verb == "reopen"]
    assert sum(each.outcome == "helped" for each in opened if each.applied > until) >= 1
    assert shed_now(incident.actions) == 0.0
    vain = [each for each in opened if each.outcome != "helped"]
    assert 2 <= len(vain) <= 8  # it rests longer each time
    assert {each.outcome for each in vain} == {"undone"}


def test_while_a_share_is_refused_those_let_in_are_judged() -> None:
    hotel = broken(replace(COLLAPSE, begins=1e6), seed=5)
    clock = hotel.clock
    assert isinstance(clock, VirtualClock)

    async def inline(work):  # type: ignore[no-untyped-def]
        return work()

    async def story(share: float, claimed: float) -> tuple[bool, str]:
        watch = Watch(hotel, StoreSource(hotel.store(), "gateway", OBJECTIVES), OBJECTIVES, "gateway", inline)
        await watch.begin()
        hotel.policies = {"gateway": NodePolicy(shed=share)}
        applied = clock.time()

        async def looks() -> None:
            while True:
                await watch.look(frozen=True)
                await clock.sleep(0.5)

        looking = asyncio.ensure_future(looks())
        action = Action("escape", "hotel", {"shed": claimed})
        record = ActionRecord("A1", "I1", action, "applied", applied, applied)
        judged = await ObjectiveHealth(watch, clock, ()).judge(record)
        looking.cancel()
        hotel.policies = {}
        await clock.sleep(10.0)
        return judged.helped, judged.says

    async def both() -> list[tuple[bool, str]]:
        await clock.sleep(10.0)
        return [await story(0.5, 0.5), await story(0.5, 0.0)]

    meant, unmeant = asyncio.run(clock.run(both()))
    assert meant[0], meant[1]
    assert "of those let in" in meant[1]
    assert not unmeant[0], unmeant[1]
