"""Each mechanism of host, process, network and store: felt on virtual time until it is healed, and no longer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from telic import loop as main_path
from telic.errors import ActionRefused, UsageError
from telic.lab import faults, virtual
from telic.lab.course import Hurt
from telic.lab.fault import fault, make
from telic.lab.scenario import Scenario
from telic.lab.session import loading
from telic.model import Action, Design
from telic.settings import Settings

RATE = 30.0  # [requests/s]
DESIGNED = 150.0  # for what only the workload's own rate brings about [requests/s]
SEED = 1
LAYERS = ("host", "process", "network", "store")
ELSEWHERE = ("replica-lag",)  # test_replica_lag.py: this hotel has no replica
MINE = [name for name in fault if fault.factory(name).layer in LAYERS and name not in (*faults.LOOP, *ELSEWHERE)]  # type: ignore[attr-defined]
FULL = ("clock-skew", "missing-index", "slots-exhausted", "slow-store")
PLACES = {  # where many of so few users pass
    "network": ("edge=search->hotel",),
    "store": ("service=hotel",),
    "process": ("service=hotel",),
    "host": ("service=hotel",),
    "constraint-added": ("table=booking.booking_stock",),
    "dns-failure": ("service=search", "callee=hotel"),
    "memory-pressure": ("service=hotel", "operation=near"),
    "memory-leak": ("service=hotel", "operation=near"),
    "oom-kill": ("service=hotel", "operation=near"),
}
WHOLE = ("disk-full", "slow-disk", "store-crash", "store-hang")  # of the one database


SECURED = ("certificate-expired",)  # of systems whose services listen with TLS
MENDED = ("clock-skew", "memory-pressure")  # test_mitigations.py hurts with them, too


def seldom(names: Iterable[str]) -> list[object]:
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
    yield from running(tmp_path_factory.mktemp("busy"), hotel, DESIGNED)


def felt(name: str, journey: virtual.VirtualJourney, patience: float = 6.0) -> None:
    """Hurt once; users have to feel it, and to be well after it was healed."""
    layer = fault.factory(name).layer  # type: ignore[attr-defined]
    params = () if name in (*WHOLE, *FULL, *SECURED) else PLACES.get(name, PLACES[layer])
    score = journey.hurt(Hurt(name, SEED, params, warm=1.0, patience=patience, decoy=False)).score
    healed = journey.now()
    assert score.harm_began is not None
    journey.pause(6.0)
    after = [each for each in journey.record().tallies() if each.second >= healed + 2.0]
    assert after
    assert not any(each.harmed for each in after)
    assert (score.recovered is not None) == (name in faults.PASSING)


@pytest.mark.parametrize("name", seldom(sorted(set(MINE) - {*FULL, *SECURED})))
def test_users_feel_it_until_it_is_healed(name: str, quiet: virtual.VirtualJourney) -> None:
    felt(name, quiet)


@pytest.mark.parametrize("name", seldom(FULL))
def test_users_feel_what_their_number_brings_about(name: str, busy: virtual.VirtualJourney) -> None:
    felt(name, busy, 4.0)


def test_an_expired_certificate_is_felt_until_it_is_renewed_and_a_restart_is_no_help(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    secured = Scenario("secured", "hotel", settings={"hotel": {"listen.tls": True}})
    for journey in running(tmp_path_factory.mktemp("secured"), loading.prepared(secured), RATE):
        state = journey.world.state()
        assert set(state.certificates) == {"hotel"}
        assert state.certificates["hotel"] > state.time + 30 * 86_400
        felt("certificate-expired", journey)
        culprit = make("certificate-expired", {"service": "hotel"})
        culprit.inject(journey.harm)
        journey.world.apply(Action("restart", "hotel"))
        assert harmed(journey, 4.0)
        (renew,) = culprit.mitigations(journey.harm)  # type: ignore[attr-defined]
        assert "days left" in journey.world.dry_run(renew)
        journey.world.apply(renew)
        journey.pause(2.0)
        assert not harmed(journey, 4.0)


def harmed(journey: virtual.VirtualJourney, seconds: float) -> bool:
    """Let `seconds` [s] pass, and tell whether users were harmed in a whole second of them."""
    begun = journey.now()
    journey.pause(seconds)
    return any(each.harmed for each in journey.record().tallies() if begun <= each.second)


def test_where_nobody_listens_with_tls_no_certificate_runs_out(quiet: virtual.VirtualJourney) -> None:
    with pytest.raises(UsageError, match=r"certificate-expired: no place"):
        quiet.hurt(Hurt("certificate-expired", SEED))
    with pytest.raises(UsageError, match=r"hotel presents no certificate"):
        quiet.harm.expire("hotel", 60.0)
    with pytest.raises(ActionRefused, match=r"hotel presents no certificate"):
        quiet.world.dry_run(Action("renew_certificate", "hotel"))


def test_each_has_a_layer_and_a_word_of_its_own() -> None:
    words = [word for name in MINE for word in fault.factory(name).mechanisms]  # type: ignore[attr-defined]
    assert len(words) == len(set(words)) >= 29
    assert not set(words) & {word for name in fault if name not in MINE for word in _words(name)}


def _words(name: str) -> Any:
    return getattr(fault.factory(name), "mechanisms", {})


@pytest.mark.parametrize(
    ("name", "field"), [("packet-loss", "loss"), ("network-jitter", "jitter"), ("slow-disk", "delay")]
)
def test_there_may_be_less_of_what_grows(name: str, field: str) -> None:
    whole: Any = make(name, fault.examples[name])  # type: ignore[arg-type]
    half = whole.scaled(0.5)
    assert getattr(half, field) == pytest.approx(getattr(whole, field) / 2)
    assert replace(half, **{field: getattr(whole, field)}) == whole
