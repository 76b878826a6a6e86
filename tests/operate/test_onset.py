"""When harm began: what ceased long before it is left out, what comes and goes is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from telic.operate.diagnosis.onset import resumed
from telic.operate.looks import CELL
from telic.operate.series import Cell


def cells(bad: Callable[[float], int], seconds: float = 30.0, total: int = 4) -> list[Cell]:
    return [Cell(each, total, bad(each * CELL)) for each in range(int(seconds / CELL))]


@pytest.mark.parametrize("again", [6.0, 10.0, 20.0])
def test_a_stall_before_is_left_out_once_harm_outweighs_it(again: float) -> None:
    assert resumed(cells(lambda time: 2 if time < 1.0 or time >= again else 0), 0.0) == again


def test_until_then_the_first_bad_second_counts() -> None:
    assert resumed(cells(lambda time: 2 if time < 1.0 or time >= 8.0 else 0, 9.0), 0.0) == 0.0


@pytest.mark.parametrize("noise", [0, 1])
@pytest.mark.parametrize("after", [1.0, 4.0, 20.0])
def test_much_harm_is_left_out_too_if_users_were_served_well_for_long_since(after: float, noise: int) -> None:
    def bad(time: float) -> int:
        return 70 if time < 4.0 else 40 if time >= 20.0 else noise * int(time) % 2

    assert resumed(cells(bad, 20.0 + after, total=75), 0.0) == 20.0


def test_few_users_who_were_served_well_do_not_end_harm_that_is_seldom() -> None:
    assert resumed(cells(lambda time: 1 if time in (0.0, 14.0, 15.0, 22.0, 28.0) else 0, 30.0, total=1), 0.0) == 0.0


@pytest.mark.parametrize("every", [4.0, 6.0, 10.0])
def test_what_comes_and_goes_began_when_it_came_first(every: float) -> None:
    assert resumed(cells(lambda time: 3 if time % every < 1.5 else 0), 0.0) == 0.0


def test_what_grows_slowly_began_when_it_was_first_felt() -> None:
    assert resumed(cells(lambda time: min(4, int(time) // 5 + (int(time / CELL) % 4 == 0))), 0.0) == 0.0


def test_seconds_without_users_are_not_calm() -> None:
    seen = [each for each in cells(lambda time: 3) if each.start < 1.0 or each.start >= 8.0]
    assert resumed(seen, 0.0) == 0.0


def test_a_world_that_says_nothing_leaves_the_first_bad_second() -> None:
    assert resumed([], 7.0) == 7.0
