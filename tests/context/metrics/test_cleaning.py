"""Nothing a source sends is lost without being counted."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telic.context.metrics import Feed, clean
from telic.errors import UsageError

SAMPLES = st.lists(st.tuples(st.integers(0, 20), st.floats(-1e6, 1e6) | st.just(math.nan)), max_size=40)


@given(SAMPLES)
def test_every_sample_is_kept_or_counted(samples: list[tuple[int, float]]) -> None:
    times, values = [float(each) for each, _ in samples], [each for _, each in samples]
    cleaned = clean(times, values)
    assert cleaned.tally.kept + cleaned.tally.missing + cleaned.tally.repeated == len(samples)
    assert (np.diff(cleaned.times) > 0).all()
    assert len(cleaned.times) == len(cleaned.values) == cleaned.tally.kept


@given(SAMPLES)
def test_a_stream_counts_every_sample_too(samples: list[tuple[int, float]]) -> None:
    feed = Feed()
    kept = [feed.take(time, value) for time, value in samples]
    tally = feed.tally
    assert sum(each is not None for each in kept) == tally.kept
    assert tally.kept + tally.missing + tally.late + tally.repeated == len(samples)


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=40), st.booleans())
def test_in_order_a_stream_is_a_batch(values: list[float], counter: bool) -> None:
    times = [15.0 * each for each in range(len(values))]
    feed = Feed(counter=counter)
    streamed = [kept for time, value in zip(times, values, strict=True) if (kept := feed.take(time, value)) is not None]
    cleaned = clean(times, values, counter=counter)
    assert np.allclose(streamed, cleaned.values)
    assert feed.tally == cleaned.tally


def test_a_restarted_counter_begins_again_at_nothing() -> None:
    cleaned = clean([0, 10, 20, 30], [100, 200, 50, 150], counter=True)
    assert cleaned.values.tolist() == [10, 5, 10]
    assert cleaned.tally.resets == 1


def test_late_samples_are_put_in_order_and_pauses_counted() -> None:
    cleaned = clean([0, 20, 10, 30, 40, 500], [1, 3, 2, 4, 5, 6])
    assert cleaned.values.tolist() == [1, 2, 3, 4, 5, 6]
    assert (cleaned.tally.late, cleaned.tally.gaps) == (1, 1)


def test_of_a_repeated_time_the_last_value_counts() -> None:
    cleaned = clean([0, 10, 10], [1, 2, 3])
    assert cleaned.values.tolist() == [1, 3]
    assert cleaned.tally.repeated == 1


def test_arrays_of_different_lengths_are_refused() -> None:
    with pytest.raises(UsageError, match="shape"):
        clean([0, 1], [1])
