"""When two worlds say the same, and how far apart their times are."""

from __future__ import annotations

import math

from telic.errors import UsageError
from telic.lab.trials.comparison import Comparison, Pair, Said, _pair
from telic.model.trial import WorldName


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


def test_runs_that_failed_agree_on_nothing_and_stay_in_the_whole() -> None:
    def fail(world: WorldName) -> Said:
        raise UsageError("no such thing on any world")

    both = _pair("T1", 1, fail)
    one = pair(Said("recovered", 2.0), Said("StoreFailed: no answer", failed=True))
    same = pair(Said("recovered", 2.0), Said("recovered", 2.0))
    found = Comparison((both, one, same))
    assert (both.agree, both.word, one.word) == (False, "failed", "failed")
    assert (found.count("failed"), found.agreement) == (2, 1 / 3)


def test_two_trials_that_say_nothing_agree_on_nothing_and_are_left_out() -> None:
    silent = pair(Said("not well before", 1.0), Said("not well before", 9.0))
    one = pair(Said("not well before", 1.0), Said("recovered", 2.0))
    same = pair(Said("recovered", 2.0), Said("recovered", 4.0))
    found = Comparison((silent, one, same))
    assert (silent.agree, silent.word, one.word) == (False, "says nothing", "not the same")
    assert (found.count("says nothing"), found.agreement, found.ratio) == (1, 0.5, 2.0)
    assert math.isnan(Comparison((silent,)).agreement)


def test_nothing_compared_is_no_agreement() -> None:
    assert math.isnan(Comparison(()).agreement)
    assert math.isnan(Comparison(()).ratio)
