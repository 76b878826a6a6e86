"""What is written is read the same; what is not in the language is refused at its place, and nothing else happens."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.opportunities.language import trees

from telic.opportunities import share
from telic.opportunities.language import (
    InvalidQuestion,
    Stated,
    Written,
    build,
    parse_hypothesis,
    parse_kpi,
    parse_value,
    renamed,
    write,
)
from telic.opportunities.language.algebra import Value
from telic.opportunities.language.tree import Kpi


@settings(max_examples=20, deadline=None)
@given(trees.kpis)
def test_a_kpi_is_read_as_it_was_written(kpi: Kpi) -> None:
    assert parse_kpi(write(kpi)) == kpi


@settings(max_examples=15, deadline=None)
@given(trees.values(), st.sampled_from(["", "stuck", "in between"]))
def test_a_hypothesis_is_read_as_it_was_written(value: Value, name: str) -> None:
    stated = Stated(name, value)
    assert parse_hypothesis(write(stated)) == stated


@settings(max_examples=20, deadline=None)
@given(trees.kpis, st.data())
def test_a_damaged_question_is_read_or_refused_at_a_place_within_it(kpi: Kpi, data: st.DataObject) -> None:
    text = write(kpi)
    start, end = sorted((data.draw(st.integers(0, len(text))), data.draw(st.integers(0, len(text)))))
    _read_or_refused(text[:start] + data.draw(st.text(max_size=3)) + text[end:])


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_at_a_place_within_it(text: str) -> None:
    _read_or_refused(text)


def _read_or_refused(text: str) -> None:
    try:
        found = parse_kpi(Written(text, "kpis.yaml", 7, 3))
    except InvalidQuestion as error:
        said, line, column = str(error), int(str(error.context["line"])), int(str(error.context["column"]))
        assert 0 <= line - 7 <= text.count("\n")
        inside = text.split("\n")[line - 7]
        assert 0 <= column - (3 if line == 7 else 1) <= len(inside)
        assert said.startswith(f"kpis.yaml:{line}:{column}: ")
        assert "^" in said.rpartition("\n")[2]
    else:
        assert parse_kpi(write(found)) == found


@pytest.mark.parametrize(
    ("text", "caret", "says", "hint"),
    [
        ("converted: session has 'pay' within 10 of 'x'", "10", "a time is expected", "10m"),
        ("session has buy", "buy", "an event is expected", "'buy'"),
        ("count off 'a'", "off", "should be over", "among"),
        ("session has 'a", "'a", "no other half", "close it"),
        ("x = 3 (worse)", "(", "a direction is expected", "(more is worse)"),
        ("sum of price over", "", "an event is expected", "any event"),
        ("session has 'a'[session has 'x']", "session has 'x'", "about a whole group", "'buy'[price > 10]"),
        ("session has 'a' > 'b' within 10m of 'c'", "of", "no anchor", "within 10m of another"),
        ("session has 'a' repeated 1 times", "1", "at least 2", "repeated 3 times"),
        ("duration of session > 5 parsecs", "parsecs", "should be over", "comparison"),
        ("duration of session > 5parsecs", "5parsecs", "no unit of time", "10m"),
        ("median of price", "median", "not known", "mean"),
        ("slow:duration of session", "slow:duration", "not known", "a space after the colon"),
        ("unit price > 3", "price", "should be over", "between backticks"),
        ("has 'a'", "has", "a value is expected", "say who: session has"),
        ("session has 'a' and no 'b'", "'b'", "should be over", "session has no 'paid'"),
        ("a & b", "&", "no meaning", "and, or, not"),
        ("rate > 3 and not", "", "a value is expected", "such as"),
        ("(" * 60 + "a" + ")" * 60, "(", "too deeply", "split"),
        ("a" + " + a" * 60, "a" + " + a" * 39 + " +", "too many parts", "split"),
        ("country is gone", "gone", "'missing' is expected", "country = 'DE'"),
        ("session has 'a' within 300y of 'b'", "300y", "no unit of time", "10m"),
        ("session has 'a' within 99999w of 'b'", "99999w", "longer than a century", "shorter"),
    ],
)
def test_errors_point_at_the_place(text: str, caret: str, says: str, hint: str) -> None:
    with pytest.raises(InvalidQuestion) as caught:
        parse_kpi(text)
    message, shown, carets = str(caught.value).split("\n")
    assert says in message
    assert hint in caught.value.hint
    start = len(carets) - len(carets.lstrip()) - 2
    assert shown == f"  {text}"
    assert text[start : start + carets.count("^")] == caret


def test_python_says_what_text_says() -> None:
    paid = build.has(build.within("paid", "10m", of=build.event("buy", where=build.attribute("price") > 10)))
    made = build.question("kpi", paid & ~build.has(build.steps("a", "b")), among=build.one_of("os", "x", "y"))
    text = "kpi: group has 'paid' within 10m of 'buy'[price > 10] and group has no 'a' > 'b' among os in ('x', 'y')"
    assert parse_kpi(text) == made
    assert parse_value("count of 'a' / duration of group") == build.count("a") / build.duration()
    both = build.has("a") & build.has("b") & build.has("c")
    assert write(both) == "group has 'a' and group has 'b' and group has 'c'"
    assert parse_value(write(both)) == both


def test_units_and_spellings_mean_the_same() -> None:
    for text in ("duration of session > 10m", "duration of session>600s", "duration of session > 10 minutes"):
        assert write(parse_kpi(text)) == "duration of session > 10m"
    assert write(parse_kpi("sessions without 'a' (harm)")) == "sessions without 'a' (more is worse)"


@settings(max_examples=20, deadline=None)
@given(trees.kpis)
def test_a_name_changed_and_changed_back_is_the_same_question(kpi: Kpi) -> None:
    changed = renamed(kpi, lambda each: f"<{each}>")
    assert parse_kpi(write(changed)) == changed
    assert renamed(changed, lambda each: each[1:-1]) == kpi


def test_only_names_are_changed_when_a_finding_is_shared() -> None:
    params: share.Params = {
        "is": "session has 'a' > 'h'[a = 'ah'] and a is missing",
        "events": ("a", "h"),
        "attributes": ("a",),
    }
    assert share.renamed(params, {"a": "X", "h": "Y"}) == {
        "is": "session has 'X' > 'Y'[X = 'XY'] and X is missing",
        "events": ("X", "Y"),
        "attributes": ("X",),
    }
