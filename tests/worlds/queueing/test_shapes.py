"""A load whose rate changes: as many requests arrive as its shape says."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("numba", reason="needs the extra model")

from tests.worlds.queueing.systems import station

from telic.worlds.load.shapes import read_shape
from telic.worlds.queueing.run import Run

pytestmark = pytest.mark.timeout(900)  # the first of all compiles, which a busy machine takes minutes for

RATE, SECONDS = 2000.0, 12


@pytest.mark.parametrize("text", ["swing:0.5@6", "steps:0.5@3,2@7", "spike:2.5@4+3", "pulse:4@2+0.5", "ramp:0.2..1.8"])
def test_arrivals_follow_the_shape(text: str) -> None:
    shape = read_shape(text, SECONDS)
    run = Run(station(64, "constant"), SECONDS, seed=3)
    run.load(RATE, shape)
    run.until(SECONDS)
    for second, sent in enumerate(run.result().sent[:SECONDS].tolist()):
        expected = RATE * sum(shape.factor(second + (part + 0.5) / 200) for part in range(200)) / 200
        assert abs(sent - expected) <= 5 * math.sqrt(expected) + 1


def test_another_load_ends_the_one_that_changes() -> None:
    run = Run(station(4, "constant"), 6, seed=3)
    run.load(200.0, read_shape("swing:0.5@4", 6))
    run.until(2.0)
    run.load(0.0)
    run.until(6.0)
    assert run.result().sent[2:].sum() == 0
