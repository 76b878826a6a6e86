"""Answers of the language: equal to trying every way; undefined where there is no answer; harm by the rule."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.opportunities.language.trees import NAMES, History, histories, link, plain_has, prepared

from telic.opportunities.language import Events, InvalidQuestion, hypothesis, kpi, tree
from telic.opportunities.language.evaluate import Evaluation
from telic.opportunities.language.place import Written
from telic.opportunities.model import Column, Outcome, Prepared

some = st.builds(tree.Selector, st.lists(st.sampled_from(NAMES[:3]), max_size=2, unique=True).map(tuple))
seconds = st.none() | st.integers(0, 6).map(lambda each: each * 10**9)


@st.composite
def patterns(draw: st.DrawFn) -> tree.Pattern:
    a, b, within = draw(some), draw(some), draw(seconds)
    steps = draw(st.lists(some, min_size=1, max_size=4).map(tuple))
    links = tuple(draw(link) for _ in steps[1:])
    kinds: list[tree.Pattern] = [
        tree.Sequence(steps, links, within),
        tree.Near(a, "after", b, within),
        tree.Near(a, "before", b, within),
        tree.Until(a, b),
        tree.ThenNo(a, b, within),
        tree.Repeated(a, draw(st.integers(2, 4))),
        tree.Retried(a, draw(st.integers(2, 3)), b),
    ]
    return draw(st.sampled_from(kinds))


@settings(max_examples=60, deadline=None)
@given(histories(), patterns())
def test_patterns_are_found_where_trying_every_way_finds_them(groups: History, pattern: tree.Pattern) -> None:
    found = Evaluation(Events(prepared(groups)), Written("")).value(tree.Has("session", pattern))
    np.testing.assert_array_equal(found, [plain_has(group, pattern) for group in groups])


@settings(max_examples=15, deadline=None)
@given(histories(), patterns(), some)
def test_what_is_ignored_might_as_well_not_be_there(
    groups: History, pattern: tree.Pattern, ignoring: tree.Selector
) -> None:
    found = Evaluation(Events(prepared(groups)), Written("")).value(tree.Has("session", pattern, ignoring))
    left = [[each for each in group if ignoring.names and each[0] not in ignoring.names] for group in groups]
    np.testing.assert_array_equal(found, [plain_has(group, pattern) for group in left])


SHOP = prepared(
    [
        [("buy", 0), ("error", 30), ("paid", 400)],
        [("buy", 0), ("paid", 700)],
        [("look", 0), ("look", 10), ("look", 15)],
        [("error", 0), ("buy", 5), ("retry", 6), ("retry", 9), ("paid", 20)],
        [("look", 50)],
    ],
    of_groups={
        "country": Column("country", np.array([0, 0, 1, -1, 1], dtype=np.int32), ("DE", "AT")),
        "Revenue": Column("Revenue", np.array([0, 1, 1, 0, 1], dtype=np.int32), ("TRUE", "FALSE")),
        "pages": Column("pages", np.array([0, 1, 2, 0, -1], dtype=np.int32), ("1", "2.5", "10")),
    },
    of_events={"button": Column("button", np.array([0, 1, -1] * 4 + [0, 1], dtype=np.int32), ("left", "right"))},
    numbers={
        "unit price": np.ones(14),
        "price": np.array(
            [1.0, np.nan, 3.0, 5.0, np.nan, np.nan, np.nan, np.nan, 2.0, 4.0, np.nan, np.nan, 9.0, np.nan]
        ),
        "age": np.array([30.0] * 3 + [40.0] * 2 + [np.nan] * 3 + [20.0] * 5 + [50.0]),
    },
)


def ask(text: str) -> Outcome:
    return kpi(text, SHOP)


NAN = math.nan


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("session has 'paid' within 10m of 'buy'", [1, 0, NAN, 1, NAN]),
        ("session has 'error' within 1m before 'paid'", [0, 0, NAN, 1, NAN]),
        ("session has no 'error'", [0, 1, 1, 0, 1]),
        ("session has 'error' among session has 'buy'", [1, 0, NAN, 1, NAN]),
        ("session starts with 'error' | 'look'", [0, 0, 1, 1, 1]),
        ("session ends with 'paid'", [1, 1, 0, 1, 0]),
        ("count of any event", [3, 2, 3, 5, 1]),
        ("rate of 'retry'", [0, 0, 0, 0.4, 0]),
        ("rate of 'look' per minute", [0, 0, 12, 0, NAN]),
        ("rate of 'retry' per 'buy'", [0, 0, NAN, 2, NAN]),
        ("count of 'retry' / count of 'error'", [0, NAN, NAN, 2, NAN]),
        ("duration of session", [400, 700, 15, 20, 0]),
        ("duration of session > 5 minutes", [1, 1, 0, 0, 0]),
        ("time from 'buy' to 'paid'", [400, 700, NAN, 15, NAN]),
        ("time in 'look'", [0, 0, 15, 0, 0]),
        ("sum of price", [4, 5, 0, 15, 0]),
        ("mean of price over 'buy'", [1, 5, NAN, 4, NAN]),
        ("max of price > 3", [0, 1, NAN, 1, NAN]),
        ("first of price", [1, 5, NAN, 2, NAN]),
        ("last of price", [3, 5, NAN, 9, NAN]),
        ("age", [30, 40, NAN, 20, 50]),
        ("age is missing", [0, 0, 1, 0, 0]),
        ('"age"', [30, 40, NAN, 20, 50]),
        ('first of "age" > 30', [0, 1, NAN, 0, 1]),
        ('"country" = "DE"', [1, 1, 0, NAN, 0]),
        ("Revenue", [1, 0, 0, 1, 0]),
        ("not Revenue", [0, 1, 1, 0, 1]),
        ("Revenue = true", [1, 0, 0, 1, 0]),
        ("pages", [1, 2.5, 10, 1, NAN]),
        ("pages * 2 - 1 >= 4", [0, 1, 1, 0, NAN]),
        ("country = 'DE'", [1, 1, 0, NAN, 0]),
        ("country == 'DE'", [1, 1, 0, NAN, 0]),
        ("country <> 'DE'", [0, 0, 1, NAN, 1]),
        ("country = 'DE' or session has 'error'", [1, 1, 0, 1, 0]),
        ("country = 'DE' and session has 'paid' > 'error' or country = 'AT'", [0, 0, 1, NAN, 1]),
        ("country in ('DE') and country is not missing", [1, 1, 0, 0, 0]),
        ("session has 'buy'[price > 3 or button = 'right']", [0, 1, 0, 1, 0]),
        ("count of any event[button is missing]", [1, 0, 1, 2, 0]),
        ("count of 'buy'[country = 'DE']", [1, 1, 0, 0, 0]),
    ],
)
def test_answers(text: str, values: list[float]) -> None:
    found = ask(text)
    np.testing.assert_allclose(found.values, values)
    assert sum(each.count for each in found.exclusions) == sum(math.isnan(each) for each in values)


def test_groups_without_an_answer_are_counted_by_reason_and_named() -> None:
    found = ask("converted: session has 'paid' within 10m of 'buy' among country is not missing")
    assert [(each.what, each.count, each.why, each.examples) for each in found.exclusions] == [
        ("groups", 1, "converted is undefined: not among: not country is missing", ("s3",)),
        ("groups", 2, "converted is undefined: without 'buy'", ("s2", "s4")),
    ]


def test_an_outcome_names_what_it_is_made_of() -> None:
    found = ask("converted: session has 'paid' within 10m of 'buy' and Revenue and sum of price > 0")
    assert found.touches == {"paid"}
    assert found.attributes == {"Revenue", "price"}
    assert ask("time from 'buy' to 'paid'").touches == {"paid"}
    assert ask("duration of session").touches == set()
    assert ask("count of 'error' | 'retry'").touches == {"error", "retry"}


@pytest.mark.parametrize(
    ("text", "harm", "why"),
    [
        ("converted: session has 'paid'", -1, "nothing in it does harm"),
        ("lost: session has no 'paid'", 1, "the name says 'lost'"),
        ("session has no 'paid'", 1, "nothing in it does harm"),
        ("session has 'error'", 1, "'error' does harm"),
        ("session has no 'error'", -1, "'error' does harm"),
        ("no_error: session has no 'error'", -1, "'error' does harm"),
        ("not (count of 'error' < 1)", 1, "'error' does harm"),
        ("loginFailures: count of 'look'", 1, "the name says 'failures'"),
        ("duration of session", 1, "times are worse when longer"),
        ("duration of session < 1m", -1, "times are worse when longer"),
        ("time from 'buy' to 'paid'", 1, "times are worse when longer"),
        ("session has 'buy' then no 'paid' or session has 'retry'", 1, "what should follow 'buy' does not"),
        ("sum of price", -1, "nothing in it does harm"),
        ("sum of price (harm)", 1, "as the question says"),
        ("session has 'error' (good)", -1, "as the question says"),
        ("session has 'error' within 10m of 'buy'", 1, "'error' does harm"),
        ("session has 'paid' within 1m of 'error'", -1, "nothing in it does harm"),
    ],
)
def test_the_direction_of_harm_follows_the_rule_and_says_which(text: str, harm: int, why: str) -> None:
    found = ask(text)
    assert (found.harm, found.why) == (harm, why)
    assert found.text.endswith(f"(more is {'worse' if harm > 0 else 'better'})")
    assert kpi(found.text, SHOP).harm == harm


@pytest.mark.parametrize(
    ("text", "caret", "says", "hint"),
    [
        ("session has 'byu'", "'byu'", "no event is called 'byu'", "did you mean 'buy'?"),
        ("session has 'buy'[pirce > 3]", "pirce", "no attribute is called 'pirce'", "did you mean price?"),
        ("user has 'buy'", "user has 'buy'", "groups are called 'session' here", "--by user"),
        (
            "converted:session has 'buy'",
            "converted:session has 'buy'",
            "are called 'session'",
            "a space after the colon",
        ),
        ("untiprice", "untiprice", "no attribute is called", "did you mean `unit price`"),
        ("button = 'left'", "button", "differs between the events", "any event[button = '...']"),
        ("'paid'", "'paid'", "this is text", "ask session has 'paid'"),
        ("paid", "paid", "is an event, not an attribute", "session has 'paid'"),
        ("country", "country", "this is text", "country = 'DE'"),
        ("country = 'FR'", "'FR'", "'country' is never 'FR'", "known: 'DE', 'AT'"),
        ("country > 'DE'", "country > 'DE'", "have an order", "= or !="),
        ("duration of session > 30", "duration of session > 30", "time cannot be compared with number", "30s"),
        ("count of 'buy' and Revenue", "count of 'buy'", "yes/no is expected here, and this is number", "compare"),
        ("count of 'buy' + duration of session", "count of 'buy' + duration of session", "cannot be added", "30s"),
        ("price", "price", "several values in 2 of 5 groups", "mean of price"),
        ("sum of pages", "sum of pages", "is the same for all events", "write pages alone"),
        ("sum of country", "sum of country", "is no number", "numeric"),
        ("session has 'look' or session has 'buy'", None, "this is 1 for every session", "differs"),
        ("count of 'buy' / 0", "count of 'buy' / 0", "no answer for any session", "there are"),
    ],
)
def test_questions_that_these_events_cannot_answer(text: str, caret: str | None, says: str, hint: str) -> None:
    with pytest.raises(InvalidQuestion) as caught:
        ask(text)
    message, _, carets = str(caught.value).split("\n")
    assert says in message
    assert hint in caught.value.hint
    start = len(carets) - len(carets.lstrip()) - 2
    assert text[start : start + carets.count("^")] == (text if caret is None else caret)


def test_a_question_from_elsewhere_finds_nothing_where_nothing_is_called_so() -> None:
    text = "session has 'login' > 'paid' or country = 'FR' or session has 'retry'"
    with pytest.raises(InvalidQuestion):
        hypothesis(text, SHOP)
    assert hypothesis(text, SHOP, strict=False).tolist() == [False, False, False, True, False]


def test_a_hypothesis_is_about_yes_or_no() -> None:
    with pytest.raises(InvalidQuestion, match="yes/no is expected here, and this is time"):
        hypothesis("duration of session", SHOP)


def test_no_group_no_answer() -> None:
    nobody = Prepared(Column("event", SHOP.names.codes[:0], ["buy"]), SHOP.at[:0], SHOP.offsets[:1], [], SHOP.users[:0])
    with pytest.raises(InvalidQuestion, match="no answer for any session"):
        kpi("session has 'buy'", nobody)
