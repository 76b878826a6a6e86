"""What monitors count stays in order, whatever the order in which telemetry tells it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.operate.test_monitors import OBJECTIVES

from telic.operate.series import Cell, Series

cells = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9), st.integers(0, 9)), max_size=60)


@given(cells, st.integers(0, 40))
def test_the_newest_cells_come_oldest_first_and_as_they_were_told_last(
    told: list[tuple[int, int, int]], count: int
) -> None:
    series = Series(OBJECTIVES[0], "search")
    for number, total, bad in told:
        series.add(number, total, min(total, bad), 0)
    known = {number: Cell(number, total, min(total, bad)) for number, total, bad in told}
    newest = [known[number] for number in sorted(known)]
    assert series.last(count) == newest[max(0, len(newest) - count) :]
