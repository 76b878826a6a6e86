"""Every mechanism is named, at the right place, from telemetry alone, with a harmless change nearby."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from tests.operate.faults import Fault
from tests.operate.hotel import START, Hotel, broken

from telic.clock import VirtualClock
from telic.model import Diagnosis, Incident
from telic.model.intent import Objective
from telic.operate.actor import StatisticalActor
from telic.operate.history import History
from telic.operate.looks import StoreSource
from telic.operate.monitors import Monitors

OBJECTIVES = (
    Objective("O1", "gateway", "latency", 0.99, 2_419_200.0, 10.0, "W2", below=0.1),
    Objective("O2", "gateway", "success", 0.999, 2_419_200.0, 10.0, "W2"),
)
BEGINS = 12.0  # [s after the start]
FAULTS = [
    (Fault("crash-loop", "hotel", BEGINS), "review"),
    (Fault("crash-loop", "booking", BEGINS, kind="deploy"), "activity"),
    (Fault("hang", "review", BEGINS), "user"),
    (Fault("slow-query", "hotel", BEGINS, "hotel.hotels_in_box", 0.35), "review"),
    (Fault("exception", "hotel", BEGINS, "near"), "review"),
    (Fault("wrong-config", "search", BEGINS, "hotel"), "review"),
    (Fault("permission-revoked", "review", BEGINS, "review.reviews"), "hotel"),
    (Fault("network-delay", "search->hotel", BEGINS, size=0.2), "review"),
    (Fault("network-delay", "review->postgres", BEGINS, size=0.1), "booking"),
    (Fault("network-partition", "search->hotel", BEGINS), "review"),
    (Fault("network-partition", "gateway->booking", BEGINS), "review"),
    (Fault("cpu-starvation", "hotel", BEGINS), "review"),
    (Fault("cpu-starvation", "booking", BEGINS), "user"),
    (Fault("metastable-overload", "hotel", BEGINS), "review"),
]


async def watch(
    hotel: Hotel, actor: StatisticalActor, history: History, seconds: float, early: float = 0.0
) -> Diagnosis | None:
    """Look twice a second until the diagnosis is sure or time is over; the diagnosis of the last look counts.

    A machine that had no time for users `early` seconds before the fault puts the onset there.
    """
    source, monitors = StoreSource(hotel.store(), "gateway", OBJECTIVES), Monitors(OBJECTIVES, "gateway")
    incident, diagnosis = None, None
    while hotel.clock.time() < START + seconds:
        await hotel.clock.sleep(0.5)
        history.add(hotel.state())
        reading = monitors.step(source.look(hotel.clock.time()), frozen=incident is not None)
        if reading.state == "burning" and incident is None:
            felt = tuple(replace(each, onset=each.onset - early) for each in reading.symptoms)
            incident = Incident("I1", "hotel", reading.time, felt)
        if incident is not None:
            diagnosis = actor.diagnose(incident, hotel)
            if not diagnosis.abstained and diagnosis.hypotheses[0].confidence > 0.7:
                break
    return diagnosis


def examined(hotel: Hotel, seconds: float = BEGINS + 8.0, early: float = 0.0) -> Diagnosis | None:
    history = History()
    actor = StatisticalActor(OBJECTIVES, history)
    assert isinstance(hotel.clock, VirtualClock)
    return asyncio.run(hotel.clock.run(watch(hotel, actor, history, seconds, early)))


@pytest.mark.parametrize(
    ("fault", "decoy"), FAULTS, ids=lambda each: getattr(each, "entity", each) + "/" + getattr(each, "mechanism", "")
)
def test_the_cause_is_named(fault: Fault, decoy: str) -> None:
    hotel = broken(fault, seed=len(fault.entity), decoy=decoy)
    diagnosis = examined(hotel)
    assert diagnosis is not None
    first = diagnosis.hypotheses[0]
    assert (first.mechanism, first.entity) == (fault.mechanism, fault.entity), first.why
    assert not diagnosis.abstained
    assert diagnosis.time - START - BEGINS <= 6.5
    assert first.evidence
    assert set(first.evidence) <= {each.id for each in diagnosis.evidence}
    assert first.path[-1] == "gateway"
    assert first.mitigations
    assert fault.mended_by(first.mitigations[0])


@pytest.mark.parametrize("early", [1.0, 9.0])
@pytest.mark.parametrize("mechanism", ["hang", "cpu-starvation"])
def test_a_process_that_stands_is_told_from_one_that_is_held_back_though_harm_began_before(
    mechanism: str, early: float
) -> None:
    fault = Fault(mechanism, "review", 24.0)
    assert cause(examined(broken(fault), 32.0, early)) == (mechanism, "review")


@pytest.mark.parametrize("fault", [FAULTS[each][0] for each in (4, 8, 10)], ids=lambda each: each.mechanism)
def test_a_stall_of_the_machine_long_before_a_fault_does_not_hide_its_cause(fault: Fault) -> None:
    found = examined(broken(replace(fault, begins=20.0)), 28.0, early=9.0)
    assert cause(found) == (fault.mechanism, fault.entity)
    assert found is not None
    assert not found.abstained


def cause(diagnosis: Diagnosis | None) -> tuple[str, str]:
    assert diagnosis is not None
    assert diagnosis.hypotheses, diagnosis.missing
    return diagnosis.hypotheses[0].mechanism, diagnosis.hypotheses[0].entity
