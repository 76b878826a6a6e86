"""When two worlds say the same, and how far apart their times are."""

from __future__ import annotations

import math

from telic.lab.trials.comparison import Comparison, Pair, Said


def pair(local: Said, simulated: Said) -> Pair:
    return Pair("baseline T1", 1, local, simulated)


def test_the_same_verdict_agrees_whatever_the_times() -> None:
    same = pair(Said("recovered", 2.0), Said("recovered", 8.0))
    other = pair(Said("recovered", 2.0), Said("not recovered"))
    assert (same.agree, same.ratio) == (True, 4.0)
    assert (other.agree, other.ratio) == (False, None)
    assert (Comparison((same, other)).agreement, Comparison((same, other)).ratio) == (0.5, 4.0)


def test_times_below_what_a_record_can_tell_are_equal() -> None:
    assert pair(Said("recovered", 0.1), Said("recovered", 0.9)).ratio == 1.0


def test_nothing_compared_is_no_agreement() -> None:
    assert math.isnan(Comparison(()).agreement)
    assert math.isnan(Comparison(()).ratio)
