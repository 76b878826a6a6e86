"""Units, types and expressions are read from text and written back the same; nothing else is taken."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telic.errors import InvalidIntent
from telic.intent import units
from telic.intent.field_types import read_type, write_type
from telic.model.intent import FieldType, Keys

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@given(st.integers(0, 10_000), st.sampled_from(sorted(UNITS)))
def test_a_duration_is_its_number_times_its_unit(number: int, unit: str) -> None:
    assert units.duration(f"{number}{unit}") == pytest.approx(number * UNITS[unit])


@given(st.integers(0, 10**10))
def test_a_written_duration_reads_as_the_same_time(milliseconds: int) -> None:
    assert units.duration(units.write_duration(milliseconds / 1000)) == milliseconds / 1000


@pytest.mark.parametrize(
    "text", ["", "5", "5 s s", "-5s", "1e3s", "5S", "５s", "s", ".5s", "05s", "5s\n", "inf s", "5w", "5min"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InvalidIntent) as caught:
        units.duration(text)
    assert str(caught.value) == f"{text!r} is not a duration"
    assert caught.value.hint == "a number and ms, s, m, h or d, such as 100ms or 28d"


@given(st.integers(1, 999_999))
def test_a_rate_is_per_second(number: int) -> None:
    assert units.rate(f"{number}/s") == number


@given(st.integers(0, 1000))
def test_a_share_is_a_number_or_a_percentage(thousandths: int) -> None:
    assert units.share(f"{thousandths / 1000:.3f}") == units.share(f"{thousandths / 10:.1f}%") == thousandths / 1000


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (units.rate, "5/m", "'5/m' is not a rate above 0"),
        (units.rate, "0/s", "'0/s' is not a rate above 0"),
        (units.rate, "5", "'5' is not a rate above 0"),
        (units.share, "101%", "'101%' is not a share"),
        (units.share, "1.01", "'1.01' is not a share"),
        (units.share, "-1%", "'-1%' is not a share"),
        (units.money, "1.234", "'1.234' is not an amount of money"),
        (units.money, "-1", "'-1' is not an amount of money"),
        (units.count, "0", "'0' is not a whole number above 0"),
        (units.count, "1.5", "'1.5' is not a whole number above 0"),
        (units.number, "nan", "'nan' is not a number"),
        (units.boolean, "on", "'on' is neither true nor false"),
        (units.period, "0ms", "'0ms' is no time at all"),
        (units.keys, "uniform", "'uniform' is not a distribution of keys"),
        (units.keys, "zipf(1.1, 0)", "'zipf(1.1, 0)' is not a distribution of keys"),
    ],
)
def test_what_is_no_unit_is_refused(read: Callable[[str], object], text: str, message: str) -> None:
    with pytest.raises(InvalidIntent) as caught:
        read(text)
    assert str(caught.value) == message
    assert caught.value.hint


def test_spaces_inside_a_distribution_do_not_count() -> None:
    assert units.keys("zipf( 0.9 ,10 )") == Keys(0.9, 10)


WORDS = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
NAMES = st.from_regex(r"[A-Z][A-Za-z0-9]{0,8}", fullmatch=True)


@st.composite
def field_types(draw: st.DrawFn) -> FieldType:
    base = draw(
        st.sampled_from(["str", "bool", "email", "geo", "enum", "ref", "state", "int", "float", "money", "duration"])
    )
    if base == "enum":
        return FieldType(base, options=tuple(draw(st.lists(WORDS, min_size=2, max_size=4, unique=True))))
    if base in ("ref", "state"):
        return FieldType(base, target=draw(NAMES if base == "ref" else WORDS))
    if base == "str":
        return FieldType(base, maximum=draw(st.none() | st.integers(1, 9999).map(float)))
    if base not in ("int", "float", "money", "duration"):
        return FieldType(base)
    numbers = (
        st.integers(0, 10**6).map(float) if base in ("int", "duration") else st.integers(0, 10**6).map(lambda x: x / 4)
    )
    low, high = sorted([draw(numbers), draw(numbers)])
    form = draw(st.sampled_from(["plain", "low", "above", "high", "range"]))
    if form == "range":
        return FieldType(base, minimum=low, maximum=high)
    bounds = {"plain": (None, None), "low": (low, None), "above": (low, None), "high": (None, high)}
    return FieldType(base, minimum=bounds[form][0], maximum=bounds[form][1], exclusive=form == "above")


@given(field_types())
def test_a_written_type_reads_as_the_same_type(kind: FieldType) -> None:
    assert read_type(write_type(kind)) == kind


@given(st.text(max_size=30))
def test_no_text_makes_the_type_reader_fail_otherwise(text: str) -> None:
    with suppress(InvalidIntent):
        kind = read_type(text)
        assert read_type(write_type(kind)) == kind


def test_a_misspelt_type_has_a_near_name() -> None:
    with pytest.raises(InvalidIntent, match="'moeny' is not a type") as caught:
        read_type("moeny")
    assert caught.value.hint == "did you mean money?"


def test_an_example_of_each_form_of_type() -> None:
    assert read_type("int>=0") == FieldType("int", minimum=0.0)
    assert read_type("int>0") == FieldType("int", minimum=0.0, exclusive=True)
    assert read_type("int(-5..5)") == FieldType("int", minimum=-5.0, maximum=5.0)
    assert read_type("str<=2000") == FieldType("str", maximum=2000.0)
    assert read_type("enum(a|b)") == FieldType("enum", options=("a", "b"))
    assert read_type("ref(User)") == FieldType("ref", target="User")
    assert read_type("state(booking)") == FieldType("state", target="booking")
    assert read_type("duration<=15m") == FieldType("duration", maximum=900.0)
