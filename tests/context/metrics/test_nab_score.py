"""The re-implemented score of NAB gives what the benchmark's paper, tests and result files give."""

from __future__ import annotations

import math

import numpy as np
import pytest
from benchmarks.metrics import data, detectors, nab, ranges
from benchmarks.metrics.nab import PROFILES, Profile, Series

STANDARD = PROFILES["standard"]
EQUAL = Profile(fp=1.0)


def series(points: int, *windows: tuple[int, int], name: str = "a") -> Series:
    return Series(name, np.arange(points, dtype=float), np.zeros(points), windows)


def at(points: int, *places: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    scores = np.zeros(points)
    scores[list(places)] = 1.0
    return scores


def test_the_sigmoid_is_the_papers() -> None:
    """`scaledSigmoid` as documented: 0.98661 at the left edge, 0.84828 in the middle, -0.98661 a width past."""
    worth, _ = nab.weights(121, [(40, 59)], Profile(fp=1.0))
    edge = 2 / (1 + math.exp(-5)) - 1
    assert edge == pytest.approx(0.98661, abs=1e-5)
    assert worth[40] == pytest.approx(1.0)
    assert worth[50] * edge == pytest.approx(0.84828, abs=1e-5)
    assert worth[59 + 19] == pytest.approx(-0.98661, abs=1e-5)
    assert worth[39] == -1.0
    assert worth[59 + 3 * 19] == -1.0


def test_first_points_of_all_windows_are_100_and_no_alarm_is_0() -> None:
    corpus = [series(200, (50, 69), (120, 139)), series(300, (100, 129), name="b"), series(100, name="c")]
    perfect = [at(200, 50, 120), at(300, 100), at(100)]
    for profile in PROFILES.values():
        assert nab.evaluate(corpus, perfect, profile).score == pytest.approx(100)
        assert nab.evaluate(corpus, [np.zeros(200), np.zeros(300), np.zeros(100)], profile).score == pytest.approx(0)


def test_a_perfect_detector_with_one_more_alarm_loses_its_weight() -> None:
    corpus = [series(200, (100, 119))]
    outcome = nab.evaluate(corpus, [at(200, 60, 100)], STANDARD, 0.5)
    assert outcome.by_file["a"] == pytest.approx(1 - 0.11)
    assert outcome.score == pytest.approx(100 * (2 - 0.11) / 2)


def test_the_benchmarks_own_example_of_all_kinds() -> None:
    """`testScoringAllMetrics`: two windows of five; first point, second point, three past the edge; -0.9540."""
    file = series(100, (40, 44), (80, 84))
    alarms = at(100, 40, 41, 47)
    assert nab.score_at(alarms, file, 0.5, EQUAL) == pytest.approx(-0.9540, abs=5e-5)


def test_alarms_in_the_probation_do_not_count() -> None:
    assert nab.probation(100) == 15
    assert nab.probation(20_000) == 750
    assert nab.score_at(at(100, 0, 14), series(100), 0.5, STANDARD) == 0


def test_the_threshold_is_the_best_of_all() -> None:
    draw = np.random.default_rng(3)
    corpus = [series(200, (50, 69), (120, 139)), series(300, (100, 129), name="b")]
    scores = [draw.integers(0, 12, 200) / 12, draw.integers(0, 12, 300) / 12]
    every = [
        nab.evaluate(corpus, scores, STANDARD, level).score for level in [*np.unique(np.concatenate(scores)), math.inf]
    ]
    assert nab.evaluate(corpus, scores, STANDARD).score == pytest.approx(max(every))


def test_missing_costs_twice_where_misses_count() -> None:
    file = series(200, (100, 119))
    assert nab.score_at(np.zeros(200), file, 0.5, PROFILES["reward_low_FN_rate"]) == -2


@pytest.mark.skipif(not (data.folder("nab") / "labels").exists(), reason="needs the nab data; set TELIC_DATA")
@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("realAWSCloudwatch/ec2_cpu_utilization_24ae8d.csv", -1.266678759349383),
        ("realAWSCloudwatch/rds_cpu_utilization_cc0c53.csv", -0.13844919792440225),
        ("realTraffic/TravelTime_387.csv", -1.7959813307852819),
    ],
)
def test_published_rows_come_out_again(name: str, published: float) -> None:
    """Rows of NAB's results/windowedGaussian/windowedGaussian_standard_scores.csv, threshold 1.0."""
    corpus = [each for each in nab.load(data.folder("nab")) if each.name == name]
    outcome = nab.evaluate(corpus, detectors.windowed_gaussian(corpus), STANDARD, 1.0)
    assert outcome.by_file[name] == pytest.approx(published, abs=1e-12)


def marks(points: int, *runs: tuple[int, int]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    mark = np.zeros(points, dtype=bool)
    for first, end in runs:
        mark[first:end] = True
    return mark


def test_ranges_are_scored_by_hand() -> None:
    real = marks(100, (10, 20), (50, 60))
    found = ranges.score(real, marks(100, (15, 25)))
    assert found.recall == pytest.approx((0.5 + 0.5 * 0.5) / 2)
    assert found.precision == pytest.approx(0.5)
    pieces = ranges.score(real, marks(100, (10, 12), (14, 16)))
    assert pieces.recall == pytest.approx((0.5 + 0.5 * 0.4 / 2) / 2)
    assert pieces.precision == 1
    assert ranges.score(real, real).f1 == 1
    assert ranges.score(real, marks(100)).f1 == 0


def test_near_alarms_are_one_range() -> None:
    assert ranges.ranges(ranges.join(marks(100, (10, 12), (15, 16), (40, 41)), 5)) == [(10, 16), (40, 41)]
