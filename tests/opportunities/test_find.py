"""What is read and how it is called, before anything is asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.opportunities.families import prepared

from telic.errors import UsageError
from telic.opportunities.ask import Ask
from telic.opportunities.events import noun, without_copies
from telic.opportunities.find import merged, outcomes_of, setting
from telic.opportunities.judging import Judging
from telic.opportunities.model import Column, Exclusion
from telic.opportunities.read import Columns

EVENTS = prepared([["a", "b"], ["b", "c", "paid"]])


def test_a_column_that_repeats_the_name_of_the_event_is_no_attribute() -> None:
    codes = np.asarray(EVENTS.names.codes)
    same = Column("activity", codes[::1], [label.upper() for label in EVENTS.names.labels])
    shuffled = Column("page", (codes + 1) % len(EVENTS.names.labels), list(EVENTS.names.labels))
    other = Column("button", np.array([0, 0, 1, 1, 0], np.int32), ["left", "right"])
    made = without_copies(replace(EVENTS, of_events={"activity": same, "page": shuffled, "button": other}))
    assert list(made.of_events) == ["button"]
    assert made.exclusions == (Exclusion("column", 2, "says what the event's name says", ("activity", "page")),)
    assert without_copies(EVENTS) is EVENTS


@pytest.mark.parametrize(
    ("column", "called"),
    [("session_id", "session"), ("number", "case"), ("case:concept:name", "case"), ("traceId", "request"), ("", "row"),
     ("user_id", "user"), ("box", "group")],
)  # fmt: skip
def test_groups_are_called_what_their_column_says(column: str, called: str) -> None:
    assert noun(Ask("x", ()), Columns("", "", column, "")) == called
    assert noun(Ask("x", (), by="case"), Columns("", "", column, "")) == "case"


def test_the_same_reason_is_told_once() -> None:
    one, two = Exclusion("rows", 2, "no time", ("row 1",)), Exclusion("rows", 3, "no time", ("row 9",))
    assert merged([one, two, one]) == (Exclusion("rows", 5, "no time", ("row 1", "row 9")),)


def test_settings_have_the_types_of_the_judge() -> None:
    assert setting(Judging, {"least": "40", "alpha": 1e-3}) == Judging(least=40, alpha=1e-3)
    with pytest.raises(UsageError, match="least"):
        setting(Judging, {"least": "many"})


def test_two_kpis_of_one_name_and_none_are_refused() -> None:
    with pytest.raises(UsageError, match="two KPIs"):
        outcomes_of(["k: session has 'c'", "k: session has 'paid'"], EVENTS)
    with pytest.raises(UsageError, match="'paid'") as caught:
        outcomes_of([], EVENTS)
    assert "session has 'paid'" in caught.value.hint
