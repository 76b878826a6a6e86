"""The guard: nothing is done that the journal does not know, and nothing that does not help stays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.tools.small_world import Killed, Oracle, SmallWorld, wanted

from telic.clock import VirtualClock
from telic.errors import StoreFailed
from telic.model import Action, ActionRecord, wrong_actions_left
from telic.tools.checks import REST, Limits
from telic.tools.guard import Guard
from telic.tools.journal import DECIDED, Journal, read

T = TypeVar("T")
REVERSIBLE = ("rollback", "set_config", "failover", "grant", "set_policy")


async def inline(work: Callable[[], T]) -> T:
    return work()


class Bench:
    """A guard on a small world in virtual time."""

    def __init__(self, folder: Path, *, good: tuple[str, ...] = (), limits: Limits | None = None) -> None:
        self.clock = VirtualClock(1000.0)
        self.world = SmallWorld(self.clock)
        self.oracle = Oracle(self.clock, good)
        self.folder = folder
        self.limits = limits or Limits()
        self.journal = Journal(folder)
        self.seen: list[ActionRecord] = []

    def guard(self, *, attended: bool = False) -> Guard:
        return Guard(
            self.world,
            self.journal,
            self.clock,
            limits=self.limits,
            attended=attended,
            on_step=self.seen.append,
            offload=inline,
        )

    def do(self, action: Action, *, incident: str = "I1", attended: bool = False) -> ActionRecord:
        return asyncio.run(self.clock.run(self.guard(attended=attended).carry_out(incident, action, self.oracle)))

    def recover(self) -> list[ActionRecord]:
        return asyncio.run(self.clock.run(self.guard().recover(self.oracle)))


def test_an_action_that_helps_stays(tmp_path: Path) -> None:
    bench = Bench(tmp_path, good=("rollback",))
    record = bench.do(wanted("rollback"))
    assert record.outcome == "helped"
    assert bench.world.version == "1"
    assert [each.step for each in read(tmp_path)] == ["planned", "applying", "applied", "helped"]
    assert record.dry_run == "would rollback hotel (version=1)"
    assert any(each.startswith("budget: action 1 of") for each in record.checks)


@pytest.mark.parametrize("verb", REVERSIBLE)
def test_an_action_that_does_not_help_is_undone(tmp_path: Path, verb: str) -> None:
    bench = Bench(tmp_path)
    before = bench.world.fingerprint() if verb != "set_policy" else None
    record = bench.do(wanted(verb))
    assert record.outcome == "undone"
    assert len(bench.world.applied) == 2
    assert wrong_actions_left([record]) == ()
    assert before in (None, bench.world.fingerprint())


def test_a_restart_that_does_not_help_leaves_nothing(tmp_path: Path) -> None:
    record = Bench(tmp_path).do(wanted("restart"))
    assert record.outcome == "left"
    assert wrong_actions_left([record]) == ()


@pytest.mark.parametrize("verb", ["flush_cache", "revoke"])
def test_what_may_not_be_done_unattended_is_refused(tmp_path: Path, verb: str) -> None:
    bench = Bench(tmp_path)
    record = bench.do(wanted(verb))
    assert record.outcome == "refused"
    assert bench.world.applied == []
    assert "irreversible" in record.health or "nobody watching" in record.health


def test_a_person_may_flush_a_cache(tmp_path: Path) -> None:
    bench = Bench(tmp_path, good=("flush_cache",))
    assert bench.do(wanted("flush_cache"), attended=True).outcome == "helped"


@pytest.mark.parametrize(
    ("action", "says"),
    [
        (Action("rolback", "hotel"), "did you mean rollback?"),
        (Action("rollback", "hotl", {"version": "1"}), "did you mean hotel?"),
        (Action("rollback", "hotel"), "'version' is missing"),
        (Action("rollback", "hotel", {"version": "2"}), "already runs version 2"),
        (Action("rollback", "hotel", {"version": 1}), "Expected `str`"),
        (
            Action("set_config", "gateway", {"key": "upstream.hotl.port", "value": 1}),
            "did you mean upstream.hotel.port?",
        ),
        (Action("set_config", "gateway", {"key": "token.secret", "value": "y"}), "is a secret"),
        (Action("set_config", "gateway", {"key": "log.level", "value": "INFO"}), "already"),
        (Action("failover", "gateway->hotel", {"link": "a"}), "takes link a already"),
        (Action("failover", "gateway->hotel", {"link": "c"}), "Invalid enum value"),
        (Action("failover", "hotel->gateway", {"link": "b"}), "no edge"),
        (Action("grant", "hotel", {"table": "hotel.hotels", "privileges": "DELETE"}), "is not missing"),
        (Action("set_policy", "gateway->hotel", {"policy": "{"}), "not a EdgePolicy"),
    ],
)
def test_refusals_say_what_to_do(tmp_path: Path, action: Action, says: str) -> None:
    bench = Bench(tmp_path)
    record = bench.do(action)
    assert record.outcome == "refused"
    assert says in record.health
    assert bench.world.applied == []


def test_the_same_failed_action_is_not_tried_twice(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert bench.do(wanted("rollback")).outcome == "undone"
    again = bench.do(wanted("rollback"))
    assert again.outcome == "refused"
    assert "did not help before (A0001)" in again.health
    assert bench.do(wanted("rollback"), incident="I2").outcome == "undone"


def test_what_eases_a_restriction_is_tried_again_after_a_rest(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.world.policies["hotel"] = {"queue": 8, "max_age": 0.1}  # it is being escaped
    step = wanted("reopen")
    assert bench.do(step).outcome == "undone"
    again = bench.do(step)
    assert again.outcome == "refused"
    assert "did not hold before (A0001); again in" in again.health
    asyncio.run(bench.clock.run(bench.clock.sleep(REST)))
    rested = bench.do(step)
    assert rested.outcome == "undone"
    assert "not_again: rested since it failed (A0001)" in rested.checks
    asyncio.run(bench.clock.run(bench.clock.sleep(REST)))
    assert bench.do(step).outcome == "refused"  # twice as long now
    assert bench.do(step, incident="I2").outcome == "undone"


def test_the_budget_of_an_incident_ends(tmp_path: Path) -> None:
    bench = Bench(tmp_path, limits=Limits(per_incident=2))
    outcomes = [bench.do(wanted(verb)).outcome for verb in ("rollback", "set_config", "failover")]
    assert outcomes == ["undone", "undone", "refused"]


def test_the_budget_of_ten_minutes_ends_and_comes_back(tmp_path: Path) -> None:
    bench = Bench(tmp_path, limits=Limits(per_stretch=1))
    assert bench.do(wanted("rollback"), incident="I1").outcome == "undone"
    assert bench.do(wanted("rollback"), incident="I2").outcome == "refused"
    asyncio.run(bench.clock.run(bench.clock.sleep(601)))
    assert bench.do(wanted("rollback"), incident="I3").outcome == "undone"


def test_few_vain_actions_are_allowed_over_incidents(tmp_path: Path) -> None:
    bench = Bench(tmp_path, good=("failover",), limits=Limits(vain_per_stretch=2))
    outcomes = [bench.do(wanted("rollback"), incident=f"I{number}").outcome for number in range(3)]
    assert outcomes == ["undone", "undone", "refused"]


def test_only_one_action_at_a_time(tmp_path: Path) -> None:
    bench = Bench(tmp_path, good=("rollback", "failover"))

    async def both() -> list[ActionRecord]:
        guard = bench.guard()
        return list(
            await asyncio.gather(
                guard.carry_out("I1", wanted("rollback"), bench.oracle),
                guard.carry_out("I1", wanted("failover"), bench.oracle),
            )
        )

    outcomes = [each.outcome for each in asyncio.run(bench.clock.run(both()))]
    assert sorted(outcomes) == ["helped", "refused"]


def test_a_world_that_fails_before_the_effect_is_a_refusal(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.world.failing = 1
    record = bench.do(wanted("rollback"))
    assert record.outcome == "refused"
    assert bench.world.version == "2"


def test_a_world_that_fails_after_the_effect_is_taken_back(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.world.failing_after = 1
    assert bench.do(wanted("rollback")).outcome == "undone"
    assert bench.world.version == "2"


def test_an_undo_that_fails_for_good_is_told(tmp_path: Path) -> None:
    bench = Bench(tmp_path)

    def fail_undo(name: str) -> None:
        if name == "after rollback":
            bench.world.failing = 99

    bench.world.point = fail_undo
    record = bench.do(wanted("rollback"))
    assert record.outcome == "undo_failed"
    assert wrong_actions_left([record]) == (record,)


def test_an_undo_is_tried_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path)

    def fail_once(name: str) -> None:
        if name == "after rollback":
            bench.world.failing, bench.world.point = 1, lambda name: None

    bench.world.point = fail_once
    assert bench.do(wanted("rollback")).outcome == "undone"


def test_nothing_is_done_when_the_journal_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(tmp_path)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("telic.tools.journal.os.fsync", full)
    with pytest.raises(StoreFailed, match="cannot be written"):
        bench.do(wanted("rollback"))
    assert bench.world.applied == []
    assert read(tmp_path) == []


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    plan=st.lists(st.sampled_from([*REVERSIBLE, "restart"]), min_size=1, max_size=3, unique=True),
    good=st.sets(st.sampled_from([*REVERSIBLE, "restart"])),
    dies_at=st.lists(st.integers(0, 14), min_size=1, max_size=3),
    torn=st.booleans(),
)
def test_at_any_crash_point_the_journal_knows_and_recovery_finishes(
    tmp_path_factory: pytest.TempPathFactory, plan: list[str], good: set[str], dies_at: list[int], torn: bool
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    clock = VirtualClock(1000.0)
    world, oracle = SmallWorld(clock), Oracle(clock, tuple(good))
    start = world.fingerprint()
    countdown = [0]

    def point(name: str) -> None:
        if countdown[0] == 0:
            raise Killed(name)
        countdown[0] -= 1

    world.point = oracle.point = point

    def life(work: Callable[[Guard], object], left: int, *, tear: bool) -> bool:
        """Run one life of an operator; returns whether it was killed."""
        countdown[0] = left
        journal = Journal(folder)
        original = journal.append

        def append(*given: object, **named: object) -> object:
            point("before the journal")
            entry = original(*given, **named)  # type: ignore[arg-type]
            point("after the journal")
            return entry

        journal.append = append  # type: ignore[method-assign, assignment]
        guard = Guard(world, journal, clock, offload=inline)
        try:
            asyncio.run(clock.run(work(guard)))  # type: ignore[arg-type]
        except Killed:
            if tear:
                with journal.path.open("ab") as file:
                    file.write(b'{"schema":"telic/journal/v1","rec')
            return True
        finally:
            journal.close()
        return False

    async def operate(guard: Guard) -> None:
        for verb in plan:
            await guard.carry_out("I1", wanted(verb), oracle)

    async def recover(guard: Guard) -> None:
        await guard.recover(oracle)

    def known() -> None:
        """Nothing reached the world that the journal had not announced."""
        announced = [each.record for each in read(folder) if each.step == "applying"]
        for done in world.applied:
            ways = [(each.action, each.undo.action if each.undo else None) for each in announced]
            assert any(done in way for way in ways)

    killed = life(operate, dies_at[0], tear=torn)
    known()
    for left in dies_at[1:]:
        killed = life(recover, left, tear=torn) or killed
        known()
    assert not life(recover, 10_000, tear=False)
    known()
    last = {each.record.id: each for each in read(folder)}
    assert all(each.step in DECIDED for each in last.values())
    records = [each.record for each in last.values()]
    assert wrong_actions_left(records) == ()
    helped = {each.action.verb for each in records if each.outcome == "helped"}
    assert helped <= good
    if not helped - {"restart", "set_policy"}:
        assert world.fingerprint()[:4] == start[:4]


def test_an_undo_that_was_begun_is_finished_not_judged_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path)

    def die_in_undo(name: str) -> None:
        if name == "before rollback" and bench.world.applied:
            raise Killed(name)

    bench.world.point = die_in_undo
    with pytest.raises(Killed):
        bench.do(wanted("rollback"))
    bench.world.point, bench.oracle.good = (lambda name: None), ("rollback",)
    assert [each.outcome for each in bench.recover()] == ["undone"]
    assert bench.world.version == "2"
