"""Many episodes: what is missing is run, what fails does not end the others, and a stopped run goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.lab.recorded_episodes import make, tallies

from telic.errors import UnknownName, UsageError, WorldError
from telic.lab.grading import grade
from telic.lab.runs import folder as runs
from telic.lab.scenario import Scenario, digest
from telic.lab.session import Claims, Episode, loading, many, running
from telic.lab.session.standby import Standby

SCENARIOS = (Scenario("one"), Scenario("two", difficulty="hard"))


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Episodes that were run; the second scenario's world does not come up for `telic`."""
    found: list[str] = []

    def run(scenario: Scenario, play: running.Play, **given: Any) -> Episode:
        actor, seed, repeat = given["actor"], given["seed"], given["repeat"]
        if scenario.name == "two" and actor == "telic":
            raise WorldError("no room", hint="make some")
        found.append(f"{scenario.name} {actor} {seed}")
        return make(scenario=scenario, scenario_hash=digest(scenario), actor=actor, seed=seed, repeat=repeat)

    monkeypatch.setattr(running, "run", run)
    monkeypatch.setattr(loading, "prepared", lambda app: None)
    return found


def begun(home: Path, actors: tuple[str, ...] = ("noop", "telic")) -> Path:
    return runs.create(home, runs.cells(SCENARIOS, actors, (1, 2)), now=0.0)


def test_a_failure_is_told_and_the_rest_is_run(played: list[str], tmp_path: Path) -> None:
    folder = begun(tmp_path)
    told: list[many.Done] = []
    done = many.run(folder, SCENARIOS, tell=told.append)
    assert told == done
    assert [each.error for each in done if each.error] == ["no room; make some"] * 2
    assert len(played) == 6
    assert len(runs.episodes(folder)[0]) == 6


def test_a_mistake_of_the_labs_costs_one_episode(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def run(scenario: Scenario, play: running.Play, **given: Any) -> Episode:
        if given["seed"] == 1:
            raise KeyError("nights")
        return make(scenario=scenario, scenario_hash=digest(scenario), actor=given["actor"], seed=given["seed"])

    monkeypatch.setattr(running, "run", run)
    monkeypatch.setattr(loading, "prepared", lambda app: None)
    folder = begun(tmp_path, ("noop",))
    done = many.run(folder, SCENARIOS)
    assert [each.error for each in done if each.error] == ["it broke down: KeyError: 'nights'"] * 2
    assert len(runs.episodes(folder)[0]) == 2


def test_a_run_is_played_by_one_process_at_a_time(played: list[str], tmp_path: Path) -> None:
    folder = begun(tmp_path, ("noop",))
    with runs.played_alone(folder), pytest.raises(UsageError, match="being played"):
        many.run(folder, SCENARIOS)
    assert not played
    many.run(folder, SCENARIOS)
    assert len(played) == 4


@pytest.mark.parametrize("name", ["org/agent", "../agent", ".agent", "", "a" * 81, "two words"])
def test_an_actor_is_called_as_a_file_can_be(name: str) -> None:
    with pytest.raises(UsageError, match="no actor can be called"):
        runs.cells(SCENARIOS, (name,), (1,))
    assert runs.cells(SCENARIOS, ("openai:gpt-5.1@2026+x",), (1,))


def test_a_stopped_run_goes_on_where_it_was(played: list[str], tmp_path: Path) -> None:
    folder = begun(tmp_path, ("noop",))
    many.run(folder, SCENARIOS)
    (folder / runs.EPISODES / "two-simulated-2-noop-1.json").unlink()
    played.clear()
    many.run(folder, SCENARIOS)
    assert played == ["two noop 2"]
    assert many.run(folder, SCENARIOS) == []


def test_a_scenario_that_changed_belongs_to_another_run(played: list[str], tmp_path: Path) -> None:
    folder = begun(tmp_path)
    with pytest.raises(UsageError, match="scenario two is not there"):
        many.run(folder, (SCENARIOS[0], Scenario("two", difficulty="easy")))
    assert not played


def test_an_actor_that_does_not_exist_is_an_error_before_anything_runs(played: list[str], tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="telik"):
        many.run(begun(tmp_path, ("noop", "telik")), SCENARIOS)
    assert not played


def test_several_at_once_give_the_same_records(played: list[str], tmp_path: Path) -> None:
    folder = begun(tmp_path, ("noop",))
    done = many.run(folder, SCENARIOS, jobs=2)
    assert sorted(each.cell for each in done) == sorted(runs.opened(folder).cells)
    assert len(runs.episodes(folder)[0]) == 4


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_world_that_does_not_end_loses_no_episode(
    played: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    raised: set[int] = set()

    def stuck(standby: Standby) -> None:
        if id(standby) not in raised:
            raised.add(id(standby))
            raise WorldError("genai does not end")

    monkeypatch.setattr(Standby, "close", stuck)
    folder = runs.create(tmp_path, runs.cells(SCENARIOS, ("noop",), (1, 2), world="local"), now=0.0)
    done = many.run(folder, SCENARIOS, jobs=jobs)
    assert not any(each.error for each in done)
    assert [each.left for each in done if each.left] == ["genai does not end; `telic lab doctor` ends it"] * jobs
    assert len(runs.episodes(folder)[0]) == 4


def test_a_live_episode_that_others_on_the_machine_spoilt_is_played_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shaken = [[25, 26, 27], [30, 31], [], [25, 26, 27], [30, 31], [40, 41, 42]]

    def run(scenario: Scenario, play: running.Play, **given: Any) -> Episode:
        of = {each: given[each] for each in ("actor", "seed", "world")}
        users, hashed = tallies(shaken.pop(0)), digest(scenario)
        alone = {"truth": (), "actions": (), "calls": (), "claims": Claims()}
        return make(scenario=scenario, scenario_hash=hashed, users=users, **alone, **of)

    monkeypatch.setattr(running, "run", run)
    monkeypatch.setattr(loading, "prepared", lambda app: None)
    folder = runs.create(tmp_path, runs.cells(SCENARIOS[:1], ("noop",), (1, 2), world="local"), now=0.0)
    many.run(folder, SCENARIOS[:1])
    first, second = runs.episodes(folder)[0]
    assert [len(first.disturbed), len(second.disturbed)] == [2, 2]
    assert (grade(first).void, grade(second).void) == ("", "users were harmed in 3 s although nothing was wrong")
