"""Text to tree: ``name: value among groups (more is worse)``."""

from __future__ import annotations

from telic.opportunities.language import values
from telic.opportunities.language.algebra import Value
from telic.opportunities.language.cursor import Cursor
from telic.opportunities.language.place import Written
from telic.opportunities.language.tree import Kpi, Stated

_DIRECTIONS = (
    (("more", "is", "worse"), 1),
    (("more", "is", "better"), -1),
    (("less", "is", "better"), 1),
    (("less", "is", "worse"), -1),
    (("harm",), 1),
    (("good",), -1),
)


def parse_kpi(text: str | Written) -> Kpi:
    """Read a KPI.

    Raises
    ------
    InvalidQuestion
        With the place.

    Examples
    --------
    >>> parse_kpi("slow: duration of session > 30m (harm)").harm
    1
    """
    cursor = _cursor(text)
    name = _name(cursor)
    value = values.of_group(cursor)
    among = values.of_group(cursor) if cursor.accept("among") else None
    harm = _direction(cursor)
    _finish(cursor, "and, or, a comparison, among, or (more is worse)")
    return Kpi(name, value, among, harm, extent=cursor.since(0))


def parse_hypothesis(text: str | Written) -> Stated:
    """Read a hypothesis: a yes-or-no value of a group, with or without a name before it.

    Examples
    --------
    >>> parse_hypothesis("stuck: session has 'a' > 'b'").name
    'stuck'
    """
    cursor = _cursor(text)
    name = _name(cursor)
    value = values.of_group(cursor)
    _finish(cursor, "and, or, a comparison, or the end")
    return Stated(name, value, extent=cursor.since(0))


def parse_value(text: str | Written) -> Value:
    """Read a value of a group."""
    cursor = _cursor(text)
    value = values.of_group(cursor)
    _finish(cursor, "and, or, a comparison, or the end")
    return value


def _cursor(text: str | Written) -> Cursor:
    cursor = Cursor(Written(text) if isinstance(text, str) else text)
    if cursor.next.kind == "end":
        raise cursor.wrong("a question is expected", hint="such as converted: session has 'payment_done'")
    return cursor


def _name(cursor: Cursor) -> str:
    if cursor.next.kind in ("word", "name", "text") and cursor.ahead().text == ":" and cursor.ahead().kind == "mark":
        name = cursor.take().text
        cursor.expect(":")
        return name
    return ""


def _direction(cursor: Cursor) -> int:
    if not cursor.sees("("):
        return 0
    for words, harm in _DIRECTIONS:
        if cursor.accept("(", *words, ")"):
            return harm
    raise cursor.wrong("a direction is expected here", hint="(more is worse) or (more is better)")


def _finish(cursor: Cursor, known: str) -> None:
    if cursor.next.kind != "end":
        hint = f"what can follow is {known}"
        if cursor.next.kind == "word":
            hint += "; a name of several words stands between backticks or double quotes"
        if cursor.next.kind == "text":
            hint = "ask about events as session has 'paid' or session has no 'paid'"
        raise cursor.wrong("the question should be over here", hint=hint)
