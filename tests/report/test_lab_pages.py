"""The lab's pages: the headline first, nothing from outside, nothing unescaped."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from tests.report.lab_views import HOSTILE, START, board, episode_view, run_view, standing

from telic.model.estimate import Estimate
from telic.report.charts.forest import Bar, forest_chart, percent, whisker
from telic.report.charts.frame import Frame
from telic.report.charts.lanes import Lane, Moment, lanes_chart, lanes_height
from telic.report.lab import episode, leaderboard, run
from telic.report.lab.record import Step

VOID = {"meta", "br", "hr"}


class Nesting(HTMLParser):
    """Fails where an element is not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def pages() -> dict[str, str]:
    return {
        "run": run.html(run_view()),
        "episode": episode.html(episode_view()),
        "leaderboard": leaderboard.html([board("core"), board("other", held_out=True)]),
    }


@pytest.mark.parametrize("name", ["run", "episode", "leaderboard"])
def test_pages_need_nothing_else(name: str) -> None:
    text = pages()[name]
    parser = Nesting()
    parser.feed(text)
    assert parser.open == []
    assert "default-src 'none'" in text
    assert "<script" not in text
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//|@import|url\(""", text)


def test_the_best_actor_that_counts_is_the_headline() -> None:
    first = standing("oracle", 1.0, "knows the truth")
    view = replace(run_view(), standings=(first, *run_view().standings))
    assert run.headline(view) == "Core: telic tells sick from healthy with 90 % balanced accuracy, 5 % false alarms"
    only = replace(view, standings=(standing("noop", 0.1, "trivial"),))
    assert run.headline(only) == "Core: 5 of 9 episodes"


def test_the_run_page_puts_detection_first_and_trivial_actors_beside() -> None:
    text = pages()["run"]
    assert text.index("Balanced accuracy of detection") < text.index("How fast") < text.index("By layer")
    assert 'noop <span class="world">trivial</span>' in text
    assert "held out" in text
    assert "0 of 11 repeated episodes" in text
    assert "at most 25 %" in text
    assert "cut.json: not a record" in text
    assert 'href="episodes/hotel-1.html"' in text


def test_squares_tell_live_from_simulated_and_say_what_is_missing() -> None:
    text = pages()["run"]
    found = text[text.index('id="squares"') : text.index('id="episodes"')]
    assert 'title="live, 1 missing">L\u2026' in found
    assert 'title="simulated, 1 void">S<' in found
    assert 'title="simulated, 3 missing">S\u2026' in found


def test_an_actors_texts_are_escaped_and_its_secrets_redacted() -> None:
    text = pages()["episode"]
    assert HOSTILE not in text
    assert "&lt;script&gt;" in text
    assert "hunter2" not in text


def test_the_truth_comes_last() -> None:
    text = pages()["episode"]
    body = text[text.index("<main>") :]
    assert body.index('id="story"') < body.index('id="claims"') < body.index('id="truth"')
    assert "hang" not in body[: body.index('id="truth"')]
    assert "search was blamed" in body[body.index('id="truth"') :]


def test_calls_that_are_alike_are_told_once() -> None:
    waits = [Step(START + each, "actor", "wait 1 s", kind="call") for each in range(4)]
    other = Step(START + 4, "actor", "get_logs", kind="call")
    claims = [Step(START + 5 + each, "actor", "submit", kind="claim") for each in range(2)]
    told = episode.story([*waits, other, replace(waits[0], time=START + 4.5), *claims])
    assert [(each.step.text, each.times) for each in told] == [
        ("wait 1 s", 4), ("get_logs", 1), ("wait 1 s", 1), ("submit", 1), ("submit", 1),
    ]  # fmt: skip
    assert told[0].until == START + 3
    page = episode.html(replace(episode_view(), steps=tuple(waits)))
    assert page.count("4 times, until") == 1


def test_an_episode_without_users_and_without_steps_has_a_page() -> None:
    bare = replace(episode_view(), users=(), steps=(), harm=None, truth=(), claims={}, phases={}, checks=())
    text = episode.html(bare)
    assert "the actor did not call a tool" in text


def test_what_is_held_out_leads_the_leaderboard() -> None:
    text = pages()["leaderboard"]
    assert text.index(">other ") < text.index(">core ")
    assert "No run has an episode yet" in leaderboard.html([])


def test_intervals_are_drawn_where_they_lie() -> None:
    wide = forest_chart([Bar("telic", Estimate(0.5, 0.25, 0.75, 5, 10))], 500, title="t", reference=0.5)
    found = re.search(r'x1="([\d.]+)" x2="([\d.]+)" y1="[\d.]+" y2="[\d.]+" class="whisker".*?cx="([\d.]+)"', wide)
    assert found
    low, high, middle = map(float, found.groups())
    assert low < middle < high
    assert middle == pytest.approx((low + high) / 2, abs=0.2)
    assert "50 % (95 %: 25\u201375, 5 of 10)" in wide
    assert 'class="dot"' not in whisker(Estimate(None, 0.0, 1.0))
    assert [percent(each) for each in (0.0, 0.004, 0.5, 0.996, 1.0)] == ["0 %", "0.4 %", "50 %", "99.6 %", "100 %"]


def test_lanes_lie_on_the_time_axis_of_the_requests() -> None:
    frame = Frame(400, lanes_height(1), START, START + 100)
    text = lanes_chart([Lane("calls", (Moment(START + 50, "call", "logs <b>"),))], frame, title="t")
    assert f'x="{frame.x(START + 50) - 1:.1f}"'.replace(".0", "") in text
    assert "logs &lt;b&gt;" in text
    assert "1 calls" in text
