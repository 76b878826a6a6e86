"""The whole loop on virtual time: harm, detection, cause, guarded repair, recovery; and peace where all is well."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from tests.operate.faults import Fault
from tests.operate.hotel import START, Hotel, broken
from tests.operate.test_diagnosis import BEGINS, FAULTS, OBJECTIVES

from telic.clock import VirtualClock
from telic.model import Incident, recovered, user_harm, wrong_actions_left
from telic.operate import operator
from telic.operate.events import Event
from telic.operate.incidents import Incidents
from telic.tools.journal import read

T = TypeVar("T")


async def inline(work: Callable[[], T]) -> T:
    return work()


def operated(
    hotel: Hotel, folder: Path, seconds: float, *, also: Callable[[float], None] = lambda time: None
) -> tuple[list[Incident], list[Event]]:
    """Operate the hotel for so many virtual seconds."""
    events: list[Event] = []
    assert isinstance(hotel.clock, VirtualClock)

    async def loop() -> list[Incident]:
        stop = asyncio.Event()

        async def end() -> None:
            while hotel.clock.time() < START + seconds:
                await hotel.clock.sleep(0.25)
                also(hotel.clock.time() - START)
            stop.set()

        ending = asyncio.ensure_future(end())
        found = await operator.run(
            hotel,
            objectives=OBJECTIVES,
            journal=folder,
            clock=hotel.clock,
            on_event=events.append,
            stop=stop,
            offload=inline,
        )
        await ending
        return found

    return asyncio.run(hotel.clock.run(loop())), events


LOOPS = [each for each in FAULTS if each[0].mechanism in ("crash-loop", "hang", "slow-query", "network-partition")]


@pytest.mark.parametrize(("fault", "decoy"), LOOPS, ids=lambda each: getattr(each, "mechanism", each))
def test_users_are_well_again_within_25_seconds(fault: Fault, decoy: str, tmp_path: Path) -> None:
    hotel = broken(fault, seed=3, decoy=decoy)
    incidents, events = operated(hotel, tmp_path, BEGINS + 19.0)
    harm = user_harm(hotel.tallies(), since=START + BEGINS)
    assert harm is not None
    detected = next(each.time for each in events if each.kind == "detected")
    assert detected - harm <= 5.0
    well = recovered(hotel.tallies(), harm=harm)
    assert well is not None
    assert well - harm <= 25.0
    (incident,) = incidents
    assert incident.status == "resolved"
    assert wrong_actions_left(incident.actions) == ()
    assert [each.outcome for each in incident.actions] == ["helped"]
    assert fault.mended_by(incident.actions[0].action)
    assert Incidents(tmp_path / "incidents").read() == incidents
    assert [each.step for each in read(tmp_path)] == ["planned", "applying", "applied", "helped"]
    kinds = [each.kind for each in events]
    assert kinds[0] == "watching"
    assert kinds[-1] == "resolved"


@pytest.mark.parametrize("seed", range(2))
def test_nothing_is_done_where_nothing_is_wrong(seed: int, tmp_path: Path) -> None:
    hotel = Hotel(
        seed=seed, noise=[(START + 20.0 + 12.0 * n, name) for n, name in enumerate(("hotel", "review", "user"))]
    )
    incidents, events = operated(hotel, tmp_path, 70.0)
    assert incidents == []
    assert hotel.applied == []
    assert [each.kind for each in events] == ["watching"]


def test_a_second_fault_is_found_after_the_first(tmp_path: Path) -> None:
    hotel = broken(Fault("exception", "hotel", BEGINS, "near"), seed=2)
    hotel.pending.append(Fault("network-partition", "gateway->review", START + BEGINS + 28.0))
    incidents, _ = operated(hotel, tmp_path, BEGINS + 60.0)
    assert [each.status for each in incidents] == ["resolved", "resolved"]
    causes = [each.diagnoses[-1].hypotheses[0] for each in incidents]
    assert [(each.mechanism, each.entity) for each in causes] == [
        ("exception", "hotel"),
        ("network-partition", "gateway->review"),
    ]


def test_a_receiver_that_is_away_is_no_incident(tmp_path: Path) -> None:
    hotel = Hotel(seed=4)

    def away(time: float) -> None:
        hotel.telemetry.away = 25.0 <= time < 40.0

    incidents, events = operated(hotel, tmp_path, 60.0, also=away)
    assert incidents == []
    assert [each.kind for each in events] == ["watching", "blind", "watching"]


def test_harm_that_ends_by_itself_leads_to_no_action(tmp_path: Path) -> None:
    hotel = broken(Fault("network-delay", "search->hotel", BEGINS, size=0.2), seed=5)

    def heal(time: float) -> None:
        if time >= BEGINS + 2.6:
            hotel.faults = []

    incidents, _ = operated(hotel, tmp_path, BEGINS + 20.0, also=heal)
    assert all(each.status == "resolved" for each in incidents)
    assert all(each.outcome != "left" for incident in incidents for each in incident.actions)
    assert wrong_actions_left([each for incident in incidents for each in incident.actions]) == ()
