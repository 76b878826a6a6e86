"""The expression language: what it takes, what it refuses, and that nothing in it is ever executed."""

from __future__ import annotations

import ast
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telic.apps import find
from telic.errors import InvalidIntent
from telic.intent import read
from telic.intent.expressions import as_python, is_implication, names, parse, write
from telic.intent.meaning import FUNCTIONS, Kind, Meaning, Nouns, snake

HOTEL = read(find("hotel"))
NOUNS = Nouns({each.name: each for each in HOTEL.entities}, {each.name: each for each in HOTEL.states})
SCOPE = {name: Kind("type", name) for name in NOUNS.entities} | {
    snake(name): Kind("thing", name) for name in NOUNS.entities
}

ATOMS = st.sampled_from(["a", "b.c", "1", "2.5", "'held'", "True", "count(Payment, a)", "live(Booking, hotel)"])
LOOPS = st.sampled_from(["all(x.a == 1 for x in F1)", "sum(x.n for x in F1 if x.m > 2)"])
EXPRESSIONS = st.recursive(
    ATOMS | LOOPS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["==", "<=", "and", "or", "+", "*", "implies", "in"]), inner).map(
            lambda each: f"({each[0]}) {each[1]} ({each[2]})"
        ),
        inner.map(lambda each: f"not ({each})"),
        inner.map(lambda each: f"len({each})"),
    ),
    max_leaves=6,
)


@given(EXPRESSIONS)
def test_a_written_expression_reads_as_the_same_tree(text: str) -> None:
    tree = parse(text)
    assert ast.dump(parse(write(tree))) == ast.dump(tree)


@given(st.text(max_size=60) | st.text(alphabet="ab.()[]'\"=<>!+-*/ ,forinotifelse_01%@:", max_size=60))
def test_no_text_makes_the_parser_fail_otherwise(text: str) -> None:
    with suppress(InvalidIntent):
        tree = parse(text)
        assert ast.dump(parse(write(tree))) == ast.dump(tree)


@given(st.booleans(), st.booleans(), st.booleans())
def test_implies_is_weaker_than_or_and_groups_to_the_right(a: bool, b: bool, c: bool) -> None:
    def value(text: str) -> object:
        return eval(as_python(parse(text)), {"a": a, "b": b, "c": c})

    assert value("a implies b") == ((not a) or b)
    assert value("a or b implies c") == ((not (a or b)) or c)
    assert value("a implies b implies c") == ((not a) or (not b) or c)
    assert value("(a implies b) implies c") == ((not ((not a) or b)) or c)
    assert value("all(a implies b for x in (1, 2))") == ((not a) or b)


def test_a_text_may_contain_the_word_implies() -> None:
    tree = parse("a == 'x implies y'")
    assert not any(is_implication(each) for each in ast.walk(tree))
    assert write(tree) == "a == 'x implies y'"


def test_free_names_are_those_not_bound_by_for() -> None:
    assert names(parse("sum(b.rooms for b in live(Booking, hotel, day)) <= hotel.rooms")) == ("Booking", "hotel", "day")
    assert names(parse("b.rooms > 0 and all(b > 1 for b in F1)")) == ("b", "F1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lambda: 1", "':' has no place in an expression"),
        ("(yield)", "yield has no place in an expression"),
        ("a[0]", "[...] has no place in an expression"),
        ("[1]", "[...] has no place in an expression"),
        ("a / b", "/ has no place in an expression"),
        ("a ** b", "** has no place in an expression"),
        ("f(*a)", "* has no place in an expression"),
        ("f(a=1)", "'f(a=1)' is not a call of a function"),
        ("a.b(c)", "'a.b(c)' is not a call of a function"),
        ("f'{a}'", "'{' has no place in an expression"),
        ("a is b", "is has no place in an expression"),
        ("a if b else c", "if ... else has no place in an expression"),
        ("b'x' == a", "b'x' has no place in an expression"),
        ("a == None", "None has no place in an expression"),
        ("...", "... has no place in an expression"),
        ("1j", "1j has no place in an expression"),
        ("a _implies_ b", "'_implies_' has no place in an expression"),
        ("a # b", "'#' has no place in an expression"),
        ("a\n", "'\\n' has no place in an expression"),
        ("", "'' is not an expression"),
        ("a)(b", "'a)(b' is not an expression"),
        ("all(a for a, b in c)", "for takes one name"),
        ("all(a for a in b for c in d)", "a second for has no place in an expression"),
        ("(" * 250 + "a" + ")" * 250, "the expression has more than 500 characters"),
    ],
)
def test_what_is_not_in_the_language_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidIntent) as caught:
        parse(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "text",
    [
        "count(Payment, booking) <= 1",
        "booking.state in ('paid', 'held')",
        "booking.hotel.rooms >= booking.rooms",
        "all(b.rooms > 0 implies b.state != 'expired' for b in live(Booking, hotel))",
        "has_paid_booking(user, hotel)",
        "not has_held_booking(user) or user.user_id == booking.user.user_id",
        "max(b.rooms for b in live(Booking, hotel)) + 1 < 2 * hotel.rooms",
        "dist(hotel.loc, activity.loc) < 5",
        "activity.kind == 'museum'",
        "len(live(Booking, hotel)) >= 0",
    ],
)
def test_conditions_that_make_sense(text: str) -> None:
    assert Meaning(NOUNS, SCOPE).check(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hotel.rooms", "'hotel.rooms' is not a condition"),
        ("hotels.rooms > 1", "nothing here is called 'hotels'"),
        ("hotel.room > 1", "Hotel has no field 'room'"),
        ("hotel.rooms.size > 1", "'hotel.rooms' has no fields"),
        ("booking.state == 'payed'", "Booking.state is never 'payed'"),
        ("'payed' == booking.state", "Booking.state is never 'payed'"),
        ("booking.state in ('paid', 'lost')", "Booking.state is never 'lost'"),
        ("activity.kind == 'zoo'", "Activity.kind is never 'zoo'"),
        ("count(Hotel, booking) == 1", "Hotel has no reference to 'booking'"),
        ("count(booking, Payment) == 1", "'count(booking, Payment)' does not fit count"),
        ("len(live(Review, hotel)) > 1", "Review has no states, so none of it is live"),
        ("all(b.rooms for b in hotel)", "'hotel' is not a list of things"),
        ("all(hotel)", "'all(hotel)' does not fit all"),
        ("dist(hotel, activity) < 5", "'dist(hotel, activity)' does not fit dist"),
        ("has_lost_booking(user)", "no function 'has_lost_booking'"),
        ("sqrt(hotel.rooms) > 1", "no function 'sqrt'"),
        ("(b for b in live(Booking, hotel))", "'(b for b in live(Booking, hotel))' stands outside a function"),
    ],
)
def test_conditions_that_make_no_sense(text: str, message: str) -> None:
    with pytest.raises(InvalidIntent) as caught:
        Meaning(NOUNS, SCOPE).check(text)
    assert str(caught.value) == message


@given(EXPRESSIONS)
def test_meaning_never_fails_otherwise(text: str) -> None:
    with suppress(InvalidIntent):
        Meaning(NOUNS, SCOPE).check(text)


def test_every_function_has_a_usage_that_the_parser_reads() -> None:
    for name, usage in FUNCTIONS.items():
        assert usage.startswith(f"{name}(")
