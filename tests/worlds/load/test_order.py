"""A load besides the usual one: what may be wanted of it, and who comes in waves."""

from __future__ import annotations

from pathlib import Path

import pytest

from telic.errors import UsageError
from telic.worlds.load.order import extra, read_mix
from telic.worlds.load.shapes import read_shape


def test_what_is_wanted_becomes_an_order() -> None:
    order = extra(Path("design"), "http://127.0.0.1:1", "W1", {"rate": 5, "mix": "F1=1", "keys": 3, "seed": 2})
    assert (order.rate, order.mix, order.keys, order.seed, order.shape) == (5.0, "F1=1", 3, 2, "constant")
    assert order.quiet


@pytest.mark.parametrize("wanted", [{}, {"rate": 0.0}, {"rate": 1.0, "colour": "red"}])
def test_what_is_no_load_is_refused(wanted: dict[str, str | float]) -> None:
    with pytest.raises(UsageError, match="no load"):
        extra(Path("design"), "http://127.0.0.1:1", "W1", wanted)


@pytest.mark.parametrize("text", ["F1", "F1=many", "F1=1,,F2=1"])
def test_what_is_no_mix_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no part of a mix"):
        read_mix(text)


def test_a_pulse_sends_in_a_part_of_each_period() -> None:
    shape = read_shape("pulse:3@2+0.5", 10.0)
    assert [shape.factor(at) for at in (0.0, 0.4, 0.5, 1.9, 2.0, 4.49, 4.5)] == [3.0, 3.0, 0.0, 0.0, 3.0, 3.0, 0.0]
    assert shape.peak == 3.0


@pytest.mark.parametrize("text", ["pulse:3@2", "pulse:3@2+3", "pulse:0@2+1", "pulse:3@2+0"])
def test_what_is_no_pulse_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no shape"):
        read_shape(text, 10.0)
