"""A campaign goes on where it was stopped; what was held out comes first; every cell says its kind of world."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.lab.recorded_episodes import action, calm, make, tallies
from tests.worlds.recorded import folders as incidents
from typer.testing import CliRunner

from telic import cli
from telic.cli import output
from telic.cli.lab_output import WORLDS, world_kind
from telic.errors import UsageError
from telic.lab.recorded import taking
from telic.lab.runs import campaigning, playable, suites
from telic.lab.runs import folder as runs
from telic.lab.runs.flakiness import by_scenario
from telic.lab.runs.graded import Graded, graded
from telic.lab.runs.suites import HeldOut, Suite
from telic.lab.scenario import Placed, Scenario, digest, files, suite
from telic.lab.scenario.writing import write as toml
from telic.lab.session import Episode, loading, running
from telic.model import Truth
from telic.report.lab import campaign as page

HELD = Suite("core", HeldOut(("hang",), "social"))
SCENARIOS = (
    Scenario("seen", faults=(Placed("crash"),)),
    Scenario("seen-calm", difficulty="calm"),
    Scenario("unseen", faults=(Placed("hang"),)),
    Scenario("other-calm", app="social"),
)


def episode(scenario: Scenario, **given: Any) -> Episode:
    """`telic` is right where it has seen the like, and says that all is well elsewhere."""
    one = calm() if scenario.healthy else make()
    if given["actor"] == "telic" and HELD.held_out.holds(scenario) and not scenario.healthy:
        one = replace(one, claims=calm().claims, actions=(), users=tallies(range(21, 47)))
    return replace(one, scenario=scenario, scenario_hash=digest(scenario), **given)


def played(worlds: Sequence[Any], actors: Sequence[str] = ("telic", "noop")) -> list[Graded]:
    cells = campaigning.plan(HELD, SCENARIOS, actors, (1, 2), worlds)
    known = {each.name: each for each in SCENARIOS}
    return graded(
        episode(known[each.scenario], actor=each.actor, seed=each.seed, world=each.world, repeat=each.repeat)
        for each in cells
    )


def test_what_was_held_out_comes_first_and_worlds_are_told_apart() -> None:
    found = played(("simulated", "local"))
    run = runs.Run("id", "core", "core", 0.0, tuple(runs.cell_of(each.episode) for each in found))
    view = campaigning.view(run, found, HELD)
    first, second = view.parts
    assert (first.title, second.title) == ("what was held out", "everything else")
    rows = {(row.standing.actor, row.world): row.standing for row in first.rows}
    assert rows["telic", "local"].balanced.value == 0.5
    assert {each.standing.balanced.value for each in second.rows if each.standing.actor == "telic"} == {1.0}
    text = page.markdown(view)
    assert text.startswith("# core: telic reaches 50 % balanced accuracy on what was held out\n")
    assert text.index("## What was held out") < text.index("## Everything else")
    lines = [line for line in text.splitlines() if line.startswith(("| telic", "| noop"))]
    assert len(lines) == 8
    for line in lines:
        world = line.split(" |")[1].split()[1]
        assert world in ("live", "simulated")
        assert all(each.endswith(f" {world}") for each in line.split(" |")[2:-1])
    html = page.html(view)
    assert html.count('<span class="world">live</span></td>') == html.count('<span class="world">simulated</span></td>')
    assert html.index("What was held out") < html.index("Everything else")


def test_only_the_suites_core_is_played_live() -> None:
    some = Suite("core", live=("unseen",))
    planned = campaigning.plan(some, SCENARIOS, ("telic",), (1,), ("simulated", "local"))
    assert [each.scenario for each in planned if each.world == "local"] == ["unseen"]
    assert len([each for each in planned if each.world == "simulated"]) == 4


def test_the_same_command_goes_on_after_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, count = tmp_path / "mine", [0]
    folder.mkdir()
    for each in SCENARIOS:
        (folder / f"{each.name}.toml").write_text(toml(each))
    (folder / "suite.toml").write_text('schema = "telic/suite/v1"\nheld_out = {mechanisms = ["hang"], app = "social"}')

    def run(scenario: Scenario, play: running.Play, **given: Any) -> Episode:
        count[0] += 1
        if count[0] == 4:
            raise KeyboardInterrupt  # nothing after it runs, as with a kill
        kept = {name: given[name] for name in ("actor", "seed", "world", "repeat")}
        return episode(scenario, **kept)

    monkeypatch.setattr(running, "run", run)
    monkeypatch.setattr(loading, "prepared", lambda app: None)
    monkeypatch.setattr(playable, "require_playable", lambda found, worlds: None)
    monkeypatch.setenv("TELIC_HOME", str(tmp_path / "home"))
    asked = ["lab", "campaign", str(folder), "--seeds", "2", "--actor", "telic,noop", "--out", str(tmp_path / "t.md")]
    face = cli.face(["lab"])
    assert CliRunner().invoke(face, asked).exit_code == 130
    done = CliRunner().invoke(face, asked)
    assert (done.exit_code, count[0]) == (0, 3 + 1 + 13), "the three that were done are not run again"
    assert "13 of 16 episodes are left" in done.output
    (path,) = (tmp_path / "home" / runs.RUNS).iterdir()
    assert (path / "report" / "campaign.html").is_file()
    assert "telic reaches 50 %" in (tmp_path / "t.md").read_text()
    again = CliRunner().invoke(face, [*asked, "--json"])
    assert (again.exit_code, count[0]) == (0, 17 + 16), "what is done begins anew"


@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_a_campaign_that_is_killed_leaves_nobody_behind_and_goes_on(tmp_path: Path) -> None:
    for number in range(8):
        points = incidents.points("web", "latency", [0.1] * 70 + [2.0] * 20)
        folder = incidents.write(tmp_path / "nights" / f"n{number}", metrics=points, calls=[("web", f"cart{number}")])
        taking.adopt(folder, folder, [Truth("recorded", f"cart{number}", "slow-query", injected=incidents.ONSET)])
    asked = [sys.executable, "-m", "telic.cli", "lab", "campaign", str(tmp_path / "nights"), "--actor", "noop,oracle"]
    asked += ["--jobs", "2", "--out", str(tmp_path / "t.md")]
    home = {**os.environ, "TELIC_HOME": str(tmp_path / "home")}
    first = subprocess.Popen(asked, env=home, stdout=subprocess.DEVNULL, start_new_session=True)
    while not (done := list((tmp_path / "home").glob("lab/runs/*/episodes/*.json"))):
        assert first.poll() is None
        time.sleep(0.05)
    children = psutil.Process(first.pid).children(recursive=True)
    assert len(children) == 2
    first.kill()
    first.wait()
    assert not psutil.wait_procs(children, timeout=30.0)[1]
    again = subprocess.run(asked, env=home, capture_output=True, text=True, check=True)
    left = re.search(r"(\d+) of 16 episodes are left", again.stdout)
    assert left is not None
    assert 0 < int(left[1]) <= 16 - len(done), "what was done is not done again"
    assert "16 of 16 episodes" in (tmp_path / "t.md").read_text()
    assert len(list((tmp_path / "home").glob("lab/runs/*"))) == 1


def test_two_runs_are_compared_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = []
    for actor in ("telic", "noop"):
        found = played(("simulated",), (actor,))
        path = runs.create(tmp_path, [runs.cell_of(each.episode) for each in found], now=0.0, title=actor)
        names.append(path.name)
        for each in found:
            runs_write(path, each.episode)
    monkeypatch.setenv("TELIC_HOME", str(tmp_path))
    monkeypatch.setattr(output.console, "width", 160)
    done = CliRunner().invoke(cli.face(["lab"]), ["lab", "compare", *names])
    assert done.exit_code == 0
    (solved,) = (line for line in done.output.splitlines() if line.startswith("solved"))
    assert solved.split()[1:6] == ["8", "6", "0", "2", "0"]
    assert "+25 (no interval) points" in solved, "of four scenarios"
    assert "McNemar" in done.output
    assert "budget_burnt" in done.output


def runs_write(path: Path, one: Episode) -> None:
    from telic.lab.session import write

    write(path / runs.EPISODES, one)


def test_flakiness_by_scenario_counts_what_deviates_among_what_could() -> None:
    same = [replace(make(), repeat=number) for number in range(1, 6)]
    odd = replace(same[4], users=tallies(range(21, 47)))
    (row,) = by_scenario(graded([*same[:4], odd]))
    assert (row.rate.hits, row.rate.trials, row.rate.value) == (1, 4, 0.25)
    assert row.rate.high == pytest.approx(0.7514, abs=1e-3)
    (steady,) = by_scenario(graded(same))
    assert (steady.rate.value, round(steady.rate.high, 3)) == (0.0, 0.527)
    assert by_scenario(graded([replace(make(), actions=(action(),))])) == []


def test_the_bundled_suite_says_what_is_held_out() -> None:
    core = suites.describe("core")
    assert (core.title, core.held_out.app) == ("core", "social")
    assert len(core.held_out.mechanisms) >= 8
    assert all(each.name != "suite.toml" for each in files("core"))
    assert suite("core")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("schema =", "Invalid value"),
        ('schema = "telic/suite/v2"', "schema is 'telic/suite/v2'"),
        ('schema = "telic/suite/v1"\nheld_out = ["x"]', "held_out is no table"),
        ('schema = "telic/suite/v1"\nheld_out = {apps = "x"}', "a suite has no 'apps'"),
        ('schema = "telic/suite/v1"\nlive = [1]', "live"),
    ],
)
def test_a_mistake_in_the_suites_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "suite.toml").write_text(text)
    with pytest.raises(UsageError, match=said):
        suites.describe(str(tmp_path))


def test_each_kind_of_world_is_called_by_its_own_name() -> None:
    assert [world_kind(each) for each in WORLDS] == list(WORLDS)
    with pytest.raises(UsageError, match="no world 'live'"):
        world_kind("live")
