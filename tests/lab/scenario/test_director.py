"""Faults and noise in time: what comes when, what goes by itself, what is never left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from telic.clock import VirtualClock
from telic.errors import UsageError
from telic.lab.fault import Params, Scene
from telic.lab.ledger import Ledger
from telic.lab.scenario import Noise, Placed, Scenario
from telic.lab.scenario.director import Director
from telic.lab.testing import RecordingHarm

START = 1000.0
T = TypeVar("T")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocking work is done in no time: a thread that still works must not let virtual time move on."""

    async def inline(work: Callable[..., T], *args: object, **named: object) -> T:
        return work(*args, **named)

    monkeypatch.setattr(asyncio, "to_thread", inline)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(start=START)


@pytest.fixture
def director(scene: Scene, clock: VirtualClock, tmp_path: Path) -> Director:
    return Director(scene, Ledger(tmp_path / "harm"), clock, seed=3, due=START + 10.0)


async def test_two_faults_come_in_time_and_one_goes_by_itself(
    director: Director, clock: VirtualClock, harm: RecordingHarm
) -> None:
    healthy = harm.snapshot()
    faults = (Placed("hang", lasts=6.0), Placed("network", {"kind": "delay"}, at=2.0))
    await clock.run(director.run(Scenario("two", faults=faults)))
    first, second = director.truths
    assert [first.injected, second.injected] == pytest.approx([START + 10, START + 12], abs=0.3)
    assert first.healed == pytest.approx(START + 16, abs=0.3)
    assert second.healed == 0.0
    assert not harm.snapshot()["stopped"]
    assert harm.snapshot()["links"]
    director.heal()
    assert harm.snapshot() == healthy


async def test_a_periodic_fault_comes_and_goes_and_is_gone_when_its_time_is_over(
    director: Director, clock: VirtualClock, harm: RecordingHarm
) -> None:
    healthy = harm.snapshot()
    await clock.run(director.run(Scenario("turns", faults=(Placed("hang", shape="periodic", every=4.0, lasts=11.0),))))
    assert [each for each in harm.calls if each.endswith("STOP")] == [harm.calls[0]] * 3
    (truth,) = director.truths
    assert truth.injected == pytest.approx(START + 10, abs=0.3)
    assert truth.healed == pytest.approx(START + 20, abs=0.5)
    assert harm.snapshot() == healthy


async def test_noise_keeps_away_from_the_fault_and_leaves_nothing_wrong(
    director: Director, clock: VirtualClock, harm: RecordingHarm
) -> None:
    noise = (Noise("decoy", before=5.0), Noise("red-herring", before=-1.0))
    await clock.run(director.run(Scenario("noisy", faults=(Placed("hang"),), noise=noise)))
    decoy, herring = director.disturbances
    (truth,) = director.truths
    assert (decoy.kind, herring.kind) == ("decoy", "red-herring")
    assert decoy.time == pytest.approx(START + 5, abs=0.3)
    assert herring.time == pytest.approx(START + 11, abs=0.3)
    assert truth.entity not in (decoy.entity, herring.entity)
    assert not harm.snapshot()["pauses"]


async def test_told_to_stop_it_begins_nothing(director: Director, clock: VirtualClock, harm: RecordingHarm) -> None:
    director.stop()
    await clock.run(director.run(Scenario("late", faults=(Placed("hang"),), noise=(Noise("decoy"),))))
    assert not harm.calls
    assert not director.truths


async def test_a_fault_without_sizes_cannot_grow(director: Director, clock: VirtualClock) -> None:
    grows = Scenario("grows", faults=(Placed("permission-revoked", shape="ramp", over=8.0),))
    with pytest.raises(UsageError, match="no sizes"):
        await clock.run(director.run(grows))


async def test_noise_after_the_fault_does_not_look_for_another_place_of_it(
    director: Director, clock: VirtualClock, harm: RecordingHarm
) -> None:
    params: Params = {"service": "hotel", "target": "hotel", "key": "shed", "value": 0.8, "before": 0.0}
    pushed = Scenario("pushed", faults=(Placed("admission-closed", params),), noise=(Noise("decoy", before=-0.5),))
    await clock.run(director.run(pushed))
    (truth,), (decoy,) = director.truths, director.disturbances
    assert truth.entity == "hotel" != decoy.entity
    assert decoy.time == pytest.approx(START + 10.5, abs=0.3)


async def test_noise_while_the_fault_is_still_being_injected_does_not_look_for_another_place_of_it(
    director: Director, clock: VirtualClock, harm: RecordingHarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slowly(work: Callable[..., T], *args: object, **named: object) -> T:
        done = work(*args, **named)
        if getattr(work, "__name__", "") == "_inject":
            await clock.sleep(2.0)  # a real world takes its time; what it did is in force already
        return done

    monkeypatch.setattr(asyncio, "to_thread", slowly)
    params: Params = {"service": "hotel", "target": "hotel", "key": "shed", "value": 0.8, "before": 0.0}
    pushed = Scenario("pushed", faults=(Placed("admission-closed", params),), noise=(Noise("decoy", before=-0.5),))
    await clock.run(director.run(pushed))
    assert [each.kind for each in director.disturbances] == ["decoy"]
    assert director.truths


async def test_a_fault_with_sizes_comes_little_by_little(
    director: Director, clock: VirtualClock, harm: RecordingHarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses: list[float] = []
    monkeypatch.setattr(harm, "link", lambda edge, loss: losses.append(loss))
    grows = Placed("packet-loss", {"loss": 0.4}, shape="ramp", over=8.0)
    await clock.run(director.run(Scenario("grows", faults=(grows,))))
    assert losses == pytest.approx([0.1, 0.2, 0.3, 0.4])
    (truth,) = director.truths
    assert truth.injected == pytest.approx(START + 10, abs=0.3)
