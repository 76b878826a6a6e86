"""Whom a hypothesis is about, in words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from telic.opportunities.model import Prepared


def plural(noun: str) -> str:
    """Return the plural of what a group is called.

    Examples
    --------
    >>> [plural(each) for each in ("session", "case", "query", "process")]
    ['sessions', 'cases', 'queries', 'processes']
    """
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


def whom(prepared: Prepared, clauses: Sequence[str]) -> str:
    """Return the subject of a sentence: what a group is called, and what is said of it.

    Clauses that begin with a preposition stand before those that are sentences of their own.

    Examples
    --------
    >>> import numpy as np
    >>> from telic.opportunities.model import Column
    >>> empty = Prepared(Column("event", np.zeros(0, np.int32), ()), np.zeros(0, np.int64), np.zeros(1, np.int64), (),
    ...                  np.zeros(0, np.int32))
    >>> whom(empty, ["that are the first of their user", "with os = os_7"])
    'sessions with os = os_7 that are the first of their user'
    """
    ordered = sorted(clauses, key=lambda clause: clause.startswith(("that ", "whose ")))
    return " ".join([plural(prepared.grouping), *_joined(ordered)])


def _joined(clauses: Sequence[str]) -> list[str]:
    found: list[str] = []
    first = ""
    for clause in clauses:
        word, _, rest = clause.partition(" ")
        same = found and word == first
        found.append(f"and {rest if word == 'with' else clause}" if same else clause)
        first = word
    return found


def shown(label: str, longest: int = 60) -> str:
    """Return a value as a sentence can hold it: no line breaks, cut where it is long, quoted where it is blank."""
    plain = " ".join(label.split())
    if not plain:
        return repr(label)
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"


def plain_number(value: float, *, sign: bool = False) -> str:
    """Return a number without what says nothing.

    Examples
    --------
    >>> plain_number(7.0), plain_number(0.5), plain_number(2, sign=True), plain_number(1234567.0)
    ('7', '0.5', '+2', '1234567')
    """
    text = f"{value:.6f}".rstrip("0").rstrip(".") if abs(value) >= 1e-4 or value == 0 else f"{value:g}"
    return f"+{text}" if sign and value > 0 else text


def between(edges: Sequence[float]) -> list[str]:
    """Return the labels of the ranges of a quantity between edges.

    Examples
    --------
    >>> between((1, 7))
    ['less than 1', '1 to 7', '7 or more']
    """
    texts = [plain_number(each) for each in edges]
    inner = [f"{low} to {high}" for low, high in pairwise(texts)]
    return [f"less than {texts[0]}", *inner, f"{texts[-1]} or more"]


def counted(edges: Sequence[int]) -> list[str]:
    """Return the labels of the ranges of a count from 0.

    Examples
    --------
    >>> counted((1, 3, 10))
    ['0', '1 to 2', '3 to 9', '10 or more']
    """
    ranges = [(low, high - 1) for low, high in pairwise([0, *edges])]
    return [*(f"{low}" if low == high else f"{low} to {high}" for low, high in ranges), f"{edges[-1]} or more"]
