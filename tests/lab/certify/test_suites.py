"""The bundled suites: every scenario has its certificate, and half of them are healthy."""

from __future__ import annotations

import pytest

from telic.lab import certify
from telic.lab import scenario as scenarios
from telic.lab.scenario import digest


@pytest.mark.parametrize("name", scenarios.suites())
def test_every_scenario_of_a_suite_is_certified_as_it_stands(name: str) -> None:
    for path in scenarios.files(name):
        one = scenarios.read(path)
        found = certify.find(path, one.name)
        assert found is not None, f"{path} has no certificate: telic lab certify {path}"
        assert found.holds, f"{path}: {found.why}"
        assert found.scenario_hash == digest(one), f"{path} changed: telic lab certify {path}"
        assert set(found.passed) >= {"noop", "oracle", *certify.CHEATERS}


def test_every_scenario_of_the_core_is_certified_live_with_every_cheater() -> None:
    for path in scenarios.files("core"):
        one = scenarios.read(path)
        found = certify.find(path, one.name, "local")
        assert found is not None, f"{path} has no live certificate: telic lab certify {path} --world local"
        assert found.holds, f"{path}: {found.why}"
        assert found.scenario_hash == digest(one), f"{path} changed: telic lab certify {path} --world local"
        assert set(found.passed) == {"noop", "oracle", *certify.CHEATERS}


def test_every_scenario_of_wide_is_certified_live_with_a_cheater() -> None:
    for path in scenarios.files("wide"):
        one = scenarios.read(path)
        found = certify.find(path, one.name, "local")
        assert found is not None, f"{path} has no live certificate: telic lab certify {path} --world local"
        assert found.holds, f"{path}: {found.why}"
        assert found.scenario_hash == digest(one), f"{path} changed: telic lab certify {path} --world local"
        assert {"noop", "oracle"} < set(found.passed)
        assert set(found.passed) & set(certify.CHEATERS)


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
