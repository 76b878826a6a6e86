"""The page is one file that shows what happened, runs nothing, and keeps hostile text as text."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from telic.model import (
    Action,
    ActionRecord,
    Change,
    Diagnosis,
    Edge,
    Entity,
    Evidence,
    Hypothesis,
    Incident,
    Tally,
    Topology,
    Truth,
    Undo,
    Window,
    load,
)
from telic.report import LogLine, Moment, RunRecord, Standing, table, write
from telic.report.files import html
from telic.report.markdown import markdown
from telic.report.record import SCHEMA

EVIL = "</title><script>alert(1)</script><img src=x onerror=alert(2)>\"' {{ 7 * 7 }} | `x`"
ELEMENTS = """
    html head meta title style body header h1 p main section h2 h3 table caption thead tbody tr th td strong span
    code br figure figcaption div svg desc path line rect g text ol li meter pre footer details summary
"""


class Page(HTMLParser):
    """Collects elements and attributes, and checks that they are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def hostile(run: RunRecord) -> RunRecord:
    window = Window(run.started, run.ended)
    evidence = Evidence(EVIL, EVIL, EVIL, window, EVIL, EVIL)
    blame = Hypothesis(1, EVIL, "unknown", 0.5, (EVIL,), path=(EVIL,), why=EVIL)
    action = ActionRecord(EVIL, "i", Action(EVIL, EVIL, {EVIL: EVIL}, EVIL), "helped", run.started)
    action = replace(
        action, applied=run.started + 3, dry_run=EVIL, checks=(EVIL,), health=EVIL, undo=Undo(None, note=EVIL)
    )
    incident = replace(
        run.incidents[0], diagnoses=(Diagnosis(run.started, window, (blame,), (evidence,)),), actions=(action,)
    )
    edges = (Edge(EVIL, "postgres", "uses"), Edge("gateway", EVIL))
    entities = (Entity("gateway", "service"), Entity(EVIL, "service"), Entity("postgres", "store"))
    return replace(
        run,
        system=EVIL,
        command=EVIL,
        hashes={EVIL: EVIL},
        operations=dict.fromkeys(run.operations, EVIL),
        tallies=(*run.tallies, Tally(int(run.started), EVIL, 3, 0)),
        topology=Topology(EVIL, entities, edges),
        incidents=(incident,),
        truths=(replace(run.truths[0], entity=EVIL),),
        changes=(Change(EVIL, run.started, "deploy", EVIL, EVIL, EVIL, EVIL),),
        moments=(Moment(run.started, EVIL, EVIL, EVIL),),
        standings=(Standing(EVIL, "DEGRADED", EVIL, EVIL, EVIL),),
        logs=(LogLine(run.started, EVIL, EVIL, EVIL),),
        timings={EVIL: 1.0},
        facts={EVIL: EVIL},
    )


def test_hostile_text_stays_text_everywhere(run: RunRecord) -> None:
    page = Page(html(hostile(run)))
    assert {tag for tag, _ in page.elements} <= set(ELEMENTS.split())
    assert not any(name.startswith("on") or name in ("src", "href") for _, attrs in page.elements for name in attrs)
    assert sum(EVIL in each for each in page.texts) > 20
    assert "49" not in "".join(each for each in page.texts if "script" in each)
    assert html(replace(run, title=EVIL)).count("<script") == 0


def test_it_needs_no_network_and_no_script(run: RunRecord) -> None:
    text = html(run)
    assert not re.search(r"<script|src=|href=|url\(|@import|https?://", text)
    assert "default-src 'none'" in text
    assert len(text) < 400_000


def test_pictures_are_sound_xml_and_say_in_words_what_they_show(run: RunRecord) -> None:
    text = html(run)
    drawings = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(drawings) == 6 + 2 * 7 + 2
    for each in drawings:
        root = ElementTree.fromstring(each)
        assert root.attrib["role"] == "img"
        assert len(root.attrib["aria-label"]) > 20
    assert html(run) == text


def test_it_can_be_read_without_seeing(run: RunRecord) -> None:
    page = Page(html(run))
    assert page.elements[0] == ("html", {"lang": "en"})
    heads = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
    assert heads.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(heads))
    assert all("scope" in attrs for tag, attrs in page.elements if tag == "th")
    labelled = {
        attrs["aria-labelledby"] for tag, attrs in page.elements if "aria-labelledby" in attrs and tag == "section"
    }
    assert labelled <= {attrs.get("id") for _, attrs in page.elements}


def test_it_shows_the_numbers_the_claims_and_the_way_to_repeat_it(run: RunRecord) -> None:
    words = " ".join(" ".join(Page(html(run)).texts).split())
    for expected in (
        "slow-query in hotel: users well again after 14 s",
        "3.1 s after harm began",
        "cause right named: slow-query in hotel",
        "did not help, undone",
        "rollback hotel (version=1)",
        "E1 The statement hotel.hotels_in_box takes 412 ms",
        "GROUP BY statement, version ORDER BY p50_ms DESC",
        "first action on hotel within 60 s: yes",
        "burn rate of O1 59 before, 0.4 after 3 s: well",
        "NOT FULFILLED",
        "telic demo --fault bad-deploy-slow-query --seed 7",
        run.hashes["design"],
        "jonas.berg",
    ):
        assert expected in words


def test_light_dark_phone_and_paper_have_styles(run: RunRecord) -> None:
    text = html(run)
    for expected in ("prefers-color-scheme: dark", "max-width: 720px", "@media print"):
        assert expected in text
    assert text.count('class="narrow"') == text.count('class="wide"') == 4


