"""Every mechanism of the vocabulary has its detector; the arithmetic behind alarms is exact."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.operate.hotel import Hotel

from telic.model import MECHANISMS, Change, Window
from telic.operate.diagnosis.findings import Findings, Picture
from telic.operate.diagnosis.mechanisms import mechanism
from telic.operate.diagnosis.proposal import Clue, Proposal
from telic.operate.diagnosis.ranking import confidence, diagnose, explain_away
from telic.operate.diagnosis.wayback import changed_settings, take_back
from telic.operate.history import History
from telic.operate.statistics import binomial_tail, poisson_at_most
from telic.tools.evidence import Notebook

LAST = {"unknown", "bad-change"}  # what is said where no detector is believed


def empty(hotel: Hotel) -> Findings:
    """What is known when nothing was seen at all."""
    window = Window(0.0, 1.0)
    return Findings(
        1.0, 0.0, (), hotel.topology(), hotel.state(), History(), (), Picture(window), None, (),
    )  # fmt: skip


def test_every_mechanism_has_its_detector() -> None:
    assert set(mechanism) == set(MECHANISMS) - LAST
    assert all(mechanism.factory(name).__doc__ for name in mechanism)
    assert all(mechanism.examples[name] for name in mechanism)


@pytest.mark.parametrize("name", sorted(set(MECHANISMS) - LAST))
def test_no_detector_proposes_anything_where_nothing_was_seen(name: str) -> None:
    assert not mechanism.factory(name)(empty(Hotel()))


def test_where_nothing_was_seen_the_diagnosis_abstains_and_says_what_is_missing() -> None:
    hotel = Hotel()
    diagnosis = diagnose(empty(hotel), Notebook(hotel.store()), began=0.0)
    assert diagnosis.abstained
    assert diagnosis.hypotheses == ()
    assert diagnosis.missing


def test_a_process_that_hangs_explains_the_path_to_it() -> None:
    findings = empty(Hotel())
    hang = Proposal("hang", "hotel", [Clue(8.0, "stands still")])
    path = Proposal("network-partition", "search->hotel", [Clue(6.0, "timeouts")])
    other = Proposal("network-partition", "gateway->review", [Clue(6.0, "timeouts")])
    weights = [each.weight for each in explain_away(findings, [hang, path, other])]
    assert weights == [5.0, 0.0, 3.0]


@given(st.lists(st.floats(-50, 50), max_size=6))
def test_confidences_leave_room_for_something_else(weights: list[float]) -> None:
    found = confidence(weights)
    assert all(0.0 <= each <= 1.0 for each in found)
    assert sum(found) <= 1.0 + 1e-9
    pairs = list(product(range(len(found)), repeat=2))
    assert all(found[i] >= found[j] for i, j in pairs if weights[i] >= weights[j])


@given(st.integers(0, 30), st.integers(0, 30), st.floats(0.01, 0.99))
def test_the_binomial_tail_is_exact(successes: int, trials: int, chance: float) -> None:
    exact = sum(comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(successes, trials + 1))
    assert binomial_tail(successes, trials, chance) == pytest.approx(exact, rel=1e-9, abs=1e-15)


def test_the_poisson_tail_grows_to_one() -> None:
    values = [poisson_at_most(count, 12.5) for count in range(60)]
    assert values == sorted(values)
    assert values[-1] == pytest.approx(1.0)


def test_taking_back_a_push_restores_every_value_that_it_changed() -> None:
    hotel = Hotel()
    hotel.config["search"].update({"upstream.hotel.port": 20150, "log.level": "VERBOSE"})
    diff = "log.level: INFO -> VERBOSE\nnew.key: (none) -> 1\nupstream.hotel.port: 22000 -> 20150"
    change = Change("c1", 0.0, "config", "search", "", diff=diff)
    assert changed_settings(change) == {"log.level": "INFO", "upstream.hotel.port": "22000"}
    actions = take_back(empty(hotel), change)
    assert [dict(each.params) for each in actions] == [
        {"key": "log.level", "value": "INFO"},
        {"key": "upstream.hotel.port", "value": 22000},
    ]


def test_a_service_that_was_scaled_to_nothing_runs_again() -> None:
    hotel = Hotel()
    known = empty(hotel)
    change = Change("c2", 0.0, "scale", "search", "quiet hours", diff="replicas: 1 -> 0")
    assert take_back(known, change) == []  # it runs
    search = known.state.services["search"]
    ended = replace(search, instances=tuple(replace(each, phase="stopped") for each in search.instances))
    stopped = replace(known, state=replace(known.state, services={**known.state.services, "search": ended}))
    (action,) = take_back(stopped, change)
    assert (action.verb, action.target, dict(action.params)) == ("scale", "search", {"replicas": 1})


def test_a_detector_that_breaks_down_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(findings: Findings) -> list[Proposal]:
        raise ZeroDivisionError("no requests")

    monkeypatch.setitem(mechanism._factories, "hang", breaks)
    hotel = Hotel()
    diagnosis = diagnose(empty(hotel), Notebook(hotel.store()), began=0.0)
    assert "hang broke down: ZeroDivisionError: no requests" in diagnosis.missing
