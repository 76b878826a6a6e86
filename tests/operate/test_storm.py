"""A storm that feeds itself is told from more load, from a service that got slower, and from a system that is well."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.operate.hotel import Hotel
from tests.operate.test_registries import empty

from telic.model import Window
from telic.operate.diagnosis.findings import Findings
from telic.operate.diagnosis.mechanisms import mechanism
from telic.operate.diagnosis.mechanisms.metastable_overload import share_to_shed
from telic.operate.diagnosis.proposal import Proposal
from telic.operate.diagnosis.storm import Flow, Storm
from telic.telemetry.queries import Attempts, EntryStep, Peak, Served

SLOTS = 4


def flow(
    *,
    asked: float = 200,
    good: float = 200,
    served: float = 150,
    wasted: float = 0,
    attempts: float = 1,
    used: float = 2,
    age: float = 0.0,
) -> Flow:
    """Two seconds; rates are by the second."""
    entry = [EntryStep(each / 2, round(asked / 2), round(good / 2)) for each in range(4)]
    calls = round(300 * attempts)
    edges = {
        f"{caller}->{callee}": Attempts(caller, callee, calls, calls - 300)
        for caller, callee in (("gateway", "search"), ("search", "hotel"))
    }
    done = {"hotel": Served("hotel", round(2 * served), round(2 * wasted))}
    full = {
        "hotel": Peak("hotel", SLOTS, used / SLOTS, used / SLOTS, 2.0 if used > 3.5 else 0.0, 50 * age, age, 0, 0.3)
    }
    return Flow(Window(0.0, 2.0), entry, edges, done, full)


STORM = flow(good=10, served=330, wasted=300, attempts=2.5, used=4, age=2.5)


def findings(now: Flow, before: Flow | None = None) -> Findings:
    return replace(empty(Hotel()), storm=Storm(now, before or flow()))


def proposed(name: str, now: Flow, before: Flow | None = None) -> Proposal | None:
    return next(iter(mechanism.factory(name)(findings(now, before))), None)


def test_the_four_signs_name_the_service_that_is_full_by_itself() -> None:
    found = proposed("metastable-overload", STORM)
    assert found is not None
    assert found.entity == "hotel"
    assert found.weight >= 4.0
    (action,) = found.mitigations
    assert (action.verb, action.target, action.params) == ("escape", "hotel", {"shed": 0.0})
    assert {topic for each in found.clues for topic in each.topics} >= {"load", "attempts", "full", "wasted"}


def test_with_more_load_it_is_an_overload_with_the_same_way_out() -> None:
    now = replace(STORM, entry=flow(asked=500, good=10).entry)
    metastable, plain = proposed("metastable-overload", now), proposed("overload", now)
    assert metastable is not None
    assert plain is not None
    assert metastable.weight < -2.0
    assert plain.weight >= 4.0
    assert [each.verb for each in plain.mitigations] == ["escape"]


def test_a_service_that_got_slower_itself_is_no_storm() -> None:
    slow = replace(STORM, served={"hotel": Served("hotel", 60, 55)})
    quick, slower = proposed("metastable-overload", STORM), proposed("metastable-overload", slow)
    assert quick is not None
    assert slower is not None
    assert slower.weight <= quick.weight - 5.0


@pytest.mark.parametrize(
    "now",
    [
        flow(),  # all is well
        flow(used=4, age=0.3, attempts=1.1),  # full, and users get what they ask for
        flow(good=10, used=1, served=20),  # users get nothing, and nobody is full
    ],
)
def test_nothing_is_proposed_where_nothing_collapsed(now: Flow) -> None:
    assert proposed("metastable-overload", now) is None


def test_without_retries_or_waste_a_full_service_is_not_enough() -> None:
    found = proposed("metastable-overload", flow(good=100, served=330, used=4, age=0.05))
    assert found is not None
    assert found.weight < 0.0
    assert proposed("overload", flow(asked=500, good=100, served=330, used=4, age=0.05)) is None


def test_with_nothing_known_of_before_half_is_shed_where_the_other_signs_are_clear() -> None:
    found = proposed("metastable-overload", STORM, Flow(Window(0.0, 0.0)))
    assert found is not None
    assert found.weight >= 2.0
    assert found.mitigations[0].params == {"shed": 0.5}


def test_a_load_that_grew_hides_no_collapse() -> None:
    now, before = replace(STORM, entry=flow(asked=600, good=150).entry), flow(asked=180, good=160)
    found = proposed("overload", now, before)
    assert found is not None
    assert found.mitigations


def test_a_machine_that_is_too_busy_to_drop_work_gets_half_of_it_at_first() -> None:
    known = findings(STORM)
    lagging = replace(known.current, lag=dict.fromkeys(known.state.services, 0.2))
    (found,) = mechanism.factory("metastable-overload")(replace(known, current=lagging))
    assert found.mitigations[0].params == {"shed": 0.5}


@pytest.mark.parametrize(("can", "shed"), [(330, 0.0), (150, 0.2), (84, 0.55), (10, 0.9), (0, 0.5)])
def test_what_is_let_in_has_room(can: float, shed: float) -> None:
    now = replace(STORM, served={"hotel": Served("hotel", round(2 * can), 0)})
    assert share_to_shed(Storm(now, flow()), "hotel") == shed


def test_layers_of_retries_multiply() -> None:
    topology = Hotel().topology()
    assert STORM.amplification(topology, "hotel") == pytest.approx(2.5 * 2.5)
    assert STORM.amplification(topology, "gateway") == 1.0


@pytest.mark.parametrize(("now", "first"), [(STORM, ["escape", "restart"]), (flow(good=10, used=4), ["restart"])])
def test_a_starved_service_in_a_storm_is_first_led_out_of_it(now: Flow, first: list[str]) -> None:
    known = findings(now)
    lagging = replace(known.current, lag={"hotel": 0.7})
    (found,) = mechanism.factory("cpu-starvation")(replace(known, current=lagging))
    assert [each.verb for each in found.mitigations] == first
