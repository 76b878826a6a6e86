"""The injector plans by seed, keeps a ledger before it hurts, and heals after any death."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import pytest

from telic.clock import VirtualClock
from telic.errors import InvalidRecord, UsageError
from telic.lab import injection
from telic.lab.decoys import decoy
from telic.lab.fault import Scene, make
from telic.lab.faults import LOOP
from telic.lab.injector import Injector, Wanted, main
from telic.lab.ledger import Ledger
from telic.lab.testing import RecordingHarm
from telic.lab.traffic import Place, traffic
from telic.model import Truth


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(start=1000.0)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "harm")


async def test_it_waits_injects_and_says_when(scene: Scene, ledger: Ledger, clock: VirtualClock) -> None:
    injector = Injector(scene, ledger, clock)
    found = await clock.run(injector.run(Wanted("hang", seed=3, after=12.5)))
    assert found is not None
    assert found.truth.injected == pytest.approx(1012.5)
    assert found.decoy is None
    (entry,) = ledger.entries()
    assert (entry.phase, entry.truth, dict(entry.params)) == ("injected", found.truth, dict(found.params))


async def test_a_harmless_change_comes_before_on_another_service(
    scene: Scene, harm: RecordingHarm, ledger: Ledger, clock: VirtualClock
) -> None:
    for seed in range(8):
        injector = Injector(scene, ledger, clock)
        found = await clock.run(injector.run(Wanted("bad-deploy-exception", seed, after=10, decoy_before=4)))
        assert found is not None
        assert found.decoy is not None
        assert found.decoy.entity != found.truth.entity
        assert [each.id for each in harm.log[-2:]] == [found.decoy.id, found.truth.change]


async def test_told_to_stop_it_hurts_nobody(
    scene: Scene, harm: RecordingHarm, ledger: Ledger, clock: VirtualClock
) -> None:
    injector = Injector(scene, ledger, clock)
    injector.stop.set()
    healthy = harm.snapshot()
    assert await clock.run(injector.run(Wanted("hang", 1, after=5, decoy_before=2))) is None
    assert harm.snapshot() == healthy
    assert ledger.entries() == []


async def test_it_stays_until_told_to_stop(scene: Scene, ledger: Ledger, clock: VirtualClock) -> None:
    injector = Injector(scene, ledger, clock)

    async def stop_later() -> None:
        await clock.sleep(7)
        injector.stop.set()

    await clock.run(asyncio.wait_for(asyncio.gather(injector.stay(), stop_later()), timeout=None))
    assert clock.time() == pytest.approx(1007, abs=0.5)


async def test_a_fixed_parameter_reaches_the_fault(scene: Scene, ledger: Ledger, clock: VirtualClock) -> None:
    found = await clock.run(Injector(scene, ledger, clock).run(Wanted("hang", 1, {"service": "booking"})))
    assert found is not None
    assert found.truth.entity == "booking"


@pytest.mark.parametrize("name", LOOP)
async def test_death_after_the_ledger_line_or_during_injection_is_healed(
    name: str, scene: Scene, harm: RecordingHarm, ledger: Ledger, clock: VirtualClock
) -> None:
    healthy = harm.snapshot()
    injector = Injector(scene, ledger, clock)
    culprit, params = injector.plan(Wanted(name, 5))
    ledger.begin(name, params, time=900.0)
    assert injection.heal_all(scene, ledger) == [name]
    assert harm.snapshot() == healthy
    ledger.begin(name, params, time=901.0)
    culprit.inject(harm)  # and no line after it
    assert harm.snapshot() != healthy
    assert injection.heal_all(scene, ledger) == [name]
    assert harm.snapshot() == healthy
    assert injection.heal_all(scene, ledger) == []


async def test_several_injections_heal_newest_first(
    scene: Scene, harm: RecordingHarm, ledger: Ledger, clock: VirtualClock
) -> None:
    healthy = harm.snapshot()
    for name in ("hang", "wrong-port", "network"):
        await clock.run(Injector(scene, ledger, clock).run(Wanted(name, 2, after=1)))
    assert injection.heal_all(scene, ledger) == ["network", "wrong-port", "hang"]
    assert harm.snapshot() == healthy


async def test_one_that_cannot_be_healed_does_not_keep_the_others_hurt(
    scene: Scene, harm: RecordingHarm, ledger: Ledger, clock: VirtualClock
) -> None:
    await clock.run(Injector(scene, ledger, clock).run(Wanted("hang", 2)))
    ledger.begin("hang", {"service": "gone"}, time=9e9)
    with pytest.raises(UsageError, match="no service 'gone'"):
        injection.heal_all(scene, ledger)
    assert harm.snapshot()["stopped"] == []
    assert [each.params["service"] for each in ledger.open()] == ["gone"]


def test_what_telic_repaired_itself_is_not_undone_by_healing(scene: Scene, harm: RecordingHarm) -> None:
    name = "bad-deploy-exception"
    culprit = make(name, Injector(scene, Ledger(Path("unused")), VirtualClock()).plan(Wanted(name, 1))[1])
    culprit.inject(harm)
    change = harm.log[-1]
    harm.restore(change.entity, change)  # a rollback
    harm.deploy(change.entity, {"services/notes.py": "NEXT = 1\n"}, author="anna", summary="next")
    before = harm.snapshot()
    culprit.heal(harm, change)
    assert harm.snapshot() == before


def test_the_ledger_is_for_its_owner_and_survives_a_torn_line(ledger: Ledger) -> None:
    entry = ledger.begin("hang", {"service": "hotel"}, time=5.0, pid=7, born=3.0)
    path = ledger.folder / "ledger.jsonl"
    assert stat.S_IMODE(ledger.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with path.open("ab") as sink:
        sink.write(b'{"schema": "telic/harm/v1", "rec')
    assert ledger.open() == [entry]
    ledger.injected(entry, Truth("hang", "hotel", "hang"), time=6.0)
    assert [each.phase for each in ledger.open()] == ["injected"]
    ledger.healed(ledger.open()[0], time=8.0)
    assert ledger.open() == []
    (last,) = ledger.entries()
    assert last.truth is not None
    assert last.truth.healed == 8.0


def test_a_line_of_another_shape_is_an_error(ledger: Ledger) -> None:
    ledger.begin("hang", {}, time=1.0)
    path = ledger.folder / "ledger.jsonl"
    path.write_bytes(b'{"schema": "other"}\n' + path.read_bytes())
    with pytest.raises(InvalidRecord, match="schema 'other'"):
        ledger.entries()


def test_the_record_is_sealed_and_comes_back(tmp_path: Path, scene: Scene) -> None:
    path = tmp_path / "deep" / "truth.json"
    assert injection.truth(path) is None
    written = injection.Injection(Truth("hang", "hotel", "hang", injected=4.0), 3, {"service": "hotel"})
    injection.write(path, written)
    assert injection.read(path) == written
    assert injection.truth(path) == written.truth
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(path.parent) == ["truth.json"]


@pytest.mark.parametrize("seed", range(20))
def test_decoys_keep_away_from_what_users_of_the_hurt_place_pass(seed: int, scene: Scene, harm: RecordingHarm) -> None:
    culprit = make("hang", {"service": "review"})
    change = decoy(scene, seed, hurt=(culprit,))
    flow = traffic(scene.design)
    hurt = flow.passes[Place("service", "review")]
    assert not flow.passes[Place("service", change.entity)] & hurt
    assert change.entity != "gateway"


def test_decoys_differ_by_seed_and_come_in_both_kinds(scene: Scene) -> None:
    found = [decoy(scene, seed) for seed in range(20)]
    assert {each.kind for each in found} == {"deploy", "config"}
    assert len({each.entity for each in found}) > 1


def test_a_decoy_changes_no_behaviour(scene: Scene, harm: RecordingHarm) -> None:
    before = {each: dict(harm.release_files(each)) for each in harm.state().services}
    change = decoy(scene, 1, kind="deploy")
    after = harm.release_files(change.entity)
    for path, text in after.items():
        old, new = before[change.entity][path].splitlines(), text.splitlines()
        assert all(line.startswith("#") or not line for line in new[len(old) :])
        assert new[: len(old)] == old


@pytest.mark.parametrize("arguments", [[], ["--fault", "hang"], ["--fault", "unheard-of", "--out", "x"]])
def test_the_command_line_says_what_is_missing(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--state", "nowhere", *arguments])
    assert caught.value.code == 2
    assert "telic.lab.injector: error" in capsys.readouterr().err


def test_healing_with_nothing_in_force_needs_no_world(tmp_path: Path) -> None:
    assert injection.heal(tmp_path) == []
