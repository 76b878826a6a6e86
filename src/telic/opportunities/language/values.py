"""Reads values of a group: yes or no, numbers, times, attributes, and what combines them."""

from __future__ import annotations

from typing import Any

from telic.opportunities.language import patterns
from telic.opportunities.language.algebra import (
    And,
    Arithmetic,
    Attribute,
    Compare,
    Duration,
    Missing,
    Node,
    Not,
    Number,
    OneOf,
    Or,
    Text,
    Truth,
    Value,
    parts,
)
from telic.opportunities.language.cursor import MAX_DEPTH, Cursor
from telic.opportunities.language.tokens import NANOSECONDS, unit_of
from telic.opportunities.language.tree import Aggregate, Between, Count, Dwell, Edge, Rate, Span

HAS = ("has", "have", "with", "without")
AGGREGATIONS = ("sum", "mean", "min", "max", "first", "last")
RESERVED = frozenset({"and", "or", "not", "in", "is", "among", "true", "false", "any", "per", "over", *HAS})
"""Words that are attributes only between backticks."""
_EVENT_LEVEL = (And, Or, Not, Compare, OneOf, Missing, Attribute, Number, Duration, Text, Truth, Arithmetic)
_EXAMPLES = "such as session has 'paid', count of 'error', duration of session, or an attribute"


def of_group(cursor: Cursor) -> Value:
    """Read a value of a group."""
    cursor.deeper()
    start = cursor.next.extent[0]
    found = [_both(cursor)]
    while cursor.accept("or"):
        found.append(_both(cursor))
    cursor.higher()
    return found[0] if len(found) == 1 else Or(_merged(Or, found), extent=cursor.since(start))


def of_event(cursor: Cursor) -> Value:
    """Read a condition on one event's attributes, between ``[`` and ``]``."""
    start = cursor.next.extent[0]
    found = [of_group(cursor)]
    while cursor.accept(","):
        found.append(of_group(cursor))
    whole = found[0] if len(found) == 1 else And(_merged(And, found), extent=cursor.since(start))
    _event_level(cursor, whole)
    return whole


def _event_level(cursor: Cursor, node: Node) -> None:
    if not isinstance(node, _EVENT_LEVEL):
        raise cursor.written.mistake(
            "this is about a whole group, not about one event",
            node.extent,
            hint="compare attributes: 'buy'[price > 10]",
        )
    for each in parts(node):
        _event_level(cursor, each)


def _merged(kind: type[And] | type[Or], found: list[Value]) -> tuple[Value, ...]:
    return tuple(part for each in found for part in (each.of if isinstance(each, kind) else (each,)))


def _both(cursor: Cursor) -> Value:
    start = cursor.next.extent[0]
    found = [_denied(cursor)]
    while cursor.accept("and"):
        found.append(_denied(cursor))
    return found[0] if len(found) == 1 else And(_merged(And, found), extent=cursor.since(start))


def _denied(cursor: Cursor) -> Value:
    start = cursor.next.extent[0]
    if not cursor.accept("not"):
        return _comparison(cursor)
    cursor.deeper()
    inside = _denied(cursor)
    cursor.higher()
    return Not(inside, extent=cursor.since(start))


def _comparison(cursor: Cursor) -> Value:
    start = cursor.next.extent[0]
    left = _sum(cursor)
    for op in ("=", "!=", "<", "<=", ">", ">="):
        if cursor.accept(op):
            right = _sum(cursor)
            if isinstance(right, Attribute) and cursor.doubly_quoted(right.extent):
                right = Text(right.name, extent=right.extent)
            return Compare(op, left, right, extent=cursor.since(start))
    negated = cursor.sees("not", "in") and cursor.accept("not")
    if cursor.accept("in"):
        one = OneOf(left, _texts(cursor), extent=cursor.since(start))
        return Not(one, extent=one.extent) if negated else one
    if cursor.sees("is"):
        return _missing(cursor, left, start)
    return left


def _texts(cursor: Cursor) -> tuple[str, ...]:
    cursor.expect("(", hint="country in ('DE', 'AT')")
    found: list[str] = []
    while not found or cursor.accept(","):
        if cursor.next.kind != "text":
            raise cursor.wrong("a text is expected here", hint="country in ('DE', 'AT')")
        found.append(cursor.take().text)
    cursor.expect(")", hint="close the list")
    return tuple(dict.fromkeys(found))


def _missing(cursor: Cursor, left: Value, start: int) -> Value:
    cursor.expect("is")
    negated = cursor.accept("not")
    if not cursor.accept("missing"):
        raise cursor.wrong("'missing' is expected here", hint="country is missing; compare with =: country = 'DE'")
    if not isinstance(left, Attribute):
        raise cursor.written.mistake("only an attribute can be missing", left.extent, hint="country is missing")
    found = Missing(left.name, extent=cursor.since(start))
    return Not(found, extent=found.extent) if negated else found


