"""Reads what a group can have: events, sequences, time limits, repeats, absences."""

from __future__ import annotations

from telic.opportunities.language import values
from telic.opportunities.language.algebra import Not, Value
from telic.opportunities.language.cursor import Cursor
from telic.opportunities.language.tree import (
    Has,
    Link,
    Near,
    Pattern,
    Repeated,
    Retried,
    Selector,
    Sequence,
    ThenNo,
    Until,
)

_LINKS: tuple[Link, ...] = (">", "..")


def selector(cursor: Cursor) -> Selector:
    """Read events: ``'a'``, ``'a' | 'b'``, ``any event``, ``'a'[price > 10]``."""
    start = cursor.next.extent[0]
    names: list[str] = []
    if cursor.accept("any", "event") or cursor.accept("any", "events"):
        pass
    else:
        names.append(_event(cursor))
        while cursor.accept("|"):
            names.append(_event(cursor))
    where: Value | None = None
    if cursor.accept("["):
        where = values.of_event(cursor)
        cursor.expect("]", hint="close the condition: 'buy'[price > 10]")
    return Selector(tuple(dict.fromkeys(names)), where, extent=cursor.since(start))


def _event(cursor: Cursor) -> str:
    if cursor.next.kind != "text":
        hint = "put the name of an event between ' and ', or write any event"
        if cursor.next.kind == "word":
            hint = f"put names of events between ' and ': '{cursor.next.text}'"
        raise cursor.wrong("an event is expected here", hint=hint)
    return cursor.take().text


def has(cursor: Cursor, noun: str, start: int, *, negated: bool) -> Value:
    """Read what follows ``session has`` or ``session has no``."""
    negated = cursor.accept("no") or negated
    pattern = _pattern(cursor)
    ignoring = selector(cursor) if cursor.accept("ignoring") else None
    found = Has(noun, pattern, ignoring, extent=cursor.since(start))
    return Not(found, extent=found.extent) if negated else found


def _pattern(cursor: Cursor) -> Pattern:
    start = cursor.next.extent[0]
    first = selector(cursor)
    if cursor.accept("until"):
        return Until(first, selector(cursor), extent=cursor.since(start))
    if cursor.sees("then", "no"):
        cursor.accept("then", "no")
        lacks = selector(cursor)
        return ThenNo(first, lacks, _within(cursor), extent=cursor.since(start))
    if cursor.accept("repeated"):
        times = _times(cursor)
        return Repeated(first, times, extent=cursor.since(start))
    if cursor.accept("retried"):
        times = _times(cursor)
        cursor.expect("before", hint="'pay' retried 3 times before 'paid'")
        return Retried(first, times, selector(cursor), extent=cursor.since(start))
    return _steps(cursor, first, start)


def _times(cursor: Cursor) -> int:
    times = cursor.whole(2, "'pay' repeated 3 times")
    cursor.expect("times", hint="'pay' repeated 3 times")
    return times


def _steps(cursor: Cursor, first: Selector, start: int) -> Pattern:
    steps, links = [first], list[Link]()
    while link := next((each for each in _LINKS if cursor.accept(each)), None):
        links.append(link)
        steps.append(selector(cursor))
    within = _within(cursor)
    for word in ("of", "after", "before"):
        if cursor.sees(word):
            if links:
                raise cursor.wrong("a sequence has no anchor", hint="one event within 10m of another")
            if word == "of" and within is None:
                raise cursor.wrong("a time limit is expected before this", hint="'paid' within 10m of 'buy'")
            cursor.accept(word)
            anchor = selector(cursor)
            return Near(first, "before" if word == "before" else "after", anchor, within, extent=cursor.since(start))
    if within is not None and not links:
        raise cursor.wrong("of, after or before is expected here", hint="'paid' within 10m of 'buy'")
    return Sequence(tuple(steps), tuple(links), within, extent=cursor.since(start))


def _within(cursor: Cursor) -> int | None:
    return cursor.time() if cursor.accept("within") else None
