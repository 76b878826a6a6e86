"""The words with one meaning, checked against hand-written histories."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telic.model import (
    Action,
    ActionRecord,
    Diagnosis,
    Hypothesis,
    Tally,
    Truth,
    Undo,
    Window,
    cause_right,
    recovered,
    user_harm,
    wrong_actions_left,
)

WINDOW = Window(0, 10)


def diagnosis(entity: str, mechanism: str, *, abstained: bool = False) -> Diagnosis:
    first = Hypothesis(1, entity, mechanism, 0.9, ("E1",))
    return Diagnosis(10.0, WINDOW, (first,), (), abstained=abstained)


@pytest.mark.parametrize(
    ("good", "bad", "harmed"),
    [
        (100, 0, False),
        (100, 1, False),
        (0, 1, False),
        (38, 2, True),
        (39, 2, False),
        (0, 2, True),
        (95, 5, True),
        (96, 4, False),
    ],
)
def test_a_second_is_harmed_from_five_per_cent_and_two_requests(good: int, bad: int, harmed: bool) -> None:
    assert Tally(1, "F1", good, bad).harmed is harmed


def test_harm_begins_in_the_first_harmed_second_of_any_operation() -> None:
    tallies = [Tally(5, "F1", 90, 1), Tally(7, "F1", 90, 0), Tally(7, "F6", 1, 2), Tally(8, "F1", 0, 90)]
    assert user_harm(tallies) == 7.0
    assert user_harm(tallies, since=8.2) == 8.0
    assert user_harm(tallies, since=9.0) is None


def test_recovery_needs_consecutive_seconds_without_harm() -> None:
    well = {11: 9, 12: 0, 13: 0, 14: 9, 15: 0, 16: 0, 17: 0}
    tallies = [Tally(second, "F1", 10, bad) for second, bad in well.items()]
    assert recovered(tallies, harm=10.0, hold=3) == 15.0
    assert recovered(tallies, harm=10.0, hold=4) is None


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 50), st.integers(0, 50)), max_size=60))
def test_recovery_is_never_before_harm_and_never_a_harmed_second(rows: list[tuple[int, int, int]]) -> None:
    tallies = [Tally(second, "F1", good, bad) for second, good, bad in rows]
    harm = user_harm(tallies)
    if harm is None:
        return
    well = recovered(tallies, harm=harm, hold=3)
    if well is not None:
        assert well > harm
        assert not any(each.harmed for each in tallies if well <= each.second < well + 3)


def test_a_cause_is_right_only_with_entity_and_mechanism() -> None:
    truth = Truth("hang", "hotel", "hang", aliases=("hotel-1",))
    assert cause_right(diagnosis("hotel", "hang"), truth)
    assert cause_right(diagnosis("hotel-1", "hang"), truth)
    assert not cause_right(diagnosis("hotel", "crash-loop"), truth)
    assert not cause_right(diagnosis("search", "hang"), truth)
    assert not cause_right(diagnosis("hotel", "hang", abstained=True), truth)
    assert not cause_right(None, truth)


def test_a_useless_restart_is_not_left_in_place_but_a_useless_config_push_is() -> None:
    push = Action("set_config", "hotel", {"key": "log.level", "value": "INFO"})
    left = ActionRecord("A1", "I1", push, "left", planned=1.0, undo=Undo(push))
    restart = replace(left, action=Action("restart", "hotel"), undo=Undo(None))
    helped, undone = replace(left, outcome="helped"), replace(left, outcome="undone")
    assert wrong_actions_left([left, restart, helped, undone]) == (left,)
    assert wrong_actions_left([replace(restart, undo=Undo(None, irreversible=True))])
