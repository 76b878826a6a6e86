"""Scales, marks, layers and drawings keep their promises for any input."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telic.model import Edge, Entity, Topology
from telic.report.charts.frame import Frame
from telic.report.charts.latency import Point, latency_chart
from telic.report.charts.layers import Bend, layered, ordered
from telic.report.charts.marks import Mark, place
from telic.report.charts.requests import COLUMNS, Count, requests_chart
from telic.report.charts.scales import Linear, Logarithmic, decades, round_steps, time_steps
from telic.report.charts.svg import tag
from telic.report.charts.topology import Blame, topology_chart

FRAME = Frame(400, 120, 0.0, 60.0)


@given(st.floats(0.0, 1e9), st.integers(2, 8))
def test_steps_are_round_start_at_zero_and_reach_the_top(high: float, count: int) -> None:
    steps = round_steps(high, count)
    assert steps[0] == 0
    assert steps[-1] >= high * 0.999
    assert len(steps) <= count + 2


@given(st.floats(1e-5, 1e3), st.floats(1.0, 1e4))
def test_decades_enclose_all_values(low: float, ratio: float) -> None:
    steps = decades(low, low * ratio)
    assert steps[0] <= low * (1 + 1e-9)
    assert steps[-1] >= low * ratio * (1 - 1e-6)
    assert len(steps) >= 3


@given(st.floats(0.5, 20_000), st.integers(2, 12))
def test_time_axes_are_not_crowded(length: float, count: int) -> None:
    steps = time_steps(length, count)
    assert steps[0] == 0
    assert len(steps) <= count + 1 or steps[1] == 14400


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_places_stay_inside(value: float) -> None:
    assert 10 <= Linear(0, 5, 10, 90)(value) <= 90
    assert 10 <= Logarithmic(0.001, 10, 90, 10)(value) <= 90


@given(st.lists(st.tuples(st.floats(0, 60), st.sampled_from(["detected", "recovered", "rollback hotel"])), max_size=12))
def test_names_of_marks_neither_overlap_nor_cross_a_line(found: list[tuple[float, str]]) -> None:
    marks = [Mark(time, "action", name) for time, name in found]
    spans = [
        (each.x - len(each.mark.name) * 6.3, each.x, each.row)
        if each.left
        else (each.x, each.x + len(each.mark.name) * 6.3, each.row)
        for each in place(marks, FRAME.x)
    ]
    assert len(spans) == len(marks)
    for index, (low, high, row) in enumerate(spans):
        for other_low, other_high, other_row in spans[index + 1 :]:
            assert row != other_row or high <= other_low or other_high <= low


def heights(path: str) -> float:
    return sum(float(part.split("v")[1].split("h")[0]) for part in path.split("z") if "v" in part)


def test_columns_are_as_high_as_their_counts() -> None:
    chart = requests_chart([Count(0, 30, 10), Count(1, 50, 0)], FRAME, title="t")
    paths = {each.attrib["class"]: each.attrib["d"] for each in ElementTree.fromstring(chart) if each.tag == "path"}
    assert heights(paths["good"]) / heights(paths["bad"]) == pytest.approx(8.0, rel=0.02)


def test_long_runs_are_drawn_with_fewer_columns_and_nothing_is_lost() -> None:
    chart = requests_chart([Count(each, 9, 1) for each in range(5000)], Frame(900, 120, 0, 5000), title="t")
    paths = {each.attrib["class"]: each.attrib["d"] for each in ElementTree.fromstring(chart) if each.tag == "path"}
    assert paths["bad"].count("M") <= COLUMNS
    assert "50000 requests in 5000 seconds, 5000 of them bad." in chart


def test_a_second_without_answers_is_a_gap() -> None:
    points = [Point(each, 0.002, 0.01) for each in (0, 1, 2, 5, 6, 9)]
    chart = latency_chart(points, FRAME, bound=0.1, title="t")
    paths = {each.attrib["class"]: each.attrib["d"] for each in ElementTree.fromstring(chart) if each.tag == "path"}
    assert paths["p99"].count("M") == 3
    assert paths["p99"].endswith("h1.5")  # the lonely last second is seen too


def test_charts_of_nothing_are_charts() -> None:
    assert "0 requests" in requests_chart([], FRAME, title="t")
    assert "No request was answered." in latency_chart([], FRAME, bound=None, title="t")
    assert "0 services" in topology_chart(Topology("s", (), ()), Blame(), width=300)


@given(st.text(), st.text())
def test_elements_escape_text_and_attributes(text: str, attribute: str) -> None:
    drawn = tag("text", text, class_=attribute)
    assert drawn.count("<") == 2
    assert drawn.count('"') == 2


def system(*calls: str) -> Topology:
    edges = tuple(Edge(caller, callee) for caller, _, callee in (each.partition(">") for each in calls))
    names = dict.fromkeys(["gateway", *(name for each in calls for name in each.split(">"))])
    return Topology("s", tuple(Entity(each, "service") for each in names), edges)


def test_layers_follow_the_longest_way_and_cycles_end() -> None:
    assert layered(system("gateway>a", "a>b", "gateway>b")) == [["gateway"], ["a"], ["b"]]
    assert [name for each in layered(system("gateway>a", "a>b", "b>a")) for name in each] == ["gateway", "a", "b"]


def test_long_edges_bend_around_the_layers_between() -> None:
    topology = system("gateway>a", "a>b", "b>c", "gateway>c")
    items = ordered(layered(topology), [(each.caller, each.callee) for each in topology.edges])
    assert [len(each) for each in items] == [1, 2, 2, 1]
    assert Bend("gateway", "c", 1) in items[1]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=15))
def test_any_graph_is_drawn_whole(calls: list[tuple[str, str]]) -> None:
    topology = system(*(f"{a}>{b}" for a, b in calls))
    root = ElementTree.fromstring(topology_chart(topology, Blame("a", ("b",)), width=600))
    assert sum(each.tag == "g" for each in root) == len(topology.entities)
    assert sum(each.attrib.get("class", "").startswith("edge") for each in root) == len(calls)


def test_a_blamed_edge_and_the_way_to_the_symptom_are_marked() -> None:
    blame = Blame("search->hotel", ("search", "gateway"))
    assert blame.classes("search->hotel") == "blamed"
    assert blame.classes("gateway->search") == "path"
    assert blame.classes("gateway->review") == ""
    assert blame.classes("search") == "path"
