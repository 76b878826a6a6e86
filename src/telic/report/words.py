"""Times, shares and outcomes in words, the same in every face of a report."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from telic.model import ActionRecord
from telic.report.record import Standing
from telic.report.summary import Row

NEVER = "never"

OUTCOMES = {
    "planned": "planned, not applied",
    "refused": "refused by the guard",
    "applied": "applied, its effect unknown",
    "helped": "helped",
    "undone": "did not help, undone",
    "undo_failed": "did not help, undo failed",
    "left": "did not help",
}


def seconds(value: float | None, *, never: str = NEVER) -> str:
    """Return a duration.

    Examples
    --------
    >>> seconds(0.0031), seconds(0.25), seconds(8.04), seconds(61.0), seconds(None)
    ('3 ms', '250 ms', '8.0 s', '61 s', 'never')
    """
    if value is None:
        return never
    if 0 < abs(value) < 1:
        return f"{value * 1000:.0f} ms"
    return f"{value:.1f} s" if abs(value) < 20 else f"{value:.0f} s"


def offset(moment: float, start: float) -> str:
    """Return a moment as time since `start`.

    Examples
    --------
    >>> offset(1072.5, 1000.0), offset(999.0, 1000.0)
    ('1:12.5', '-0:01.0')
    """
    rest = abs(moment - start)
    minutes, left = divmod(round(rest, 1), 60)
    return f"{'-' if moment < start else ''}{int(minutes)}:{left:04.1f}"


def date(moment: float) -> str:
    """Return date and time in UTC.

    Examples
    --------
    >>> date(0)
    '1970-01-01 00:00:00 UTC'
    """
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def said(row: Row) -> str:
    """Return the named cause."""
    if row.incident is None:
        return "nothing was noticed"
    return f"{row.blamed.mechanism} in {row.blamed.entity}" if row.blamed else "unknown, and said so"


def right(row: Row) -> str:
    """Return whether the cause is right."""
    return {True: "right", False: "wrong", None: "not known"}[row.cause_right]


def truth(row: Row) -> str:
    """Return what was really wrong."""
    return f"{row.truth.mechanism} in {row.truth.entity}" if row.truth else "not known"


def action(record: ActionRecord) -> str:
    """Return an action and what became of it."""
    return f"{record.action}: {OUTCOMES[record.outcome]}"


def harm(row: Row) -> str:
    """Return what users felt."""
    if row.harm is None:
        return "none"
    share = row.bad / row.total if row.total else 0.0
    return f"{row.harmed_seconds} s, {row.bad:,} of {row.total:,} requests bad ({share:.1%})"


def standings(each: Iterable[Standing]) -> list[tuple[str, str, str]]:
    """Return ids, status and reason; ids of which the same is said share a line.

    Examples
    --------
    >>> standings([Standing("U1", "UNVERIFIED", "not tested"), Standing("U2", "UNVERIFIED", "not tested")])
    [('U1, U2', 'UNVERIFIED', 'not tested')]
    """
    ids: dict[tuple[str, str], list[str]] = {}
    for one in each:
        ids.setdefault((one.status, one.reason), []).append(one.id)
    return [(", ".join(names), status, reason) for (status, reason), names in ids.items()]
