from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from telic.opportunities.kernels import ngrams
from telic.opportunities.model import Column, Prepared

Sequences = list[list[int]]


def prepared(sequences: Sequences, vocabulary: int) -> Prepared:
    codes = np.asarray([token for each in sequences for token in each], np.int32)
    offsets = np.cumsum([0, *(len(each) for each in sequences)]).astype(np.int64)
    names = Column("event", codes, [f"e{token}" for token in range(vocabulary)])
    size = len(sequences)
    return Prepared(names, np.arange(len(codes), dtype=np.int64), offsets, [str(g) for g in range(size)], np.arange(size, dtype=np.int32))  # fmt: skip  # noqa: E501


def counted(sequences: Sequences, k: int, least: int) -> dict[tuple[str, ...], list[int]]:
    found: dict[tuple[str, ...], list[int]] = {}
    for group, each in enumerate(sequences):
        for gram in {tuple(f"e{t}" for t in each[i : i + k]) for i in range(len(each) - k + 1)}:
            found.setdefault(gram, []).append(group)
    return {gram: groups for gram, groups in found.items() if len(groups) >= least}


def members(grams: ngrams.Grams) -> dict[tuple[str, ...], list[int]]:
    inside = grams.members(np.arange(len(grams)))
    return {
        grams.events(row): inside.groups[inside.indptr[row] : inside.indptr[row + 1]].tolist()
        for row in range(len(grams))
    }


some = st.integers(1, 9).flatmap(
    lambda size: st.tuples(
        st.just(size), st.lists(st.lists(st.integers(0, size - 1), min_size=1, max_size=14), min_size=1, max_size=12)
    )
)


@settings(max_examples=60, deadline=None)
@given(some, st.integers(1, 4), st.integers(1, 3))
def test_grams_of_each_length_are_those_that_counting_by_hand_finds(
    given_: tuple[int, Sequences], longest: int, least: int
) -> None:
    vocabulary, sequences = given_
    events = prepared(sequences, vocabulary)
    for grams in ngrams.mine_all(events, longest=longest, least=least):
        expected = counted(sequences, grams.k, least)
        assert members(grams) == expected
        assert grams.support().tolist() == [len(expected[grams.events(row)]) for row in range(len(grams))]
        assert members(ngrams.mine(events, grams.k, least=least)) == expected
