"""After an escape the system is opened in steps that the records alone decide; what did not hold is halved."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telic.model import Action, ActionRecord
from telic.operate.reopening import FINEST, last_step, next_step, shed_now
from telic.tools.checks import LONGEST_REST, REST

NOW = 1000.0


def escaped(shed: float) -> list[ActionRecord]:
    return [ActionRecord("A0001", "I1", Action("escape", "hotel", {"shed": shed}), "helped", 0.0)]


def went(records: list[ActionRecord], outcome: str) -> Action:
    """Take the next step with an outcome."""
    step = next_step(records, NOW)
    assert step is not None
    records.append(ActionRecord(f"A{len(records) + 1:04d}", "I1", step, outcome, NOW, NOW, NOW))  # type: ignore[arg-type]
    return step


@pytest.mark.parametrize(("shed", "steps"), [(0.5, [0.25, 0.0]), (0.45, [0.225, 0.0]), (0.35, [0.0]), (0.0, [])])
def test_the_share_is_halved_until_it_is_gone_and_then_callers_may_try_again(shed: float, steps: list[float]) -> None:
    records = escaped(shed)
    assert [went(records, "helped").params["shed"] for _ in steps] == steps
    assert [dict(went(records, "helped").params) for _ in range(2)] == [
        {"shed": 0.0, "budget": 0.05},
        {"shed": 0.0, "budget": 0.1},
    ]
    assert next_step(records, NOW) is None
    assert shed_now(records) == 0.0


def test_a_step_that_did_not_hold_is_halved_and_tried_again() -> None:
    records = escaped(0.5)
    assert went(records, "undone").params["shed"] == 0.25
    assert shed_now(records) == 0.5
    assert went(records, "helped").params["shed"] == 0.375
    assert went(records, "helped").params["shed"] == 0.312


def test_retries_stay_off_where_they_brought_harm_back_or_the_design_has_none() -> None:
    for outcome in ("undone", "refused"):
        records = escaped(0.0)
        went(records, outcome)
        assert next_step(records, NOW) is None


def test_nothing_is_opened_that_was_not_escaped_or_was_taken_back() -> None:
    assert next_step([], NOW) is None
    undone = [replace(escaped(0.5)[0], outcome="undone")]
    assert next_step(undone, NOW) is None
    assert shed_now(undone) == 0.0


def test_the_last_step_in_force_is_the_one_that_is_taken_back_first() -> None:
    records = escaped(0.5)
    assert last_step(records) is None
    went(records, "helped")
    went(records, "undone")
    assert last_step(records) == records[1]


@given(st.integers(0, 18).map(lambda each: each / 20), st.lists(st.sampled_from(["helped", "undone"]), max_size=40))
def test_steps_never_shed_more_than_before_and_come_to_an_end(shed: float, outcomes: list[str]) -> None:
    records, before = escaped(shed), shed
    for outcome in outcomes + ["helped"] * 20:
        if next_step(records, NOW) is None:
            break
        step = went(records, outcome)
        assert 0.0 <= float(step.params["shed"]) <= before
        before = shed_now(records)
    assert next_step(records, NOW) is None
    tried = [each.action.params for each in records if each.outcome == "undone"]
    assert len({tuple(sorted(each.items())) for each in tried}) == len(tried)  # the guard refuses what failed once
    assert before == 0.0 or before > FINEST / 2


def test_a_step_that_failed_is_tried_again_after_a_rest_that_is_twice_as_long_each_time() -> None:
    records, now = escaped(0.0), NOW
    for rest in (REST, 2 * REST, 4 * REST, 8 * REST, 16 * REST, LONGEST_REST, LONGEST_REST):
        step = next_step(records, now)
        assert step is not None
        records.append(ActionRecord(f"A{len(records) + 1:04d}", "I1", step, "undone", now, now, now))
        assert next_step(records, now + rest - 1.0) is None
        now += rest
    assert next_step(records, now) is not None
