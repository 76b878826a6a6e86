"""A finding of somebody else's is asked as it is, also where its template would not ask it here."""

from __future__ import annotations

import numpy as np
import pytest
from tests.opportunities.families import prepared

from telic.errors import NotEnoughData
from telic.opportunities.apply import chosen
from telic.opportunities.share import Params, Signature
from telic.opportunities.template import Asking, hypothesis

EVENTS = prepared(
    [["a", "b", "c", "d"], ["a", "b", "c"], ["a", "b", "x", "c", "d"], ["d", "a", "b", "c", "d"]], step=40
)


def signature(template: str, params: Params) -> Signature:
    return Signature(template, params, "theirs", "k: session has 'd'", "k", 1, True, 2.0, (0.0, 1.0), "visit")


@pytest.mark.parametrize(
    ("template", "params", "groups", "words"),
    [
        ("ngrams", {"events": ("a", "b", "c", "d")}, [0, 3], "sessions with a > b > c > d"),
        ("durations", {"events": (), "longer than": "2m"}, [2, 3], "sessions that last more than 2m"),
        (
            "gapped",
            {"events": ("b", "c"), "ignore": ("x",), "within": "40s"},
            [0, 1, 3],
            "sessions with b .. c within 40s, x left out",
        ),
        ("ngrams", {"events": ("a", "b")}, [], "all of them"),
        ("stated", {"is": "count of any event < 4", "events": ()}, [1], "sessions with less than 4 events"),
    ],
)
def test_a_question_of_elsewhere(template: str, params: Params, groups: list[int], words: str) -> None:
    if not groups:
        with pytest.raises(NotEnoughData, match="or all: theirs"):
            chosen(signature(template, params), EVENTS, Asking())
        return
    found = chosen(signature(template, params), EVENTS, Asking())
    assert found.members(np.array([0])).groups.tolist() == groups
    assert found.hypothesis(0).id == hypothesis(template, params, "").id
    assert found.hypothesis(0).words == words
    assert found.hypothesis(0).sql


def test_names_that_are_not_here() -> None:
    with pytest.raises(NotEnoughData):
        chosen(signature("ngrams", {"events": ("theirs",)}), EVENTS, Asking())
    there = chosen(signature("ngrams", {"events": ("theirs",)}), EVENTS, Asking(), rename={"theirs": "x"})
    assert there.support().tolist() == [1]
