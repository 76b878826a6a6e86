"""The bundled suites: every scenario has its certificate, and half of them are healthy."""

from __future__ import annotations

from pathlib import Path

import pytest

from telic.lab import certify
from telic.lab import scenario as scenarios
from telic.lab.scenario import digest


def players(path: Path, world: str = "simulated") -> set[str]:
    """Return who played for a scenario's certificate, which holds for the scenario as it stands."""
    one = scenarios.read(path)
    found, again = certify.find(path, one.name, world), f"telic lab certify {path} --world {world}"
    assert found is not None, f"{path} has no certificate: {again}"
    assert found.holds, f"{path}: {found.why}"
    assert found.scenario_hash == digest(one), f"{path} changed: {again}"
    return set(found.passed)


@pytest.mark.parametrize("name", scenarios.suites())
def test_every_scenario_of_a_suite_is_certified_as_it_stands(name: str) -> None:
    for path in scenarios.files(name):
        assert players(path) >= {"noop", "oracle", *certify.CHEATERS}


def test_every_scenario_of_the_core_is_certified_live_with_every_cheater() -> None:
    for path in scenarios.files("core"):
        assert players(path, "local") == {"noop", "oracle", *certify.CHEATERS}


def test_every_scenario_of_wide_is_certified_live_with_a_cheater() -> None:
    for path in scenarios.files("wide"):
        played = players(path, "local")
        assert {"noop", "oracle"} < played
        assert played & set(certify.CHEATERS)


def test_half_of_the_core_is_healthy_and_every_app_is_in_it() -> None:
    core = scenarios.suite("core")
    assert len(core) == 24
    assert sum(each.healthy for each in core) == 12
    assert {each.app for each in core} == {"genai", "hotel", "shop", "social"}


def test_the_core_has_twenty_mechanisms_and_the_suites_sixty() -> None:
    told = {
        suite: {
            mechanism
            for path in scenarios.files(suite)
            if (found := certify.find(path, path.stem, "simulated")) is not None
            for mechanism in found.mechanisms
        }
        for suite in ("core", "wide")
    }
    assert len(told["core"]) >= 20
    assert len(told["core"] | told["wide"]) >= 60


def test_faults_come_in_pairs_grow_and_come_and_go() -> None:
    every = [*scenarios.suite("core"), *scenarios.suite("wide")]
    shapes = {each.shape for one in every for each in one.faults}
    assert shapes == {"step", "ramp", "periodic"}
    assert any(len(one.faults) > 1 for one in every)
