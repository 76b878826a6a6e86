"""The language in Python: a function for each phrase; ``&``, ``|``, ``~``, ``<``, ``>`` and ``/`` combine.

Examples
--------
>>> from telic.opportunities.language import write
>>> paid = has(within("payment_done", "10m", of="buy_plan"))
>>> write(question("converted", paid, among=equals("country", "DE"), more_is="better"))
"converted: group has 'payment_done' within 10m of 'buy_plan' among country = 'DE' (more is better)"
>>> write((count("retry") > 2) & ~has(steps("pay", "paid")))
"count of 'retry' > 2 and group has no 'pay' > 'paid'"
"""

from __future__ import annotations

from typing import Literal

from telic.errors import UsageError
from telic.opportunities.language.algebra import Attribute, Compare, Duration, Missing, OneOf, Value, literal
from telic.opportunities.language.cursor import Cursor
from telic.opportunities.language.place import Written
from telic.opportunities.language.tree import (
    Aggregate,
    Aggregation,
    Between,
    Count,
    Dwell,
    Edge,
    Has,
    Kpi,
    Near,
    Pattern,
    Rate,
    Repeated,
    Retried,
    Selector,
    Sequence,
    Span,
    ThenNo,
    Until,
)

NOUN = "group"
"""What questions made in Python call a session, a user or a case: it fits all."""

Events = Selector | str


def event(*names: str, where: Value | None = None) -> Selector:
    """Return events by name (any event where there is none), of which `where` holds."""
    return Selector(tuple(dict.fromkeys(names)), where)


def time(text: str | int) -> int:
    """Return a time [ns] from text such as ``10m``; a whole number is one already."""
    if isinstance(text, int):
        if text <= 0:
            raise UsageError(f"{text} ns is no time above 0", hint="such as '10m'")
        return text
    cursor = Cursor(Written(text))
    found = cursor.time()
    if cursor.next.kind != "end":
        raise cursor.wrong("the time should be over here", hint="such as 10m")
    return found


def steps(*events: Events, within: str | int | None = None) -> Sequence:
    """Return events directly after each other: ``'a' > 'b'``."""
    return _sequence(events, ">", within)


def later(*events: Events, within: str | int | None = None) -> Sequence:
    """Return events in order with others between: ``'a' .. 'b'``."""
    return _sequence(events, "..", within)


def within(what: Events, limit: str | int, *, of: Events, before: bool = False) -> Near:
    """Return an event within a time after (or before) another."""
    return Near(_events(what), "before" if before else "after", _events(of), time(limit))


def until(what: Events, end: Events) -> Until:
    """Return two or more of an event in a row, ended by another."""
    return Until(_events(what), _events(end))


def then_no(what: Events, lacks: Events, *, within: str | int | None = None) -> ThenNo:
    """Return an event that another does not follow."""
    return ThenNo(_events(what), _events(lacks), _limit(within))


def repeated(what: Events, times: int) -> Repeated:
    """Return an event at least so many times in a row."""
    return Repeated(_events(what), _times(times))


def retried(what: Events, times: int, *, before: Events) -> Retried:
    """Return an event at least so many times before a success."""
    return Retried(_events(what), _times(times), _events(before))


def has(pattern: Pattern | Events, *, ignoring: Events | None = None) -> Has:
    """Return whether a group has a pattern."""
    made = steps(pattern) if isinstance(pattern, Selector | str) else pattern
    return Has(NOUN, made, None if ignoring is None else _events(ignoring))


def starts(what: Events) -> Edge:
    """Return whether a group's first event is this."""
    return Edge(NOUN, "starts", _events(what))


def ends(what: Events) -> Edge:
    """Return whether a group's last event is this."""
    return Edge(NOUN, "ends", _events(what))


def count(of: Events) -> Count:
    """Return how many events."""
    return Count(_events(of))


def rate(of: Events, *, per: Events | None = None, per_time: str | int | None = None) -> Rate:
    """Return events per event, per event of another name, or per time."""
    return Rate(_events(of), None if per is None else _events(per), _limit(per_time))


def duration() -> Span:
    """Return the time from a group's first to its last event."""
    return Span(NOUN)


def time_in(state: Events) -> Dwell:
    """Return the time from each such event to the next one, in all."""
    return Dwell(_events(state))


def time_from(start: Events, *, to: Events) -> Between:
    """Return the time from the first event to the first of another after it."""
    return Between(_events(start), _events(to))


def aggregate(how: Aggregation, attribute: str, *, over: Events | None = None) -> Aggregate:
    """Return a numeric attribute over events."""
    return Aggregate(how, attribute, None if over is None else _events(over))


def attribute(name: str) -> Attribute:
    """Return an attribute; compare it with ``<``, ``>``, or `equals`."""
    return Attribute(name)


def equals(value: Value | str, other: Value | float | str) -> Compare:
    """Return whether an attribute (by name) or a value equals another."""
    return Compare("=", Attribute(value) if isinstance(value, str) else value, literal(other))


def one_of(attribute: str, *texts: str) -> OneOf:
    """Return whether an attribute is one of some texts."""
    if not texts:
        raise UsageError("one_of needs at least one text", hint="one_of('country', 'DE', 'AT')")
    return OneOf(Attribute(attribute), tuple(dict.fromkeys(texts)))


def missing(attribute: str) -> Missing:
    """Return whether an attribute is missing."""
    return Missing(attribute)


def lasting(text: str | int) -> Duration:
    """Return a time to compare with: ``duration() > lasting("30m")``."""
    return Duration(time(text))


def question(
    name: str, value: Value, *, among: Value | None = None, more_is: Literal["worse", "better", ""] = ""
) -> Kpi:
    """Return a KPI."""
    return Kpi(name, value, among, {"worse": 1, "better": -1, "": 0}[more_is])


def _events(what: Events) -> Selector:
    return Selector((what,)) if isinstance(what, str) else what


def _limit(limit: str | int | None) -> int | None:
    return None if limit is None else time(limit)


def _times(times: int) -> int:
    if times < 2:
        raise UsageError(f"{times} times is no repetition", hint="2 or more")
    return times


def _sequence(events: tuple[Events, ...], link: Literal[">", ".."], limit: str | int | None) -> Sequence:
    if not events or (len(events) == 1 and limit is not None):
        raise UsageError("a sequence needs events", hint="steps('a', 'b')")
    return Sequence(tuple(map(_events, events)), (link,) * (len(events) - 1), _limit(limit))
