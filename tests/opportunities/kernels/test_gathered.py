"""An attribute that went along with names is taken out of them group by group, as long as it is one in each."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from telic.opportunities.kernels.gathered import split_groups

BITS, MISSING = 2, 3
events = st.tuples(st.integers(0, 40), st.integers(0, MISSING))  # name and attribute


@st.composite
def groups(draw: st.DrawFn) -> list[list[tuple[int, int]]]:
    """Return groups of events, most of which have one attribute."""
    one = st.tuples(st.lists(st.integers(0, 40), min_size=1, max_size=6), st.integers(0, MISSING)).map(
        lambda made: [(name, made[1]) for name in made[0]]
    )
    return draw(st.lists(one | one | one | st.lists(events, min_size=1, max_size=6), min_size=1, max_size=8))


@settings(max_examples=150, deadline=None)
@given(groups(), st.integers(0, 3))
def test_names_and_attributes_are_split_up_to_the_first_group_with_two(
    made: list[list[tuple[int, int]]], first: int
) -> None:
    first = min(first, len(made) - 1)
    packed = np.asarray([name << BITS | code for each in made for name, code in each], np.int32)
    names, offsets = packed.copy(), np.cumsum([0, *(len(each) for each in made)]).astype(np.int64)
    out = np.full(len(made), -7, np.int32)
    stopped = int(split_groups(names, offsets, first, len(made), BITS, MISSING, out))
    several = [number for number in range(first, len(made)) if len({code for _, code in made[number]}) > 1]
    assert stopped == (several[0] if several else len(made))
    begin, end = offsets[first], offsets[stopped]
    assert names[begin:end].tolist() == (packed[begin:end] >> BITS).tolist()
    assert names[:begin].tolist() + names[end:].tolist() == packed[:begin].tolist() + packed[end:].tolist()
    codes = [-1 if each[0][1] == MISSING else each[0][1] for each in made[first:stopped]]
    assert out.tolist() == [-7] * first + codes + [-7] * (len(made) - stopped)
