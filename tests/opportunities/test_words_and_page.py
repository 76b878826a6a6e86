"""Findings in sentences, and on a page that nothing of the telemetry can take over."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
from tests.opportunities.cases import prepared
from tests.opportunities.sample import EVIL, FINDINGS, KPIS, finding, run

from telic.opportunities import page, words
from telic.opportunities.find import kpi_of
from telic.opportunities.language import kpi
from telic.opportunities.model import Effect
from telic.opportunities.record import Kpi


class Outline(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.wrong: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "input", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"{tag} at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_finding_says_who_what_how_much_how_many_how_sure() -> None:
    assert words.sentence(FINDINGS[0], KPIS[0], "session") == (
        "Sessions with coupon_apply > payment_retry > back_click end without converted 4.3 times as often; "
        "4.1 times once adjusted (95 %: 3.9 to 4.3); 2.3 % of sessions, 18,402 users; "
        "an upper bound of 11,400 more sessions with converted a week."
    )


def test_more_of_what_harms_and_numbers_have_words_of_their_own() -> None:
    error = Kpi("error", "error: session has 'app_error'", 1, True, 10, 0, 0.1)
    assert "have error 4.3 times as often" in words.sentence(FINDINGS[0], error, "session")
    assert "an upper bound of 11,400 fewer sessions with error a week" in words.sentence(FINDINGS[0], error, "session")
    slow = finding("slow", "sessions with a wait", "minutes", crude=Effect(2.0, 3.25, 1.5, math.inf), bound=math.nan)
    said = words.sentence(slow, KPIS[1], "session")
    assert said.startswith("Sessions with a wait have 3.25 more minutes on average; 0.4 once adjusted")
    assert "what could be won is not known" in said


def test_lengths_of_time_have_units_and_what_has_no_sum_is_not_added_up() -> None:
    """Seconds without a unit and "13.9 fewer rate a week" say nothing to anybody."""
    events = prepared(10, lengths=np.arange(1, 11))
    time, rate = (kpi_of(kpi(each, events)) for each in ("duration of session", "rate of 'paid' per minute"))
    assert (time.unit, time.sums, rate.unit, rate.sums) == ("s", True, "", False)
    slow = finding("slow", "sessions with a wait", crude=Effect(2.0, 12_863_675, 1.5, 3.0), bound=7e6)
    slow = replace(slow, adjusted=Effect(2.0, 864_000, 1.5, 3.0))
    assert words.sentence(slow, replace(time, name="time"), "session") == (
        "Sessions with a wait have 149 days more time on average; 10 days once adjusted, 2 times (95 %: 1.5 to 3); "
        "2.3 % of sessions, 18,402 users; an upper bound of 81 days less time a week."
    )
    often = replace(slow, adjusted=Effect(2.0, 0.3, 1.5, 3.0), bound=math.nan)
    assert "an upper bound of 0.3 more rate in each of them." in words.sentence(often, replace(rate, name="rate"), "s")


def test_what_could_be_won_is_a_week_only_where_the_data_have_a_week() -> None:
    said = words.stake(replace(FINDINGS[0], weekly=False), KPIS[0], "session")
    assert said == "an upper bound of 11,400 more sessions with converted in these data"


def test_the_page_is_whole_and_needs_nothing_from_outside() -> None:
    text = page.html(run())
    outline = Outline(text)
    assert not outline.wrong
    assert not outline.open
    assert not {"script", "img", "link", "iframe", "object"} & {tag for tag, _ in outline.tags}
    for _, given in outline.tags:
        assert all((given.get(name) or "#").startswith("#") for name in ("href", "src"))
        assert not [name for name in given if name.startswith("on")]
    assert not re.search(r"url\(|@import|https?://", text)
    assert "default-src 'none'" in text


def test_the_page_shows_text_of_others_as_text() -> None:
    text = page.html(run())
    assert EVIL not in text
    assert EVIL in Outline(text).text


def test_the_page_shows_both_effects_the_examples_what_was_left_out_and_how_columns_were_taken() -> None:
    shown = Outline(page.html(run())).text
    for each in ("4.1 ×", "4.31 ×", "22,196 sessions", "≤ 11,400", "3e-76", "select 1", "sess_2", "31 more"):
        assert each in shown, each
    for each in ("12 rows: no timestamp (row 7)", "60 names, most of them", "130,701", "associations"):
        assert each in shown, each


def test_a_run_without_findings_says_so() -> None:
    shown = Outline(page.html(run(()))).text
    assert "Nothing in 965,060 sessions that holds up" in shown
    assert "of 131,010 questions none holds up" in shown


def test_a_page_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = page.write(tmp_path / "made" / "report.html", run())
    assert path.read_text().rstrip().endswith("</html>")
    assert [each.name for each in path.parent.iterdir()] == ["report.html"]
