"""Rates of templates against their baseline."""

from __future__ import annotations

import numpy as np

from telic.context.logs.rates import LEAST, Lines, first_seen, rate_deviations
from telic.model import Window

BASELINE, WINDOW = Window(0.0, 1200.0), Window(1200.0, 1800.0)
TEXTS = {0: "served <*>", 1: "cache miss <*>", 2: "query failed <*>", 3: "heartbeat", 4: "retry <*>"}


def logged(parts: list[tuple[int, str, float, float, float]], seed: int = 1) -> Lines:
    """Return lines of (template, entity, rate, from, to), arriving at random."""
    random = np.random.default_rng(seed)
    templates, times, entities = [], [], []
    for template, entity, rate, start, end in parts:
        some = random.uniform(start, end, random.poisson(rate * (end - start)))
        times.append(some)
        templates.append(np.full(len(some), template))
        entities += [entity] * len(some)
    return Lines(np.concatenate(templates), np.concatenate(times), entities)


STEADY = [(0, "cart", 5.0, 0.0, 1800.0), (1, "cart", 1.0, 0.0, 1800.0), (3, "cart", 0.2, 0.0, 1800.0)]


def test_steady_rates_are_no_deviation() -> None:
    silent = sum(not rate_deviations(logged(STEADY, seed), TEXTS, WINDOW, BASELINE) for seed in range(20))
    assert silent >= 18


def test_more_of_a_template_is_found_with_its_onset() -> None:
    found = rate_deviations(logged([*STEADY, (1, "cart", 3.0, 1500.0, 1800.0)]), TEXTS, WINDOW, BASELINE)
    assert [each.signal for each in found] == ["cache miss <*>"]
    assert abs(found[0].onset - 1500.0) <= 50.0
    assert found[0].up
    assert found[0].surprise > 20.0


def test_a_template_that_stops_is_found() -> None:
    lines = logged([(0, "cart", 5.0, 0.0, 1800.0), (3, "cart", 0.2, 0.0, 1400.0)])
    found = [each for each in rate_deviations(lines, TEXTS, WINDOW, BASELINE) if each.signal == "heartbeat"]
    assert len(found) == 1
    assert not found[0].up
    assert abs(found[0].onset - 1400.0) <= 60.0


def test_a_burst_within_the_window_has_an_end() -> None:
    found = rate_deviations(logged([*STEADY, (1, "cart", 5.0, 1300.0, 1400.0)]), TEXTS, WINDOW, BASELINE)
    assert abs(found[0].onset - 1300.0) <= 50.0
    assert abs(found[0].end - 1400.0) <= 50.0


def test_more_load_is_no_deviation_of_each_template() -> None:
    busier = [(template, entity, rate, 1200.0, 1800.0) for template, entity, rate, _, _ in STEADY]
    assert rate_deviations(logged([*STEADY, *busier]), TEXTS, WINDOW, BASELINE) == []


def test_the_same_change_surprises_less_where_the_baseline_is_restless() -> None:
    jumpy = [(4, "cart", 4.0, float(at), at + 100.0) for at in range(0, 1200, 300)]
    calm = [(4, "cart", 4.0 / 3.0, 0.0, 1200.0)]
    more = [(4, "cart", 4.0, 1200.0, 1800.0)]
    surprises = []
    for before in (jumpy, calm):
        found = rate_deviations(logged([*before, *more]), TEXTS, WINDOW, BASELINE)
        surprises.append(found[0].surprise if found else 0.0)
    assert surprises[0] < surprises[1] / 2


def test_what_was_never_seen_is_told_once_an_entity() -> None:
    lines = logged([*STEADY, (2, "cart", 0.1, 1600.0, 1800.0), (1, "mail", 1.0, 1300.0, 1800.0)])
    found = first_seen(lines, WINDOW, BASELINE)
    assert [(each.entity, each.template, each.elsewhere) for each in found] == [("mail", 1, True), ("cart", 2, False)]
    assert found[1].time >= 1600.0
    surprising = {(each.entity, each.signal): each.surprise for each in rate_deviations(lines, TEXTS, WINDOW, BASELINE)}
    assert surprising["cart", "query failed <*>"] > LEAST


def test_no_lines_are_no_deviation() -> None:
    nothing = Lines(np.empty(0, np.int64), np.empty(0), [])
    assert rate_deviations(nothing, {}, WINDOW, BASELINE) == []
    assert first_seen(nothing, WINDOW, BASELINE) == []
