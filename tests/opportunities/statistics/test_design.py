"""What groups are compared by: bins, lifecycle, and what is left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tests.opportunities.cases import binary, numeric, prepared

from telic.errors import UsageError
from telic.opportunities.model import Column, Exclusion
from telic.opportunities.statistics.codes import quantile_bins
from telic.opportunities.statistics.design import LEVELS, NTH, TIME, design, exposed
from telic.opportunities.statistics.prognosis import effects, prognosis
from telic.opportunities.statistics.screening import study
from telic.opportunities.statistics.study import Study


@settings(max_examples=30, deadline=None)
@given(arrays.arrays(np.float64, st.integers(1, 60), elements=st.floats(-1e6, 1e6)), st.integers(1, 9))
def test_bins_keep_the_order_and_equal_values_together(values: np.ndarray, bins: int) -> None:
    codes = quantile_bins(values, bins)
    assert codes.max() < max(bins, 1)
    order = np.argsort(values, kind="stable")
    assert (np.diff(codes[order]) >= 0).all()
    for value in np.unique(values):
        assert len(np.unique(codes[values == value])) == 1


def test_time_and_lifecycle_are_always_adjusted_for_and_ids_and_constants_never() -> None:
    data = prepared(
        2000,
        users=(np.arange(2000) // 3).astype(np.int32),
        attributes={"os": np.arange(2000) % 3, "same": np.zeros(2000), "id": np.arange(2000)},
    )
    made = design(data)
    assert [each.name for each in made.confounders] == ["os", TIME, NTH]
    assert {each.examples[0]: each.why for each in made.exclusions} == {
        "same": "has one value: nothing to adjust for",
        "id": "has too many values to adjust for: like an id",
    }


def test_a_column_that_is_missing_everywhere_is_told() -> None:
    data = prepared(500)
    data = replace(data, of_groups={"os": Column("os", np.full(500, -1, dtype=np.int32), [])})
    assert design(data).exclusions[0].why == "is missing everywhere: nothing to adjust for"


def test_rare_values_become_one_level() -> None:
    made = design(prepared(5000, attributes={"page": np.minimum(np.random.default_rng(1).zipf(1.5, 5000), 300) - 1}))
    page = made.confounders[0]
    assert page.levels == LEVELS
    assert page.counts.sum() == 5000


def test_an_unknown_confounder_names_those_there_are() -> None:
    with pytest.raises(UsageError, match="contry") as caught:
        design(prepared(100, attributes={"country": np.arange(100) % 2}), ["contry"])
    assert caught.value.hint == "did you mean country?"


def test_events_of_the_kpi_are_no_exposure() -> None:
    data = prepared(4, lengths=np.array([1, 2, 3, 6]))  # every third event is "paid"
    assert exposed(data, frozenset({"paid"})).tolist() == [1, 2, 2, 4]


def test_a_prognosis_finds_the_factors_of_its_columns() -> None:
    random = np.random.default_rng(3)
    of_cell = np.array([(a, b, 0) for a in range(4) for b in range(3)], dtype=np.int32)
    size = random.integers(20_000, 60_000, len(of_cell)).astype(float)
    first, second = np.array([1.0, 2.0, 0.5, 1.0]), np.array([1.0, 3.0, 1.0])
    total = size * 0.02 * first[of_cell[:, 0]] * second[of_cell[:, 1]]
    found = effects(of_cell, size, total, 1.0, [0, 1])
    assert np.exp(found[0] - found[0][0]) == pytest.approx(first, rel=0.02)
    assert np.exp(found[1] - found[1][0]) == pytest.approx(second, rel=0.02)
    assert np.exp(prognosis(of_cell, found, [0, 1])) * 0.02 == pytest.approx(total / size, rel=0.6)
    added = effects(of_cell, size, total - 500, 1.0, [0, 1])  # with signs they add up
    rest = (total - 500) / size - prognosis(of_cell, added, [0, 1])
    assert np.ptp(rest) < 0.05


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (np.zeros(50), "is 0 for every session: nothing to explain"),
        (np.full(50, np.nan), "is undefined for every session"),
        (np.r_[np.full(30, np.nan), np.ones(20)], "is 1 for every session: nothing to explain"),
    ],
)
def test_a_kpi_that_says_nothing_is_left_out_with_the_reason(values: np.ndarray, why: str) -> None:
    data = prepared(50)
    made = study(binary(values), data, design(data), 1.2, 0.1)
    assert isinstance(made, Exclusion)
    assert made.why == why


def test_undefined_groups_and_far_values_are_counted() -> None:
    data = prepared(1000)
    values = np.random.default_rng(1).random(1000)
    values[:7], values[7] = np.nan, 1e9
    made = study(numeric(values), data, design(data), 1.2, 0.1)
    assert isinstance(made, Study)
    assert [(each.what, each.count) for each in made.exclusions] == [("groups", 7), ("values", 10)]
    assert made.exclusions[0].examples == ("g0", "g1", "g2")


def test_a_column_that_is_the_kpi_is_not_adjusted_for() -> None:
    error = (np.random.default_rng(2).random(2000) < 0.2).astype(float)
    data = prepared(2000, attributes={"status": error, "os": np.arange(2000) % 2})
    made = study(binary(error), data, design(data), 1.2, 0.1)
    assert isinstance(made, Study)
    assert made.itself == frozenset({0})
    assert made.exclusions[-1].examples == ("status",)


def test_calendar_time_is_adjusted_for_even_where_it_explains_nearly_all() -> None:
    data = prepared(4000)
    made = study(binary(np.arange(4000) > 2000), data, design(data), 1.2, 0.1)
    assert isinstance(made, Study)
    assert made.itself == frozenset()
