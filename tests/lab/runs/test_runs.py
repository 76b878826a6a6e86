"""Runs on disk, their summary, repetition and comparison."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.lab.recorded_episodes import START, action, calm, make, tallies

from telic.errors import InvalidRecord, TelicError, UnknownName, UsageError
from telic.lab.runs import folder
from telic.lab.runs.campaign import campaign
from telic.lab.runs.compare import compare, matched
from telic.lab.runs.flakiness import flakiness, repeated
from telic.lab.runs.graded import CALM, PASSING, Graded, graded, layer, regrade
from telic.lab.runs.summary import by_app, false_alarm, standing, standings
from telic.lab.scenario import Placed, Scenario, digest
from telic.lab.session import Claims, Episode, write

NOW = 1_790_000_000.0


def suite() -> list[Scenario]:
    return [Scenario(f"sick-{each}", faults=(Placed("hang"),), difficulty=str(each)) for each in range(4)] + [
        Scenario(f"calm-{each}", difficulty=str(each)) for each in range(4)
    ]


def played(actor: str, seeds: tuple[int, ...] = (1, 2)) -> list[Episode]:
    """`telic` is always right; `constant` says and restarts always the same; `noop` does nothing."""
    found = []
    for scenario in suite():
        for seed in seeds:
            one = calm() if scenario.healthy else make()
            if actor == "constant":
                one = replace(
                    one, claims=Claims(False, "search", submitted=START + 25), actions=(action(26.0, "search"),),
                    users=tallies(range(21, 47)) if one.truth else one.users,
                )  # fmt: skip
            elif actor == "noop":
                users = tallies(range(21, 47)) if one.truth else one.users
                one = replace(one, claims=Claims(), actions=(), calls=(), users=users)
            found.append(replace(one, scenario=scenario, scenario_hash=digest(scenario), seed=seed, actor=actor))
    return found


def all_played() -> list[Graded]:
    return graded([each for actor in ("telic", "constant", "noop") for each in played(actor)])


def test_scenarios_that_differ_by_name_alone_are_two() -> None:
    twins = [Scenario("busy-003"), Scenario("busy-015")]
    found = [replace(calm(), scenario=each, scenario_hash=digest(each), actor="telic") for each in twins]
    assert len({each.scenario_hash for each in found}) == 1
    assert [(one.scenario, two.scenario) for one, two in matched(graded(found), graded(found))] == [
        ("busy-003", "busy-003"),
        ("busy-015", "busy-015"),
    ]


def test_the_headline_tells_the_operator_from_the_trivial_ones() -> None:
    best, *rest = standings(all_played())
    assert best.actor == "telic"
    assert (best.balanced.value, best.false_alarm.value, best.kind) == (1.0, 0.0, "")
    assert {each.actor: each.balanced.value for each in rest} == {"constant": 0.5, "noop": 0.0}
    assert {each.actor: each.false_alarm.value for each in rest} == {"constant": 1.0, "noop": 0.0}
    assert all(each.kind == "trivial" for each in rest)
    assert best.tasks["mitigate"].trials == 8
    assert best.balanced.low < 0.9
    assert best.numbers["to_mitigate"] == 9.0
    assert best.numbers["harm_by_actor"] == 0.0


def test_void_episodes_count_for_nothing_else() -> None:
    void = replace(make(users=tallies(())), actions=(), calls=())
    found = standing("telic", graded([make(), void]))
    assert (found.episodes, found.void, found.tasks["detect"].trials) == (2, 1, 1)


def test_a_false_alarm_rate_needs_healthy_episodes() -> None:
    assert false_alarm(graded([make()])).value is None


def test_layers_and_apps() -> None:
    assert layer(calm()) == CALM
    assert layer(replace(make(), scenario=Scenario("short", faults=(Placed("hang", lasts=5.0),)))) == PASSING
    assert layer(replace(make(), scenario=Scenario("gone", faults=(Placed("no-such-fault"),)))) == "other"
    assert {(each.name, each.actor, each.episodes) for each in by_app(all_played())} == {
        ("hotel", actor, 16) for actor in ("telic", "constant", "noop")
    }


def test_flakiness_has_an_upper_bound() -> None:
    same = [replace(make(), repeat=number) for number in range(1, 6)]
    odd = [*same[:4], replace(same[4], users=tallies(range(21, 47)))]
    assert flakiness(graded(same[:1])) is None
    steady = flakiness(graded(same))
    assert steady is not None
    assert steady.value == 0.0
    assert steady.high == pytest.approx(0.95)
    assert [(each.runs, each.deviating) for each in repeated(graded(odd))] == [(5, 1)]
    found = flakiness(graded([*odd, *(replace(each, seed=2) for each in same)]))
    assert found is not None
    assert (found.value, found.trials) == (0.5, 2)


def test_comparison_pairs_by_scenario_and_seed() -> None:
    found = compare(graded(played("noop")), graded(played("telic", (1, 2, 3))), names=("noop", "telic"))
    tasks = {each.task: each for each in found.tasks}
    assert found.alone == 8
    assert (tasks["mitigate"].pairs, tasks["mitigate"].second_only, tasks["mitigate"].first_only) == (8, 8, 0)
    assert tasks["mitigate"].chance == pytest.approx(2 / 256)
    difference = tasks["mitigate"].difference
    assert difference is not None
    assert difference.value == 1.0
    budget = found.numbers["budget_burnt"].value
    assert budget is not None
    assert budget < 0


def test_runs_of_several_actors_are_compared_actor_by_actor() -> None:
    mixed = all_played()
    found = compare(mixed, list(reversed(mixed)))
    tasks = {each.task: each for each in found.tasks}
    assert (found.alone, tasks["detect"].pairs) == (0, 48)
    assert all(each.first_only == each.second_only == 0 for each in found.tasks)
    alone = compare(mixed, graded(played("telic")))
    assert (alone.alone, alone.tasks[0].pairs) == (32, 16)


def test_a_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    planned = folder.cells(suite(), ("telic", "noop"), (1, 2))
    path = folder.create(tmp_path, planned, now=NOW, suite="Core suite!")
    assert path.name == "20260921-141320-core-suite"
    run = folder.opened(path)
    assert folder.missing(run, ()) == list(planned)
    for each in played("telic"):
        write(path / folder.EPISODES, each)
    found, damaged = folder.episodes(path)
    assert damaged == []
    assert {each.actor for each in folder.missing(run, found)} == {"noop"}
    assert len(regrade(path)) == 16
    squares = campaign(run, graded(found))
    assert {(each.actor, each.done, each.planned, each.solved) for each in squares} == {
        ("telic", 2, 2, 2),
        ("noop", 0, 2, 0),
    }
    assert {each.world for each in squares} == {"simulated"}


def test_a_changed_scenario_and_a_damaged_record_are_missing(tmp_path: Path) -> None:
    planned = folder.cells(suite()[:1], ("telic",), (1, 2))
    path = folder.create(tmp_path, planned, now=NOW)
    first, second = played("telic")[:2]
    write(path / folder.EPISODES, replace(first, scenario_hash="sha256:other"))
    write(path / folder.EPISODES, second)
    (path / folder.EPISODES / ".cut.json.part").write_text("{")
    (path / folder.EPISODES / "cut.json").write_text('{"scenario": ')
    found, damaged = folder.episodes(path)
    assert [each.path.name for each in damaged] == ["cut.json"]
    assert folder.missing(folder.opened(path), found) == [planned[0]]


def test_runs_are_listed_and_found(tmp_path: Path) -> None:
    planned = folder.cells(suite()[:1], ("telic",), (1,))
    first = folder.create(tmp_path, planned, now=NOW, suite="core")
    second = folder.create(tmp_path, planned, now=NOW, suite="core")
    third = folder.create(tmp_path, planned, now=NOW + 3600, suite="wide")
    (tmp_path / folder.RUNS / "rubbish").mkdir()
    (tmp_path / folder.RUNS / "rubbish" / folder.FILE).write_text("[]")
    assert [each.id for each in folder.listing(tmp_path)] == [first.name, second.name, third.name]
    assert folder.find(tmp_path, "latest") == third
    assert folder.find(tmp_path, first.name) == first
    assert folder.find(tmp_path, "20260921-15") == third
    assert folder.find(tmp_path, str(second)) == second
    for name in ("20260921-14", "nothing", ""):
        with pytest.raises(UnknownName):
            folder.find(tmp_path, name)


def test_a_run_can_grow(tmp_path: Path) -> None:
    planned = folder.cells(suite()[:2], ("telic",), (1,))
    path = folder.create(tmp_path, planned[:1], now=NOW)
    assert folder.extend(path, planned).cells == planned
    assert folder.opened(path).cells == planned


@pytest.mark.parametrize("content", ["", "[]", '{"schema": "telic/lab-run/v0", "record": {}}', '{"schema": 1}'])
def test_what_is_no_run_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / folder.FILE).write_text(content)
    with pytest.raises(InvalidRecord, match=r"run\.json"):
        folder.opened(tmp_path)


def test_bad_plans_are_refused(tmp_path: Path) -> None:
    cell = folder.cells(suite()[:1], ("telic",), (1,))
    for planned in ((), cell * 2):
        with pytest.raises(UsageError):
            folder.create(tmp_path, planned, now=NOW)
    with pytest.raises(TelicError):
        folder.opened(tmp_path / "nowhere")


def test_runs_without_a_pair_say_why() -> None:
    one, several = graded(played("telic")), graded([*played("noop"), *played("loudest")])
    found = compare(one, several)
    assert "none in common: telic; loudest, noop" in found.why
    elsewhere = graded([replace(each, world="local") for each in played("telic")])
    assert "no scenario, seed, repeat and world in common" in compare(one, elsewhere).why
    assert compare(one, graded(played("noop"))).why == ""
