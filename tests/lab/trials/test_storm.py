"""The storm map: which wirings its panels have, and what its page says."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from telic import apps, loop
from telic.design import read, read_wiring
from telic.errors import InvalidDesign, UnknownName
from telic.lab.trials import plan, storm
from telic.lab.trials.storm import Cell, Panel, StormMap, lasting, with_retries
from telic.lab.trials.storm_page import page
from telic.model import Design
from telic.runtime.wiring import RetryPolicy
from telic.settings import Settings
from telic.worlds.local.reconcile import read_design


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Design:
    settings = replace(Settings.read({}), home=tmp_path_factory.mktemp("home"))
    return loop.design("hotel", settings, wiring=apps.find_wiring("hotel", "baseline"))


def test_every_bundled_wiring_names_what_the_hotel_has(design: Design) -> None:
    edges = frozenset(f"{caller}->{callee}" for caller, callee in design.edges)
    nodes = frozenset(each.name for each in design.services)
    found = {name: read_wiring(apps.find_wiring("hotel", name), edges=edges, nodes=nodes) for name in WIRINGS}
    assert set(WIRINGS) <= set(apps.wirings("hotel"))
    assert len({repr(each) for each in found.values()}) == len(found)


WIRINGS = (
    "baseline", "one-retry", "backoff-jitter", "no-retries", "budget", "breaker", "bounded-queue", "deadline", "aimd",
    "lifo", "cache", "combination", "cold-cache",
)  # fmt: skip


def test_a_wiring_with_names_that_the_design_lacks_is_refused_with_file_and_line(tmp_path: Path) -> None:
    text = apps.find_wiring("hotel", "baseline").read_text().replace("gateway->search:", "gateway->serach:")
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    line = 1 + text[: text.index("gateway->serach")].count("\n")
    settings = replace(Settings.read({}), home=tmp_path / "home")
    with pytest.raises(InvalidDesign, match=rf"mine\.yaml:{line}:3: .*gateway->serach.*gateway->search"):
        loop.design("hotel", settings, wiring=path)
    with pytest.raises(InvalidDesign, match="cannot be read"):
        loop.design("hotel", settings, wiring=tmp_path / "none.yaml")
    with pytest.raises(UnknownName, match="basline"):
        apps.find_wiring("hotel", "basline")


def test_worlds_find_the_wiring_that_was_put_in(design: Design) -> None:
    assert read_design(design.folder).wiring == read(design.folder).wiring == design.wiring
    assert design.wiring.of_node("hotel").queue == -1


def test_retries_are_set_between_services_and_never_to_stores(design: Design) -> None:
    wiring = with_retries(design, 2)
    services = {each.name for each in design.services}
    for caller, callee in design.edges:
        retry = wiring.of_edge(f"{caller}->{callee}").retry
        assert (retry == RetryPolicy(max=2, budget=0.0, backoff=0.0)) == (callee in services), (caller, callee)
    assert all(each.retry is None for each in with_retries(design, 0).edges.values())
    assert wiring.of_edge("search->hotel").timeout == design.wiring.of_edge("search->hotel").timeout


def test_the_wiring_that_is_asked_about_has_a_panel_of_its_own_only_where_no_other_is_the_same(design: Design) -> None:
    panels = list(storm._variants(design, (0, 1, 3)))
    assert [(title, current) for title, current, _ in panels] == [
        ("no retries", False),
        ("1 retry at every hop", False),
        ("3 retries at every hop", True),
    ]
    assert [title for title, current, _ in storm._variants(design, (0,)) if current] == ["as it is wired"]


def test_a_trigger_is_made_longer_and_nothing_else() -> None:
    planned = plan("hotel", "T1")
    longer = lasting(planned, 9.0)
    assert longer.seconds == 9.0
    assert lasting(longer, planned.seconds) == planned


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_page_shows_every_cell_and_marks_where_the_intent_is() -> None:
    cells = (
        Cell(100.0, 1.0, "recovered", 2.0, 1.0),
        Cell(100.0, 5.0, "late", 12.0, 1.0),
        Cell(300.0, 1.0, "not recovered", None, 0.1),
        Cell(300.0, 5.0, "not well before", None, 0.1),
    )
    panels = (Panel("no retries", False, cells), Panel("3 retries <b>", True, cells))
    shown = page(
        StormMap(
            "hotel",
            "baseline",
            "T1",
            "less",
            "model",
            7,
            (100.0, 300.0),
            (1.0, 5.0),
            (280.0, 4.0),
            panels,
            {"intent": "x"},
        )
    )
    words = _Words()
    words.feed(shown)
    assert [words.texts.count(each) for each in ("∞", "2 s", "12 s")] == [2, 2, 2]
    assert "<b>" not in shown
    assert len(re.findall(r'<rect x="[^"]*" y="[^"]*" width="35" [^>]*class="here"', shown)) == 1
    assert not re.search(r'(src|href)="http', shown)
