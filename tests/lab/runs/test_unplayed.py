"""Beneath actors of which none is trivial stands what always saying the same reaches; it is the truth's, not theirs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.lab.recorded_episodes import calm, make
from typer.testing import CliRunner

from telic import cli
from telic.cli import output
from telic.lab.runs import folder, pages
from telic.lab.runs.campaigning import view
from telic.lab.runs.graded import graded
from telic.lab.runs.suites import Suite
from telic.lab.runs.unplayed import ALWAYS, beside
from telic.lab.scenario import digest, suite
from telic.lab.session import Episode, write
from telic.report.lab import campaign as campaign_page

SICK, WELL = "always 'something is wrong' (not played)", "always 'all is well' (not played)"


def records(actor: str = "telic") -> list[Episode]:
    found: list[Episode] = []
    for one in (make(), make(), calm()):
        found.append(replace(one, actor=actor, seed=len(found) + 1, scenario_hash=digest(one.scenario)))
    return found


def filled(home: Path, *actors: str) -> Path:
    known = [each for actor in actors for each in records(actor)]
    path = folder.create(home, [folder.cell_of(each) for each in known], now=0.0, suite="core")
    for each in known:
        write(path / folder.EPISODES, each)
    return path


def test_it_follows_from_the_truths() -> None:
    sick, well = beside(graded(records()))
    assert [sick.actor, well.actor] == list(ALWAYS) == [SICK, WELL]
    for one, told in ((sick, (0.5, 1.0, 2 / 3, 0.0, 0.0, 0.0)), (well, (0.5, 0.0, 1 / 3, 0.0, 0.0, 1 / 3))):
        tasks = [one.tasks[name].value for name in ("detect", "localise", "mitigate", "solved")]
        assert [one.balanced.value, one.false_alarm.value, *tasks] == pytest.approx(list(told))
        assert (one.episodes, one.kind) == (0, "trivial")


def test_who_played_changes_nothing_of_it_and_a_trivial_actor_makes_it_needless() -> None:
    twice = graded([*records(), *records("react")])
    assert [each.tasks["detect"].trials for each in beside(twice)] == [3, 3]
    assert beside(graded([*records(), *records("noop")])) == []
    assert beside([]) == []


def test_it_stands_in_pages_and_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = filled(tmp_path, "telic")
    for page in (pages.write_run(path), pages.write_leaderboard(tmp_path / "board.html", [path])):
        assert "always &#39;all is well&#39; (not played)" in page.read_text()
    table = campaign_page.markdown(view(folder.opened(path), graded(records()), Suite("core")))
    assert f"| {SICK} (trivial) | 0 simulated |" in table
    monkeypatch.setenv("TELIC_HOME", str(tmp_path))
    monkeypatch.setattr(output.console, "width", 160)
    assert WELL in CliRunner().invoke(cli.face(["lab"]), ["lab", "report", path.name]).output
    assert "not played" not in pages.write_run(filled(tmp_path, "telic", "noop")).read_text()


def test_the_shares_of_healthy_scenarios_are_those_that_the_docs_name() -> None:
    text = " ".join((Path(__file__).parents[3] / "docs/concepts/lab.md").read_text().split())
    core, wide = ((sum(each.healthy for each in suite(name)), len(suite(name))) for name in ("core", "wide"))
    assert f"In {core[0]} of the {core[1]} scenarios of `core`, and in {wide[0]} of the {wide[1]} of `wide`" in text
