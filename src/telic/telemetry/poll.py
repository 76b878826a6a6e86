"""The operator's poll, read from its text: planning it twice a virtual second costs more than a virtual world does.

A store that lives in this process answers it from counts of its own; any other SQL is for the database.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from telic.model import Row
from telic.model.intent import BadErrors
from telic.model.topology import Scalar

MOST = NEVER = 2**63 - 1
_COUNT = r"count\(\*\) FILTER \(WHERE ((?:[^()]|\([^()]*\))+)\) AS (\w+)"
_POLL = re.compile(
    r"SELECT \(start_ns \+ duration_ns\) // (\d+) AS cell, name, count\(\*\) AS total((?:, " + _COUNT + r")*)"
    r" FROM spans WHERE start_ns >= \? AND service = \? AND kind = 'server' AND start_ns \+ duration_ns >= \?"
    r" GROUP BY cell, name"
    r" UNION ALL SELECT max\(time_ns\), ''((?:, 0)+) FROM metrics WHERE time_ns >= \?"
).fullmatch
_SLOWER = re.compile(r"duration_ns > (\d+)").fullmatch
_STATUS_IN = (
    (re.compile(r"http_status = (\d+)").fullmatch, lambda low: (low, low)),
    (re.compile(r"http_status >= (\d+)").fullmatch, lambda low: (low, MOST)),
    (re.compile(r"http_status BETWEEN (\d+) AND (\d+)").fullmatch, lambda low, high: (low, high)),
)
_ERROR = "status = 'error'"
_DECLARED = "http_status = 422 AND name || ' ' || (attributes ->> '$.\"telic.business_error\"') IN"
_DECLARED_IN = re.compile(re.escape(_DECLARED) + r" \(('[^']*'(?:, '[^']*')*)\)").fullmatch


@dataclass(frozen=True)
class Column:
    """Which requests one column counts: those of which anything here holds."""

    name: str
    error: bool = False  # the span's status is error
    statuses: tuple[tuple[int, int], ...] = ()  # its HTTP status is within one of these, bounds included
    slower: int = NEVER  # it took longer than that [ns]
    declared: frozenset[str] = frozenset()  # its operation and business error, with a space between, are of these

    def fits(self, status: object, http: object, said: str = "") -> bool:
        """Whether a span is counted however long it took; `said` is its operation and business error."""
        if (self.error and status == "error") or (http == 422 and said in self.declared):
            return True
        return isinstance(http, int) and any(low <= http <= high for low, high in self.statuses)


@dataclass(frozen=True)
class Asked:
    """What one poll is about."""

    started: int  # requests that began since [ns since the epoch]
    service: str
    ended: int  # and that ended since [ns since the epoch]
    measured: int  # data points since [ns since the epoch]


@dataclass(frozen=True)
class Poll:
    """What the SQL asks for."""

    cell_ns: int  # length of a cell [ns]
    columns: tuple[Column, ...]  # besides cell, name and total

    def asked(self, params: Sequence[Scalar | None]) -> Asked | None:
        """Return what `params` ask for; None where it is not whole cells of requests that may be known."""
        if len(params) != 4:
            return None
        started, service, ended, measured = params
        if not (isinstance(started, int) and isinstance(ended, int) and isinstance(measured, int)):
            return None
        if ended % self.cell_ns or ended <= started:
            return None
        return Asked(started, str(service), ended, measured)

    def row(self, cell: int, name: str, total: int, counts: Sequence[int]) -> Row:
        """Return the row of one cell and operation."""
        named = {each.name: count for each, count in zip(self.columns, counts, strict=True)}
        return {"cell": cell, "name": name, "total": total, **named}

    def last(self, newest: int | None) -> Row:
        """Return the row that tells when the newest data point was measured [ns since the epoch]."""
        return {"cell": newest, "name": "", "total": 0, **{each.name: 0 for each in self.columns}}


def declared(errors: BadErrors) -> str:
    """Return in SQL over spans that one is of such an operation and error, of which there is at least one.

    Examples
    --------
    >>> declared({"tune": frozenset({"version_conflict"})}).endswith(" IN ('tune version_conflict')")
    True
    """
    pairs = sorted(f"'{name} {error}'" for name, found in errors.items() for error in found)
    return f"{_DECLARED} ({', '.join(pairs)})"


def read_poll(sql: str) -> Poll | None:
    """Return what a poll asks for, or None where `sql` is none."""
    found = _POLL(" ".join(sql.split()))
    if found is None:
        return None
    columns = [_column(name, condition) for condition, name in re.findall(_COUNT, found[2])]
    known = tuple(each for each in columns if each is not None)
    if len(known) != len(columns) or found[5].count("0") != len(columns) + 1:
        return None
    return Poll(int(found[1]), known)


def _column(name: str, condition: str) -> Column | None:
    error, statuses, slower, pairs = False, [], NEVER, frozenset[str]()
    for term in condition.split(" OR "):
        if limit := _SLOWER(term):
            slower = min(slower, int(limit[1]))
        elif term == _ERROR:
            error = True
        elif within := next(
            (bounds(*map(int, m.groups())) for match, bounds in _STATUS_IN if (m := match(term))), None
        ):
            statuses.append(within)
        elif listed := _DECLARED_IN(term):
            pairs = frozenset(re.findall("'([^']*)'", listed[1]))
        else:
            return None
    return Column(name, error, tuple(statuses), slower, pairs)
