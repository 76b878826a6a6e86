"""A run's folder becomes pages: every record has one, and a leaderboard stands over runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.lab.recorded_episodes import START, calm, make, tallies

from telic.lab.runs import folder, pages
from telic.lab.runs.episode_view import episode_view
from telic.lab.runs.graded import graded
from telic.lab.scenario import digest
from telic.lab.session import Called, Episode, write
from telic.lab.session.record import Thought

NOW = 1_790_000_000.0


def records() -> list[Episode]:
    found = []
    for one in (make(), calm()):
        for actor in ("telic", "noop"):
            idle = replace(one, actions=(), calls=(), users=tallies(range(21, 47)) if one.truth else one.users)
            played = one if actor == "telic" else idle
            found.append(replace(played, actor=actor, scenario_hash=digest(one.scenario)))
    return found


def filled(home: Path) -> Path:
    known = records()
    path = folder.create(home, [folder.cell_of(each) for each in known], now=NOW, suite="core")
    for each in known:
        write(path / folder.EPISODES, each)
    return path


def test_a_run_is_written_with_a_page_for_each_episode(tmp_path: Path) -> None:
    path = filled(tmp_path)
    (path / folder.EPISODES / "bad.json").write_text("{}")
    index = pages.write_run(path)
    text = index.read_text()
    assert "telic tells sick from healthy with 100 % balanced accuracy, 0 % false alarms" in text
    links = sorted(each.name for each in (index.parent / "episodes").iterdir())
    assert len(links) == 4
    assert all(f'href="episodes/{each}"' in text for each in links)
    assert "bad.json" in text
    again = pages.write_run(path, episodes=False).read_text()
    assert "href=" not in again


def test_what_a_model_thought_stands_before_the_call_that_it_led_to() -> None:
    thought, call = Thought(START + 24, "Is it\nthe hotel? " + "x" * 300), Called(START + 24, "metrics", {}, 1.0)
    view = episode_view(graded([make(calls=(call,), thoughts=(thought,))])[0])
    first, second = (each for each in view.steps if each.time == START + 24)
    assert first.text.startswith("\u201cIs it the hotel? xxx")
    assert first.detail == thought.text
    assert second.text.startswith("metrics")


def test_an_episodes_page_tells_the_whole_course(tmp_path: Path) -> None:
    calls = (
        Called(START + 24, "metrics", {"service": "hotel"}, 1.0, rows=3, bytes=120),
        Called(START + 25, "logs", {}, 0.1, error="no such service"),
        Called(START + 26, "submit", {"healthy": False}, 0.0),
        Called(START + 28, "restart", {"target": "hotel"}, 1.0),
        Called(START + 29, "restart", {"target": "x" * 300}, 0.0, error="refused"),
    )
    view = episode_view(graded([make(calls=calls)])[0])
    assert [each.kind for each in view.steps if each.who == "actor"] == ["call", "failed", "claim", "action", "refused"]
    assert "3 rows, 120 bytes" in view.steps[0].text
    assert len(view.steps[-1].text) < 220
    assert "x" * 300 in view.steps[-1].detail
    assert view.wrong == "hang in hotel."
    assert view.facts["Actions"] == "1 carried out on hotel, 1 refused"


def test_of_an_episode_in_two_runs_the_later_one_stands_on_the_leaderboard(tmp_path: Path) -> None:
    first, second = filled(tmp_path), filled(tmp_path)
    better = replace(records()[0], users=tallies(range(21, 47)))
    write(second / folder.EPISODES, better)
    (board,) = pages.boards([first, second])
    telic = next(each for each in board.standings if each.actor == "telic")
    assert (telic.episodes, telic.tasks["mitigate"].value) == (2, 0.0)
    assert pages.write_leaderboard(tmp_path / "board.html", [first, second]).read_text().count("<h2") == 1


def test_names_of_pages_stay_inside_the_folder() -> None:
    odd = replace(make(), actor="../../etc/x", scenario=replace(make().scenario, name="a/b"))
    assert "/" not in pages.page_of(graded([odd])[0]).removeprefix("episodes/")
