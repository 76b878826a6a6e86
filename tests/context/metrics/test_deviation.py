"""Metrics against their own baseline, on one scale."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.worlds.recorded.folders import START, points, write

from telic.context.deviation import CAP, Deviation
from telic.context.metrics.deviation import metric_deviations
from telic.context.metrics.series import read_series
from telic.worlds.recorded import read

CALM = [10.0, 11.0, 9.0, 10.5, 9.5] * 12  # the baseline's hour, a point a minute


def deviations(folder: Path, *named: tuple[str, list[float]]) -> list[Deviation]:
    rows = [row for name, values in named for row in points("cart", name, values)]
    recording = read(write(folder / "one", metrics=rows))
    return metric_deviations(read_series(recording), recording.window, recording.baseline)


def test_a_jump_is_surprising_from_its_onset_on(tmp_path: Path) -> None:
    found = deviations(tmp_path, ("latency", [*CALM, *CALM[:10], *[40.0] * 10]))
    assert [each.signal for each in found] == ["latency"]
    assert found[0].onset == START + 70 * 60
    assert (found[0].before, found[0].now, found[0].up) == (10.0, 40.0, True)
    assert 5.0 < found[0].surprise <= CAP


def test_calm_is_no_deviation(tmp_path: Path) -> None:
    assert deviations(tmp_path, ("latency", [*CALM, *CALM[:20]])) == []


@pytest.mark.parametrize(
    ("name", "value", "seen"),
    [("latency", 1.0, False), ("availability", 1.0, True), ("availability", 40.0, False), ("orders", 1.0, True)],
)
def test_only_the_bad_way_counts_where_there_is_one(tmp_path: Path, name: str, value: float, seen: bool) -> None:
    assert bool(deviations(tmp_path, (name, [*CALM, *[value] * 10]))) is seen


def test_the_louder_of_two_comes_first_whatever_its_unit(tmp_path: Path) -> None:
    small = [each / 1e6 for each in CALM]
    found = deviations(tmp_path, ("a_latency", [*CALM, *[20.0] * 9]), ("b_latency", [*small, *[90.0 / 1e6] * 9]))
    assert [each.signal for each in found] == ["b_latency", "a_latency"]


def test_points_that_are_no_numbers_are_left_out(tmp_path: Path) -> None:
    found = deviations(tmp_path, ("latency", [*CALM, float("nan"), 40.0, float("inf"), 40.0]))
    assert found[0].now == 40.0
    assert found[0].count == 2


def test_a_constant_that_moves_is_not_infinitely_surprising(tmp_path: Path) -> None:
    found = deviations(tmp_path, ("queue", [0.0] * 60 + [1.0] * 10))
    assert found[0].surprise <= CAP


@pytest.mark.parametrize("released", ["telic.config.revision", "service.version"])
def test_a_release_in_between_begins_no_series_of_its_own(released: str, tmp_path: Path) -> None:
    def attributes(number: int) -> str:
        resource = {"service.namespace": "shop", released: 1 if number < 60 else 2}
        return json.dumps({"instance": "cart-1", "resource": resource})

    measured = enumerate(points("cart", "queue", [*CALM, *[40.0] * 20]))
    rows = [{**each, "attributes": attributes(number)} for number, each in measured]
    recording = read(write(tmp_path / "one", metrics=rows))
    (series,) = read_series(recording)
    assert len(series.values) == 80
    assert json.loads(series.attributes)["resource"][released] == 2
    (found,) = metric_deviations([series], recording.window, recording.baseline)
    assert (found.instance, found.before, found.now) == ("cart-1", 10.0, 40.0)


def test_series_that_differ_in_more_than_a_release_stay_apart(tmp_path: Path) -> None:
    def attributes(number: int) -> str:
        return json.dumps({"resource": {"service.version": "1", "host.name": str(number % 2)}})

    rows = [{**each, "attributes": attributes(number)} for number, each in enumerate(points("cart", "queue", CALM))]
    assert len(read_series(read(write(tmp_path / "one", metrics=rows)))) == 2