def test_a_wrong_cause_shows_what_was_really_wrong(run: RunRecord) -> None:
    truth = Truth("network", "search->hotel", "network-delay", injected=run.truths[0].injected)
    text = html(replace(run, truths=(truth,)))
    assert "cause wrong" in text
    assert "true: network-delay in search-&gt;hotel" in text
    assert re.search(r'class="edge calls [^"]*truth', text)
    assert 'truth"' not in html(run).split("<svg", 1)[1]


def test_a_fault_that_nobody_noticed(run: RunRecord) -> None:
    text = html(replace(run, incidents=()))
    assert "nobody noticed" in text
    assert "Nobody diagnosed this." in text


def test_an_abstention_says_what_is_missing(run: RunRecord) -> None:
    silent = replace(run.incidents[0].diagnoses[0], hypotheses=(), abstained=True, missing=("spans of <hotel>",))
    text = html(replace(run, incidents=(replace(run.incidents[0], diagnoses=(silent,), actions=()),)))
    assert "The evidence carries no cause. Missing: spans of &lt;hotel&gt;." in text
    assert "unknown, and said so" in text


def test_a_run_without_recovery_without_faults_and_without_anything(run: RunRecord) -> None:
    cut = int(run.started) + 38
    hurt = replace(run, ended=cut, tallies=tuple(each for each in run.tallies if each.second < cut))
    assert "users did not recover" in html(hurt)
    calm = replace(run, truths=(), incidents=())
    assert "hotel ran without an incident" in html(calm)
    empty = RunRecord("hotel", 0.0, 0.0, 1, Topology("hotel", (), ()))
    assert "No fault was injected" in html(empty)


def test_an_incident_that_nobody_injected_is_told_too(run: RunRecord) -> None:
    text = html(replace(run, truths=()))
    assert "cause not known" in text
    assert "users well again after 14 s" in text


def test_several_faults_have_a_row_each(run: RunRecord) -> None:
    second = replace(run.truths[0], injected=run.started + 50)
    text = html(replace(run, truths=(*run.truths, second)))
    assert text.count('<th scope="row">Time to detect</th>') == 2
    assert "2 of 2 faults ended with users well" in text


def test_the_operators_own_words_replace_ours(run: RunRecord) -> None:
    told = replace(run, moments=(Moment(run.started + 28.1, "operator", "objective O1 burns 61 times too fast"),))
    assert "detected latency against O1" in html(run)
    assert "detected latency against O1" not in html(told)
    assert "objective O1 burns 61 times too fast" in html(told)


def test_write_leaves_three_files_without_secrets(run: RunRecord, tmp_path: Path) -> None:
    secret = "hunter2hunter2"
    lines = (
        LogLine(run.started, "user", "INFO", f"login password={secret}"),
        LogLine(run.started, "user", "INFO", f'{{"token": "{secret}"}}'),
        LogLine(run.started, "user", "INFO", f"authorization: Bearer {secret}"),
        LogLine(run.started, "user", "INFO", f"postgresql://booking:{secret}@127.0.0.1/hotel"),
    )
    paths = write(tmp_path / "out" / "report.html", replace(run, logs=lines, command=f"telic --api-key={secret}"))
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == ["report.html", "report.json", "report.md"]
    for path in paths:
        assert secret not in path.read_text()
    assert "[redacted]" in paths[0].read_text()


def test_the_json_beside_the_page_is_the_whole_run(run: RunRecord, tmp_path: Path) -> None:
    _, path, _ = write(tmp_path / "report.html", run)
    assert load(RunRecord, path.read_bytes(), schema=SCHEMA) == run


def test_the_summary_for_reviews_keeps_its_table_whole(run: RunRecord) -> None:
    text = markdown(hostile(run))
    tables = [line for line in text.splitlines() if line.startswith("|")]
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in tables}
    assert widths == {3, 4, 5, 9, 10}
    assert not re.search(r"<\w", text.split("    ")[0])
    assert "| helped |" in markdown(run)


def test_the_terminals_table(run: RunRecord) -> None:
    assert table(run).splitlines()[:12] == [
        "slow-query in hotel: users well again after 14 s",
        "",
        "injected         bad-deploy-slow-query: slow-query in hotel",
        "harm to users    14 s, 1,220 of 5,750 requests bad (21.2%)",
        "time to detect   3.1 s",
        "time to recover  14.0 s",
        "cause            right: slow-query in hotel",
        "actions          set_config hotel (key=store.postgres.pool, value=6): did not help, undone; rollback",
        "                 hotel (version=1): helped",
        "undone           set_config hotel (key=store.postgres.pool, value=6)",
        "wrong and left   nothing",
        "",
    ]


def test_a_terminal_gets_no_control_characters(run: RunRecord) -> None:
    text = table(replace(run, title="\x1b[2J\x07gone"))
    assert text.startswith("?[2J?gone\n")


@pytest.mark.parametrize("outcome", ["left", "undo_failed"])
def test_what_was_left_in_place_is_said(run: RunRecord, outcome: str) -> None:
    first, second = run.incidents[0].actions
    left = replace(first, outcome=outcome)  # type: ignore[arg-type]
    incident: Incident = replace(run.incidents[0], actions=(left, second))
    text = html(replace(run, incidents=(incident,)))
    assert "1 left in place without help" in text
    assert "wrong and left   set_config" in table(replace(run, incidents=(incident,)))
