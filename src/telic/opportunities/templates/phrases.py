"""Whom a hypothesis is about, in words."""

from __future__ import annotations

from collections.abc import Sequence

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
    for clause in clauses:
        same = found and clause.split(" ", 1)[0] == found[-1].split(" ", 1)[0]
        found.append(f"and {clause}" if same else clause)
    return found


def shown(label: str, longest: int = 60) -> str:
    """Return a value as a sentence can hold it: no line breaks, cut where it is long, quoted where it is blank."""
    plain = " ".join(label.split())
    if not plain:
        return repr(label)
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"