def _sum(cursor: Cursor) -> Value:
    return _chain(cursor, ("+", "-"), _product)


def _product(cursor: Cursor) -> Value:
    return _chain(cursor, ("*", "/"), _primary)


def _chain(cursor: Cursor, operators: tuple[Any, ...], part: Any) -> Value:
    start = cursor.next.extent[0]
    found: Value = part(cursor)
    length = 1
    while op := next((each for each in operators if cursor.accept(each)), None):
        length += 1
        if length > MAX_DEPTH:
            raise cursor.written.mistake("this has too many parts", cursor.since(start), hint="split the question")
        found = Arithmetic(op, found, part(cursor), extent=cursor.since(start))
    return found


def _primary(cursor: Cursor) -> Value:
    token = cursor.next
    start = token.extent[0]
    if cursor.accept("("):
        inside = of_group(cursor)
        cursor.expect(")", hint="close the bracket")
        return inside
    if token.kind in ("number", "duration") or (token.text == "-" and cursor.ahead().kind in ("number", "duration")):
        return _number(cursor, start)
    if token.kind == "text" and not cursor.doubly_quoted(token.extent):
        return Text(cursor.take().text, extent=token.extent)
    if token.kind in ("word", "name") and cursor.ahead().kind == "word":
        after = cursor.ahead().text
        if after in HAS or (after in ("starts", "ends") and cursor.ahead(2).text == "with"):
            return _of_noun(cursor)
        if token.kind == "word" and (after == "of" or (token.text == "time" and after in ("from", "in"))):
            return _measure(cursor)
    if token.kind == "word" and token.text in ("true", "false"):
        return Truth(cursor.take().text == "true", extent=token.extent)
    if token.kind in ("name", "text") or (token.kind == "word" and token.text not in RESERVED):
        return Attribute(cursor.take().text, extent=token.extent)
    hint = f"an attribute of this name is written `{token.text}`" if token.text in RESERVED else _EXAMPLES
    if token.text in HAS:
        hint = f"say who: session {token.text} 'paid'"
    raise cursor.wrong("a value is expected here", hint=hint)


def _number(cursor: Cursor, start: int) -> Value:
    sign = -1 if cursor.accept("-") else 1
    if cursor.at_time():
        return Duration(sign * cursor.stretch(), extent=cursor.since(start))
    value = sign * float(cursor.take().text)
    if value in (float("inf"), float("-inf")):
        raise cursor.written.mistake("this number is too large", cursor.since(start), hint="write a finite number")
    return Number(value, extent=cursor.since(start))


def _of_noun(cursor: Cursor) -> Value:
    start = cursor.next.extent[0]
    noun = cursor.take().text
    word = cursor.take().text
    if word in ("starts", "ends"):
        cursor.expect("with")
        what = patterns.selector(cursor)
        return Edge(noun, "starts" if word == "starts" else "ends", what, extent=cursor.since(start))
    return patterns.has(cursor, noun, start, negated=word == "without")


def _measure(cursor: Cursor) -> Value:
    start = cursor.next.extent[0]
    word, joint = cursor.take(), cursor.take().text
    if word.text == "count":
        return Count(patterns.selector(cursor), extent=cursor.since(start))
    if word.text == "rate":
        return _rate(cursor, start)
    if word.text == "duration":
        noun = cursor.name("session", "duration of session")
        return Span(noun, extent=cursor.since(start))
    if word.text == "time" and joint == "in":
        return Dwell(patterns.selector(cursor), extent=cursor.since(start))
    if word.text == "time" and joint == "from":
        first = patterns.selector(cursor)
        cursor.expect("to", hint="time from 'buy' to 'paid'")
        return Between(first, patterns.selector(cursor), extent=cursor.since(start))
    if word.text not in AGGREGATIONS:
        hint = f"count, rate, duration, {', '.join(AGGREGATIONS)} of ..., or time in ..., time from ... to ..."
        if ":" in word.text:
            hint = "put a space after the colon of a name"
        raise cursor.written.mistake(f"{word.text!r} of what is not known", word.extent, hint=hint)
    attribute = cursor.name("an attribute", "sum of price")
    over = patterns.selector(cursor) if cursor.accept("over") else None
    return Aggregate(word.text, attribute, over, extent=cursor.since(start))  # type: ignore[arg-type]


def _rate(cursor: Cursor, start: int) -> Value:
    of = patterns.selector(cursor)
    if not cursor.accept("per"):
        return Rate(of, extent=cursor.since(start))
    if cursor.next.kind == "word" and unit_of(cursor.next.text):
        time = NANOSECONDS[unit_of(cursor.take().text)]
        return Rate(of, time=time, extent=cursor.since(start))
    if cursor.at_time():
        return Rate(of, time=cursor.time(), extent=cursor.since(start))
    return Rate(of, patterns.selector(cursor), extent=cursor.since(start))
