"""Harmed requests span by span: which they are, and what of each span says that it failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from telic.model import Row
from telic.model.intent import BadErrors
from telic.operate.looks import NONE

BUSINESS = 422  # the status of business errors


@dataclass(frozen=True)
class Span:
    """What blame needs of a span."""

    id: str
    parent: str
    service: str
    name: str
    kind: str
    peer: str
    statement: str
    start: float  # [s since the Unix epoch]
    seconds: float
    failed: bool
    status: int
    error: str
    version: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What its normal duration is filed under."""
        return self.service, self.kind, self.peer, self.statement or self.name


def traced(failed: str) -> str:
    """Return the SQL that gives harmed requests span by span.

    Parameters
    ----------
    failed
        What is bad whatever time it took, in SQL over spans.
    """
    return f"""
WITH harmed AS (
    SELECT trace_id FROM spans
    WHERE service = ? AND kind = 'server' AND start_ns >= ? AND start_ns < ?
      AND (? = '' OR list_contains(string_split(?, ','), name))
      AND ({failed} OR duration_ns > ?)
    ORDER BY hash(trace_id) LIMIT ?)
SELECT trace_id, span_id, parent_span_id, service, version, name, kind, peer, statement, status, http_status,
       error_type, start_ns, duration_ns, attributes ->> '$."telic.business_error"' AS business_error
FROM spans WHERE start_ns >= ? AND start_ns < ? AND kind IN ('server', 'client')
  AND trace_id IN (SELECT trace_id FROM harmed)"""


def spans_of(rows: Iterable[Row], entry: str = "", bad_errors: BadErrors = NONE) -> dict[str, list[Span]]:
    """Return spans by trace, oldest first.

    A trace that ends at the entry in a business error which users call bad failed, and so did every span in it that
    answered with this error, and every call that was answered so.

    Parameters
    ----------
    rows
        With the columns of `traced`.
    entry
        The service at which users enter.
    bad_errors
        Business errors that are bad service, by operation of the entry.
    """
    traces: dict[str, list[Row]] = {}
    for row in rows:
        traces.setdefault(str(row["trace_id"]), []).append(row)
    return {trace: _spans(found, _bad_error(found, entry, bad_errors)) for trace, found in traces.items()}


def _bad_error(rows: Sequence[Row], entry: str, bad_errors: BadErrors) -> str:
    """Return the bad business error in which a trace ended at the entry; empty where it ended otherwise."""
    for row in rows:
        error = str(row.get("business_error") or "")
        served = row["service"] == entry and row["kind"] == "server"
        if served and row["http_status"] == BUSINESS and error in bad_errors.get(str(row["name"]), ()):
            return error
    return ""


def _spans(rows: Sequence[Row], bad_error: str) -> list[Span]:
    said = [each for each in rows if bad_error and each.get("business_error") == bad_error]
    told = {str(each["parent_span_id"]) for each in said}  # calls that were answered so
    errors = {str(each["span_id"]): bad_error for each in said}
    errors |= {each: str(BUSINESS) for each in told if each not in errors}
    return sorted((_span(each, errors.get(str(each["span_id"]), "")) for each in rows), key=lambda each: each.start)


def _span(row: Row, bad_error: str) -> Span:
    status = int(str(row["http_status"] or 0))
    return Span(
        str(row["span_id"]),
        str(row["parent_span_id"]),
        str(row["service"]),
        str(row["name"]),
        str(row["kind"]),
        str(row["peer"]),
        str(row["statement"]),
        float(str(row["start_ns"])) / 1e9,
        float(str(row["duration_ns"])) / 1e9,
        bool(bad_error) or str(row["status"]) == "error" or status == 429 or status >= 500,
        status,
        bad_error or str(row["error_type"] or ""),
        str(row["version"]),
    )
