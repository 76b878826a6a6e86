"""Histograms of any temporality in a recorded incident: what came since the point before, and what that tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality
from tests.telemetry.sources.exports import (
    BASELINE,
    NAME,
    START,
    STEP,
    WINDOW,
    Minute,
    Process,
    exported,
    recorded,
    rows,
)

from telic.context.metrics.counters import resolved
from telic.context.metrics.series import Series, read_series
from telic.model import Window
from telic.operate.diagnosis.causes import diagnose_recording
from telic.telemetry.sources import Question
from telic.telemetry.sources.prometheus.api import Series as Scraped
from telic.telemetry.sources.prometheus.labels import Labels
from telic.telemetry.sources.prometheus.points import Kinds, points
from telic.telemetry.sources.rows import collect
from telic.worlds.recorded import read

pa: Any = pyarrow
LONG_AGO = START - 9000.0  # when processes began, before the recording [s since the Unix epoch]
FAULT = 45  # the minute from which on something is different
SHARES = np.linspace(0.01, 0.04, 60).tolist()  # durations of a minute's requests when all is well [s]


def well(minute: int) -> Minute:
    return {200: SHARES[: 50 + 5 * (minute % 3)]}


def three_times(minute: int) -> Minute:
    return {200: [*well(minute)[200]] * (3 if minute >= FAULT else 1)}


def failing(minute: int) -> Minute:
    took = [*well(minute)[200]]
    return {200: took[15:], 500: took[:15]} if minute >= FAULT else {200: took}


def slow(minute: int) -> Minute:
    return {200: np.linspace(1.2, 2.4, 50).tolist()} if minute >= FAULT else well(minute)


@pytest.fixture(params=["cumulative", "delta"])
def delta(request: pytest.FixtureRequest) -> bool:
    return str(request.param) == "delta"


def incident(folder: Path, pay: Callable[[int], Minute], *, delta: bool) -> Path:
    services = {Process(each, LONG_AGO, delta=delta): well for each in ("cart", "orders")}
    return recorded(folder, exported({Process("pay", LONG_AGO, delta=delta): pay, **services}))


def kept(folder: Path) -> dict[str, Series]:
    """Return the only series of every part of pay's histogram with status 200."""
    found = [each for each in read_series(read(folder)) if each.entity == "pay" and "500" not in each.attributes]
    assert len(found) == len({each.name for each in found})
    return {each.name.removeprefix(f"{NAME}."): each for each in found}


def rates(folder: Path) -> dict[str, Series]:
    found = resolved(read_series(read(folder)))
    return {each.name.removeprefix(NAME): each for each in found if each.entity == "pay"}


def named(folder: Path) -> list[tuple[str, str]]:
    return [(each.entity, each.mechanism) for each in diagnose_recording(read(folder)).hypotheses]


def test_failed_requests_that_never_were_before_are_blamed(tmp_path: Path, delta: bool) -> None:
    folder = incident(tmp_path / "incident", failing, delta=delta)
    errors = rates(folder)["_errors"].values
    assert errors[:-10].tolist() == [0.0] * (len(errors) - 10)
    assert errors[-10:] == pytest.approx(15 / STEP)
    assert named(folder)[0] == ("pay", "errors")


def test_three_times_the_traffic_is_no_delay(tmp_path: Path, delta: bool) -> None:
    folder = incident(tmp_path / "incident", three_times, delta=delta)
    assert rates(folder)["_count"].values[-1] == pytest.approx(3 * rates(folder)["_count"].values[-13])
    assert not [each for each in rates(folder) if each.endswith("sum")]
    assert named(folder) == []


def test_slow_requests_are_as_slow_as_they_are_and_blamed(tmp_path: Path, delta: bool) -> None:
    folder = incident(tmp_path / "incident", slow, delta=delta)
    found = kept(folder)
    assert (found["p90"].values[:-10] < 0.05).all()
    assert ((found["p90"].values[-10:] > 1.2) & (found["p90"].values[-10:] < 2.5)).all()
    assert rates(folder)["_mean"].values[-10:] == pytest.approx(1.8)
    assert named(folder)[0] == ("pay", "delay")


def test_milliseconds_become_seconds(tmp_path: Path) -> None:
    pay = Process("pay", LONG_AGO, unit="ms")
    folder = recorded(tmp_path / "incident", exported({pay: lambda minute: {200: [2000.0] * 9}}))
    assert rates(folder)["_mean"].values == pytest.approx(2.0)
    assert rates(folder)["_mean"].unit == "s"


def test_every_point_counts_what_came_since_the_one_before(tmp_path: Path, delta: bool) -> None:
    found = kept(incident(tmp_path / "incident", well, delta=delta))
    came = [float(len(well(minute)[200])) for minute in range(55)]
    assert np.diff(found["count"].values).tolist() == (came if delta else came[1:])
    assert found["sum"].values[0] == 0.0
    assert len(found["p50"].values) == len(came) - (not delta)  # who knows how old the first point's requests are


@pytest.mark.parametrize(("begun", "again"), [(LONG_AGO, START + 30 * STEP - 20.0), (0.0, 0.0)])
def test_a_process_that_starts_anew_loses_no_request(tmp_path: Path, begun: float, again: float) -> None:
    """It may say when it began, or not."""
    first, second = Process("pay", begun), Process("pay", again)
    table = pa.concat_tables([exported({first: well}, range(30)), exported({second: slow}, range(30, 55))])
    folder = recorded(tmp_path / "incident", table)
    found = kept(folder)
    assert found["count"].values[-1] == sum(len(slow(minute)[200]) for minute in range(1, 55))
    assert (np.diff(found["count"].values) >= 0.0).all()
    assert (rates(folder)["_count"].values <= 1.01).all()
    assert found["p90"].values[-1] > 1.2


