"""Seconds and failed requests must add up from the cause to the symptom."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.operate.causes.flows import shop

from telic.model import Diagnosis
from telic.operate.diagnosis.causes import diagnose_recording
from telic.operate.diagnosis.causes.paths import path


def first(found: Diagnosis) -> tuple[str, str]:
    assert not found.abstained, found.next
    return found.hypotheses[0].entity, found.hypotheses[0].mechanism


@pytest.mark.parametrize("culprit", ["cart", "search", "store"])
@pytest.mark.parametrize("requests", [True, False])
def test_the_slow_service_is_named_and_not_who_waits_for_it(tmp_path: Path, culprit: str, requests: bool) -> None:
    found = diagnose_recording(shop(tmp_path, latency={culprit: 0.2}, requests=requests))
    assert first(found) == (culprit, "delay")
    assert found.hypotheses[0].path[0] == culprit
    assert found.hypotheses[0].path[-1] == "web"


@pytest.mark.parametrize("culprit", ["cart", "search", "store"])
def test_the_failing_service_is_named(tmp_path: Path, culprit: str) -> None:
    found = diagnose_recording(shop(tmp_path, failing={culprit: 0.1}, signal="availability.mean"))
    assert first(found) == (culprit, "errors")


def test_a_few_failed_requests_are_enough(tmp_path: Path) -> None:
    found = diagnose_recording(shop(tmp_path, failing={"cart": 0.04}, signal="availability.mean"))
    assert first(found) == ("cart", "errors")


def test_the_entry_itself_may_be_to_blame(tmp_path: Path) -> None:
    assert first(diagnose_recording(shop(tmp_path, latency={"web": 0.2}))) == ("web", "delay")


def test_loud_is_not_guilty(tmp_path: Path) -> None:
    """Mail is sent by nobody who waits: it is slower by far, has been all along, and does not make the symptom."""
    found = diagnose_recording(shop(tmp_path, latency={"search": 0.05}, async_noise=5.0))
    assert first(found) == ("search", "delay")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("signal", ["latency.mean", "availability.mean"])
def test_it_abstains_when_nothing_is_wrong_and_says_what_to_look_at(tmp_path: Path, seed: int, signal: str) -> None:
    found = diagnose_recording(shop(tmp_path, seed=seed, signal=signal))
    assert found.abstained
    assert found.hypotheses == ()
    assert "alarm" in found.next[0]


def test_two_slow_services_are_ranked_by_what_they_cost(tmp_path: Path) -> None:
    found = diagnose_recording(shop(tmp_path, latency={"cart": 0.3, "search": 0.1}))
    assert [each.entity for each in found.hypotheses[:2]] == ["cart", "search"]
    assert found.hypotheses[0].confidence >= found.hypotheses[1].confidence


def test_nothing_is_known_of_what_is_not_below_the_symptom(tmp_path: Path) -> None:
    found = diagnose_recording(shop(tmp_path, latency={"cart": 0.3}, entity="search"))
    assert "cart" not in [each.entity for each in found.hypotheses]


def test_ways_that_go_round_in_circles_end() -> None:
    assert path({"a": ["b"], "b": ["a"]}, "c", "a") == ("c",)
    assert path({}, "c", "") == ("c",)
