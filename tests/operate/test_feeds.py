"""Status feeds of providers: what is wrong now counts, what is over or well does not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telic.operate.diagnosis.culprit.feeds import entries

ONSET, REPORTED = 1_772_366_000.0, 1_772_366_400.0  # 2026-03-01T11:53:20Z and 12:00:00Z


def _now(feed: object) -> bool:
    return any(each.during(ONSET, REPORTED) for each in entries(json.dumps(feed)))


@pytest.mark.parametrize(
    ("feed", "wrong"),
    [
        ([{"status": "investigating", "name": "Elevated errors", "time": "2026-03-01T11:50:00Z"}], True),
        ({"page": "P", "incidents": [{"status": "identified", "started_at": "2026-03-01T11:40:00Z"}]}, True),
        ({"page": "P", "incidents": []}, False),
        ({"components": [{"name": "API", "status": "operational"}, {"name": "Web", "status": "operational"}]}, False),
        ({"components": [{"name": "API", "status": "major_outage"}]}, True),
        ([{"status": "resolved", "name": "Elevated errors", "time": "2026-02-27T10:00:00Z"}], False),
        ([{"status": "investigating", "name": "Outage", "time": "2026-03-01T14:00:00Z"}], False),
    ],
)
def test_trouble_at_the_time_counts(feed: object, wrong: bool) -> None:
    assert _now(feed) == wrong


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=30),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=12,
    )
)
def test_any_json_is_read(feed: object) -> None:
    assert isinstance(_now(feed), bool)


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    assert all(each.text for each in entries(text))


def test_times_that_are_none_are_left_out() -> None:
    assert entries('[{"time": "2026-13-45T99:99:00Z", "status": "outage"}]')[0].start is None
