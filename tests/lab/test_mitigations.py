"""What an actor can do about a fault: felt on virtual time, mended by its action alone, and well after healing too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from telic import loop as main_path
from telic.lab import virtual
from telic.lab.actors import reference
from telic.lab.fault import Scene, fault, make
from telic.lab.injection import Injection
from telic.model import Change, Design, Window
from telic.settings import Settings

QUIET, BUSY = 40.0, 150.0  # [requests/s]
SETTLED = 2  # after an action or the healing [s]
BRIEF = ("cache-disabled", "credential-rotated", "stuck-rollout")
LONG = (
    "admission-closed",
    "bad-probe",
    "cache-stampede",
    "flag-flipped",
    "hot-key",
    "log-flood",
    "memory-pressure",
    "quota-exceeded",
    "timeout-too-short",
    "unlimited-retries",
)
SELDOM = ("clock-skew", "token-key-changed")  # felt by users who are logged in


def running(home: Path, rate: float) -> Iterator[virtual.VirtualJourney]:
    settings = replace(Settings.read({}), home=home)
    design: Design = main_path.design("hotel", settings)
    with virtual.start(design, settings, lambda told: None, rate=rate, seed=1, operate=False) as journey:
        yield journey


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[virtual.VirtualJourney]:
    yield from running(tmp_path_factory.mktemp("quiet"), QUIET)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[virtual.VirtualJourney]:
    yield from running(tmp_path_factory.mktemp("busy"), BUSY)


def harmed(journey: virtual.VirtualJourney, seconds: float) -> bool:
    """Let `seconds` [s] pass, and tell whether users were harmed in a whole second of them."""
    begun = journey.now()
    journey.pause(seconds)
    return any(each.harmed for each in journey.record().tallies() if begun <= each.second)


def mends(name: str, journey: virtual.VirtualJourney, patience: float) -> None:
    """Hurt, act, look; then heal and look again."""
    harm, before = journey.harm, SimpleNamespace(state=journey.world.state())
    stage: Any = SimpleNamespace(course=journey, before=before, started=journey.now())
    factory: Any = fault.factory(name)
    params = factory.plan(Scene(harm, journey.design, journey.world.changes), 1, {})
    culprit = make(name, params)
    truth = culprit.inject(harm)
    try:
        assert harmed(journey, patience)
        tried = list(reference.mitigations(Injection(truth, 1, params), stage))
        assert tried
        for action in tried:
            journey.world.dry_run(action)
            journey.world.apply(action)
        journey.pause(SETTLED)
        assert not harmed(journey, 4.0)
    finally:
        culprit.heal(harm, change_of(journey, truth.change))
    journey.pause(SETTLED)
    assert not harmed(journey, 3.0)


def change_of(journey: virtual.VirtualJourney, id_: str) -> Change | None:
    return next((each for each in journey.world.changes(Window(0.0, journey.now() + 1.0)) if each.id == id_), None)


@pytest.mark.parametrize("name", [*BRIEF, *(pytest.param(each, marks=pytest.mark.nightly) for each in LONG)])
def test_an_action_mends_what_the_fault_did(name: str, quiet: virtual.VirtualJourney) -> None:
    mends(name, quiet, 4.0)


@pytest.mark.nightly
@pytest.mark.parametrize("name", SELDOM)
def test_an_action_mends_what_few_users_feel(name: str, busy: virtual.VirtualJourney) -> None:
    mends(name, busy, 8.0)
