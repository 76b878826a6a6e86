"""Prometheus: series become points, limits become steps, selectors select each series once."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.telemetry.sources.cases import T0, WINDOW
from tests.telemetry.sources.replays import prometheus, recorded
from tests.telemetry.sources.serving import Served, reply, serving

from telic.telemetry.sources import Limit, Question, Source, source
from telic.telemetry.sources.prometheus.api import Family, Series
from telic.telemetry.sources.prometheus.labels import Labels
from telic.telemetry.sources.prometheus.metrics import plan_of
from telic.telemetry.sources.prometheus.points import Kinds, increases, points


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(prometheus) as running:
        yield running


@pytest.fixture
def asked(served: Served) -> Source:
    return source.create("prometheus", url=served.url)


def rows(asked: Source, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = asked.fetch(Question("metrics", WINDOW, **more)).table.to_pylist()
    return found


def test_counters_come_as_increases_that_add_up(asked: Source) -> None:
    found = [each for each in rows(asked, names=("http_requests_total",)) if each["service"] == "cart"]
    assert {each["kind"] for each in found} == {"sum"}
    assert {json.loads(each["attributes"])["temporality"] for each in found} == {"delta"}
    assert sum(each["value"] for each in found) == 1200.0  # 20 every 30 s
    assert all(each["time_ns"] - each["start_ns"] == 30 * 10**9 for each in found)
    assert {each["instance"] for each in found} == {"cart-1:80"}


def test_a_series_that_appears_on_a_known_instance_began_at_0(asked: Source) -> None:
    found = [each for each in rows(asked, names=("http_requests_total",)) if '"500"' in each["attributes"]]
    assert found[0]["time_ns"] == (T0 + 900) * 10**9
    assert sum(each["value"] for each in found) == 6.0 * len(found)


def test_buckets_become_one_histogram_a_scrape_and_a_restart_is_no_fall(asked: Source) -> None:
    found = rows(asked, names=("http_request_duration_seconds",))
    assert {each["name"] for each in found} == {"http_request_duration_seconds"}
    assert {(each["kind"], each["unit"], each["bounds"]) for each in found} == {("histogram", "s", "[0.1,1.0]")}
    usual = [each for each in found if each["time_ns"] != (T0 + 1200) * 10**9]
    assert {(each["count"], each["sum"], each["buckets"]) for each in usual} == {(20, 3.0, "[16,4,0]")}
    restarted = next(each for each in found if each["time_ns"] == (T0 + 1200) * 10**9)
    assert (restarted["count"], restarted["sum"]) == (10, 1.5)


def test_gauges_keep_their_times_and_know_their_units(asked: Source) -> None:
    found = rows(asked, names=("process_resident_memory_bytes",))
    assert [(each["time_ns"] - T0 * 10**9) / 30e9 for each in found] == list(range(60))
    assert {(each["unit"], each["service"], each["instance"]) for each in found} == {("By", "gateway", "gateway-1")}


def test_entities_are_selected_by_whichever_label_names_them(asked: Source, served: Served) -> None:
    found = rows(asked, entities=("orders", "gateway"))
    assert {each["service"] for each in found} == {"orders", "gateway"}
    queries = [each.one("query") for each in served.requests if each.path.endswith("/query")]
    assert any('service=~"orders|gateway"' in each for each in queries)
    assert any('service="",job=~"(.*/)?(orders|gateway)"' in each for each in queries)


def test_fewer_rows_mean_longer_steps_before_metrics_are_left_out(asked: Source, served: Served) -> None:
    answer = asked.fetch(Question("metrics", WINDOW, limit=Limit(rows=250)))
    assert 0 < answer.table.num_rows <= 250
    assert any("one point every" in each for each in answer.cut)
    assert any(each.path.endswith("/query_range") for each in served.requests)
    assert set(answer.table["name"].to_pylist()) >= {"http_requests_total", "process_resident_memory_bytes"}


def test_a_query_of_ones_own_is_asked_as_it_is(asked: Source) -> None:
    found = rows(asked, query='process_resident_memory_bytes{service="gateway"}', entities=("nobody",))
    assert len(found) > 50


def test_an_alert_has_a_begin_and_an_end(asked: Source) -> None:
    (found,) = asked.fetch(Question("alerts", WINDOW)).table.to_pylist()
    assert (found["name"], found["entity"], found["severity"]) == ("HighErrors", "orders", "page")
    assert (found["time_ns"], found["end_ns"]) == ((T0 + 600) * 10**9, (T0 + 1020) * 10**9)


def test_calls_are_those_that_a_service_graph_counted(asked: Source) -> None:
    expected = [{"caller": "cart", "callee": "orders", "kind": "calls", "calls": 600}]
    assert asked.fetch(Question("edges", WINDOW)).table.to_pylist() == expected


def test_a_server_that_tells_no_types_is_asked_all_the_same(served: Served) -> None:
    served.handler = lambda request: reply({}, 404) if request.path.endswith("metadata") else prometheus(request)
    answer = source.create("prometheus", url=served.url).fetch(Question("metrics", WINDOW))
    assert set(answer.table["kind"].to_pylist()) == {"sum", "gauge", "histogram"}
    assert any("guessed from the names" in each for each in answer.cut)


def test_warnings_of_the_server_are_passed_on(served: Served) -> None:
    served.handler = lambda _: reply({"status": "success", "data": [], "warnings": ["store gateway is down"]})
    answer = source.create("prometheus", url=served.url).fetch(Question("metrics", WINDOW))
    assert answer.cut == ("the server warns: store gateway is down",)


def test_what_the_targets_say_counts_more_than_a_name() -> None:
    kinds = Kinds({"queue_total": Family("gauge"), "requests": Family("counter", "seconds"), "odd": Family("counter")})
    assert [kinds.of(each) for each in ("queue_total", "requests_total", "odd", "x_total", "x_bucket", "x")] == [
        *("gauge", "counter", "counter", "counter", "bucket", "gauge"),
    ]
    assert kinds.unit("requests_total") == "s"


def test_native_histograms_become_explicit_ones() -> None:
    def sample(count: int) -> dict[str, Any]:
        return {"count": str(count), "sum": str(count / 2), "buckets": [[0, "0.5", "1", str(count)]]}

    series = Series({"__name__": "latency_seconds", "job": "a/b"}, histograms=[(10.0, sample(4)), (20.0, sample(10))])
    (found,) = points([series], Kinds({}), Labels())
    assert isinstance(found, dict)
    assert (found["kind"], found["count"], found["sum"], found["bounds"], found["buckets"]) == (
        *("histogram", 6, 3.0, "[1.0]", "[6,0]"),
    )
    assert found["service"] == "b"
    assert json.loads(str(found["attributes"]))["temporality"] == "delta"


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=20), st.booleans())
def test_increases_never_fall_and_miss_nothing_without_a_reset(values: list[float], grows: bool) -> None:
    values = sorted(values) if grows else values
    samples = [(float(time), repr(value)) for time, value in enumerate(values)]
    _, _, found = increases(samples, begun=0.0)
    assert (found >= 0).all()
    if grows:
        assert math.isclose(found.sum(), values[-1] - values[0], rel_tol=1e-9, abs_tol=1e-3)


@given(
    st.dictionaries(st.text("abc_", min_size=1, max_size=4), st.integers(1, 5000), min_size=1, max_size=30),
    st.integers(10, 10**6),
    st.integers(60, 10**6),
)
@settings(derandomize=True)
def test_a_plan_asks_every_metric_once_and_keeps_to_the_limit(counts: dict[str, int], most: int, seconds: int) -> None:
    plan = plan_of(counts, seconds, most, 15.0)
    asked = [name for group in plan.groups for name in group]
    assert len(asked) == len(set(asked))
    assert set(asked) <= set(counts)
    assert asked
    each = seconds / plan.step if plan.step else max(1.0, seconds / 15)
    if not plan.left_out and len(asked) > 1:
        assert sum(counts[name] for name in asked) * each <= most * 1.01 + sum(counts.values())


def test_the_recording_is_that_of_a_real_server() -> None:
    assert len(recorded("prometheus")["series"]) == 11


@pytest.mark.parametrize(
    ("labels", "entity"),
    [
        ({"__name__": "up", "job": "shop/cart"}, "cart"),
        ({"__name__": "up", "job": "cart"}, "cart"),
        ({"__name__": "x", "service_name": "cart", "service": "otel-collector", "job": "otel"}, "cart"),
        (
            {"__name__": "container_cpu_usage_seconds_total", "pod": "cart-5d9c8b7f6d-x2x4z", "service": "kubelet"},
            "cart",
        ),
        ({"__name__": "kube_pod_status_ready", "pod": "db-0", "service": "kube-state-metrics"}, "db"),
        ({"__name__": "kube_deployment_status_replicas", "deployment": "cart", "job": "kube-state-metrics"}, "cart"),
        ({"__name__": "kube_node_info", "node": "node-1", "job": "kube-state-metrics"}, ""),
        ({"alertname": "PodCrashing", "job": "kube-state-metrics", "pod": "cart-5d9c8b7f6d-x2x4z"}, "cart"),
        ({"alertname": "Slow", "service": "cart", "pod": "gateway-5d9c8b7f6d-x2x4z"}, "cart"),
        ({"__name__": "sum"}, ""),
    ],
)
def test_a_series_belongs_to_the_service_that_it_is_about(labels: dict[str, str], entity: str) -> None:
    assert Labels().entity(labels) == entity


def test_selectors_select_what_belongs_to_an_entity_and_each_series_once() -> None:
    series = [
        {"__name__": "up", "job": "shop/cart"},
        {"__name__": "up", "job": "shop/cart2"},
        {"__name__": "x", "service": "cart", "job": "all"},
        {"__name__": "x", "service": "other", "job": "cart"},
        {"__name__": "container_cpu", "pod": "cart-5d9c8b7f6d-x2x4z", "service": "kubelet"},
        {"__name__": "container_cpu", "pod": "orders-5d9c8b7f6d-x2x4z", "service": "cart"},
    ]
    matcher = re.compile(r'(\w+)(=~|!~|=)"((?:[^"\\]|\\.)*)"')

    def matches(selector: str, labels: dict[str, str]) -> bool:
        found = [(k, how, json.loads(f'"{v}"')) for k, how, v in matcher.findall(selector)]
        hits = [(how, bool(re.fullmatch(v, labels.get(k, ""))), labels.get(k, "") == v) for k, how, v in found]
        return all(same if how == "=" else hit == (how == "=~") for how, hit, same in hits)

    selectors = Labels().selectors(["cart"], ["job", "service", "pod"])
    counts = [sum(matches(each, labels) for each in selectors) for labels in series]
    assert counts == [1, 0, 1, 0, 1, 0]
    assert counts == [Labels().entity(labels) == "cart" for labels in series]
