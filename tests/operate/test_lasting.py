"""Mild harm that lasts is told from bursts, from chance and from what is over."""

from __future__ import annotations

import pytest

from telic.operate.lasting import lasting
from telic.operate.series import Cell

TARGET = 0.999


def cells(bad: str) -> list[Cell]:
    """One second a letter, two requests in its first half: `x` one of them bad, `.` none; nobody asks at a blank."""
    return [Cell(2 * at, 2, each == "x") for at, each in enumerate(bad) if each != " "]


def test_harm_lasts_from_its_first_bad_request_on() -> None:
    found = lasting(cells("." * 30 + "x..x..x.x..x.x..x.x..x"), TARGET)
    assert found[0].number == 60
    assert sum(each.bad for each in found) == 9


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "." * 100,
        "." * 30 + "xxxxxxxx" + "." * 12,  # a burst
        "." * 40 + "x....x....x....x....",  # four bad requests may be chance
        "x..x..x..x..x..x",  # for less than the shortest window
        " ".join("x" * 3) + " " * 60 + "x x x",  # nobody asked for a minute
    ],
)
def test_nothing_lasts(bad: str) -> None:
    assert lasting(cells(bad), TARGET) == ()


def test_what_the_objective_allows_is_no_harm() -> None:
    every_tenth = cells("." * 30 + "x...." * 10)
    assert lasting(every_tenth, TARGET)
    assert not lasting(every_tenth, 0.99), "burnt ten times as fast as allowed, not 14.4 times"