def test_two_processes_that_tell_no_instance_are_not_resets_of_one(tmp_path: Path) -> None:
    table = exported({Process("pay", LONG_AGO): well, Process("pay", LONG_AGO + 1.0): three_times})
    found = kept(recorded(tmp_path / "incident", table))
    came = sum(len(well(minute)[200]) + len(three_times(minute)[200]) for minute in range(1, 55))
    assert found["count"].values[-1] == came


def test_where_nothing_was_sent_for_a_while_nothing_came(tmp_path: Path) -> None:
    pay = Process("pay", LONG_AGO, delta=True)
    table = pa.concat_tables([exported({pay: well}, range(20)), exported({pay: well}, range(40, 55))])
    found = rates(recorded(tmp_path / "incident", table))["_count"]
    came = [len(well(minute)[200]) / STEP for minute in (*range(20), *range(40, 55))]
    assert found.values[found.values > 0.0].tolist() == pytest.approx(came)


def exponential(buckets: Sequence[int], offset: int, scale: int, minute: int) -> ExportMetricsServiceRequest:
    request = ExportMetricsServiceRequest()
    of_resource = request.resource_metrics.add()
    of_resource.resource.attributes.add(key="service.name").value.string_value = "pay"
    metric = of_resource.scope_metrics.add().metrics.add(name=NAME, unit="s")
    metric.exponential_histogram.aggregation_temporality = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
    point = metric.exponential_histogram.data_points.add(count=sum(buckets), sum=1.0, scale=scale)
    point.positive.offset = offset
    point.positive.bucket_counts.extend(buckets)
    point.start_time_unix_nano = round(LONG_AGO * 1e9)
    point.time_unix_nano = round((START + minute * STEP) * 1e9)
    return request


def test_exponential_histograms_that_widen_are_compared_at_the_bounds_that_both_have(tmp_path: Path) -> None:
    """First between 1 and 4 s, then up to 8 s with another bucket, then in buckets of twice the width."""
    sent = [exponential([90, 0], 0, 0, 1), exponential([90, 0, 10], 0, 0, 2), exponential([90, 30], 0, -1, 3)]
    found = kept(recorded(tmp_path / "incident", rows(sent)))
    assert found["count"].values.tolist() == [0.0, 10.0, 30.0]
    assert found["p50"].values.tolist() == [6.0, 10.0]


def test_a_summary_whose_quantile_falls_does_not_start_anew(tmp_path: Path) -> None:
    request = exponential([], 0, 0, 1)
    metric = request.resource_metrics[0].scope_metrics[0].metrics[0]
    for minute, slowest in enumerate((0.3, 0.5, 0.2), 1):
        point = metric.summary.data_points.add(count=100 * minute, sum=10.0 * minute)
        point.quantile_values.add(quantile=0.99, value=slowest)
        point.start_time_unix_nano, point.time_unix_nano = round(LONG_AGO * 1e9), round((START + minute * STEP) * 1e9)
    found = kept(recorded(tmp_path / "incident", rows([request])))
    assert {name: each.values.tolist() for name, each in found.items()} == {
        "count": [0.0, 100.0, 200.0],
        "sum": [0.0, 10.0, 20.0],
    }


def scraped(values: dict[tuple[str, str, str], list[float]]) -> Any:
    """Return scrapes of one target, a minute apart, by part of the histogram, status and bound; absent ones are -1."""
    found = []
    for (part, status, le), each in values.items():
        labels = {"__name__": f"http_seconds_{part}", "service": "pay", "instance": "pay:80", "status": status}
        samples = [(START + minute * STEP, repr(value)) for minute, value in enumerate(each) if value >= 0.0]
        found.append(Scraped(labels | ({"le": le} if le else {}), samples))
    question = Question("metrics", Window(BASELINE.start, WINDOW.end))
    return collect(question, points(found, Kinds({}), Labels()))[0]


def test_histograms_of_prometheus_tell_the_same(tmp_path: Path) -> None:
    well_then = np.cumsum([60.0] * FAULT + [180.0] * 10)
    failed = np.array([-1.0] * FAULT + [20.0 * each for each in range(1, 11)])
    parts = {("count", ""): 1.0, ("sum", ""): 0.02, ("bucket", "0.025"): 1.0, ("bucket", "+Inf"): 1.0}
    table = scraped(
        {
            (part, status, le): (values * times).tolist()
            for (part, le), times in parts.items()
            for status, values in (("200", well_then), ("500", failed))
        }
    )
    folder = recorded(tmp_path / "incident", table)
    whole = {each.name: each for each in resolved(read_series(read(folder))) if ".p" not in each.name}
    assert set(whole) == {f"http_seconds_{each}" for each in ("count", "mean", "errors")}
    assert whole["http_seconds_mean"].values == pytest.approx(0.02)
    assert whole["http_seconds_count"].values[-5:] == pytest.approx(200 / STEP)
    assert whole["http_seconds_errors"].values[-11:] == pytest.approx([0.0, *[20 / STEP] * 10])
    assert named(folder)[0] == ("pay", "errors")
