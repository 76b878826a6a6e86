"""Each mechanism of code, configuration, outside, security and workload: felt on virtual time, gone once healed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from telic import loop as main_path
from telic.errors import UsageError
from telic.lab import faults, virtual
from telic.lab.course import Hurt
from telic.lab.fault import fault
from telic.lab.loaded import Loaded
from telic.model import Design
from telic.settings import Settings

RATE = 40.0  # [requests/s]
BUSY = 150.0  # for what users do seldom [requests/s]
SEED = 1
LAYERS = ("application", "orchestration", "external", "security", "workload")
MINE = [name for name in fault if fault.factory(name).layer in LAYERS and name not in faults.LOOP]  # type: ignore[attr-defined]
SELDOM = ("token-key-changed",)  # felt by users who are logged in
SENT = [name for name in MINE if name in SELDOM or issubclass(fault.factory(name), Loaded)]  # type: ignore[arg-type]
CODE = sorted(set(MINE) - set(SENT))
PATIENCE = {  # enough of thousands of requests or lines a second [s]
    "cache-disabled": 3.0,
    "cache-stampede": 3.0,
    "hot-key": 3.0,
    "log-flood": 2.5,
    "surge": 2.5,
}
SETTLED = 4.0  # after the healing [s]


MENDED = (  # test_mitigations.py hurts with them, too
    "bad-probe",
    "cache-disabled",
    "cache-stampede",
    "credential-rotated",
    "flag-flipped",
    "hot-key",
    "log-flood",
    "quota-exceeded",
    "stuck-rollout",
    "token-key-changed",
    "unlimited-retries",
)


def seldom(names: list[str]) -> list[object]:
    """Return the names for a test, those that another one covers for the night."""
    return [pytest.param(each, marks=pytest.mark.nightly) if each in MENDED else each for each in names]


def running(home: Path, system: Design, rate: float) -> Iterator[virtual.VirtualJourney]:
    settings = replace(Settings.read({}), home=home)
    with virtual.start(system, settings, lambda told: None, rate=rate, seed=SEED, operate=False) as journey:
        yield journey


@pytest.fixture(scope="module")
def hotel(tmp_path_factory: pytest.TempPathFactory) -> Design:
    return main_path.design("hotel", replace(Settings.read({}), home=tmp_path_factory.mktemp("design")))


@pytest.fixture(scope="module")
def quiet(hotel: Design, tmp_path_factory: pytest.TempPathFactory) -> Iterator[virtual.VirtualJourney]:
    yield from running(tmp_path_factory.mktemp("quiet"), hotel, RATE)


@pytest.fixture(scope="module")
def busy(hotel: Design, tmp_path_factory: pytest.TempPathFactory) -> Iterator[virtual.VirtualJourney]:
    yield from running(tmp_path_factory.mktemp("busy"), hotel, BUSY)


def felt(name: str, journey: virtual.VirtualJourney, patience: float) -> None:
    """Hurt once; users have to feel it until it is healed, and no longer."""
    score = journey.hurt(Hurt(name, SEED, warm=1.0, patience=patience, decoy=False)).score
    healed = journey.now()
    assert score.harm_began is not None
    assert score.recovered is None
    journey.pause(SETTLED)
    after = [each for each in journey.record().tallies() if each.second >= healed + 1.5]
    assert after
    assert not any(each.harmed for each in after)


@pytest.mark.parametrize("name", seldom(CODE))
def test_users_feel_it_until_it_is_healed(name: str, quiet: virtual.VirtualJourney) -> None:
    felt(name, quiet, PATIENCE.get(name, 6.0))


@pytest.mark.parametrize("name", seldom(SENT))
def test_users_feel_what_others_send(name: str, busy: virtual.VirtualJourney) -> None:
    felt(name, busy, PATIENCE.get(name, 5.0))


def test_each_has_a_word_of_its_own() -> None:
    words = [word for name in MINE for word in getattr(fault.factory(name), "mechanisms", {})]
    assert len(words) == len(set(words)) >= 38


def test_what_cannot_be_pushed_scaled_or_sent_is_refused(quiet: virtual.VirtualJourney) -> None:
    harm, said = quiet.harm, {"author": "anna", "summary": "settings"}
    with pytest.raises(UsageError, match="no field patience"):
        harm.push_policy("search->hotel", {"patience": 1.0}, **said)
    with pytest.raises(UsageError, match="not a policy of search->hotel"):
        harm.push_policy("search->hotel", {"timeout": "long"}, **said)
    with pytest.raises(UsageError, match="no edge 'search->moon'"):
        harm.push_policy("search->moon", {"timeout": 1.0}, **said)
    with pytest.raises(UsageError, match="2 processes of hotel"):
        harm.scale("hotel", 2, **said)
    assert harm.scale("hotel", 1, **said) is None
    with pytest.raises(UsageError, match="no load"):
        harm.load("others", mix="F1=1")
    with pytest.raises(UsageError, match="no load"):
        harm.load("others", rate=5.0, colour="red")


def test_a_service_without_a_process_says_so(quiet: virtual.VirtualJourney) -> None:
    quiet.harm.scale("activity", 0, author="anna", summary="settings")
    state = quiet.harm.state().services["activity"]
    assert (state.replicas, [each.pid for each in state.instances]) == (0, [0])
    change = quiet.harm.scale("activity", 1, author="anna", summary="settings")
    assert change is not None
    assert (change.kind, change.diff) == ("scale", "replicas: 0 -> 1")
    assert quiet.harm.state().services["activity"].replicas == 1
