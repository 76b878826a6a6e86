"""What broke in code: exceptions and error logs, grouped."""

from __future__ import annotations

from dataclasses import dataclass

from telic.model import Store, Window
from telic.telemetry.queries.rows import bounds, records


@dataclass(frozen=True)
class ExceptionGroup:
    """One type of unexpected exception in one operation of one version."""

    service: str
    operation: str  # "" where the exception belongs to no span
    type: str
    count: int
    version: str = ""
    message: str = ""  # of the newest
    stacktrace: str = ""  # of the newest
    first: float = 0.0  # [s since the Unix epoch]
    last: float = 0.0  # [s since the Unix epoch]


@dataclass(frozen=True)
class LogGroup:
    """Log records of one service that say the same."""

    service: str
    severity: str
    body: str  # of the newest; digits aside, all of the group are equal
    count: int
    exception_type: str = ""
    version: str = ""
    first: float = 0.0  # [s since the Unix epoch]
    last: float = 0.0  # [s since the Unix epoch]


EXCEPTIONS = """
WITH broken AS (
    SELECT service, version, name AS operation, trace_id, span_id,
           unnest(from_json(attributes -> '$.events', '["JSON"]')) AS event, start_ns + duration_ns AS at_ns
    FROM spans WHERE start_ns >= ? AND start_ns < ? AND status = 'error' AND contains(attributes, '"exception.type"')),
in_spans AS (
    SELECT service, version, operation, trace_id, span_id, at_ns,
           event ->> '$.attributes."exception.type"' AS type, event ->> '$.attributes."exception.message"' AS message,
           event ->> '$.attributes."exception.stacktrace"' AS stacktrace
    FROM broken WHERE event ->> '$.name' = 'exception'),
in_logs AS (
    SELECT logs.service, logs.version, coalesce(spans.name, '') AS operation, logs.trace_id, logs.span_id,
           logs.time_ns AS at_ns, exception_type AS type,
           logs.attributes ->> '$."exception.message"' AS message,
           logs.attributes ->> '$."exception.stacktrace"' AS stacktrace
    FROM logs LEFT JOIN (SELECT DISTINCT ON (trace_id, span_id) trace_id, span_id, name FROM spans
                         WHERE start_ns >= ? AND start_ns < ? AND status = 'error') AS spans
         ON spans.trace_id = logs.trace_id AND spans.span_id = logs.span_id AND logs.span_id <> ''
    WHERE time_ns >= ? AND time_ns < ? AND exception_type <> '' AND severity_number >= 17
      AND (logs.trace_id, logs.span_id, exception_type) NOT IN (SELECT (trace_id, span_id, type) FROM in_spans))
SELECT service, version, operation, type, count(*) AS count, arg_max(message, at_ns) AS message,
       arg_max(stacktrace, at_ns) AS stacktrace, min(at_ns) / 1e9 AS first, max(at_ns) / 1e9 AS last
FROM (FROM in_spans UNION ALL BY NAME FROM in_logs)
GROUP BY service, version, operation, type ORDER BY count DESC, service, operation, type, version
"""

ERROR_LOGS = """
SELECT service, version, severity, exception_type, arg_max(body, time_ns) AS body, count(*) AS count,
       min(time_ns) / 1e9 AS first, max(time_ns) / 1e9 AS last
FROM logs WHERE time_ns >= ? AND time_ns < ? AND severity_number >= ?
GROUP BY service, version, severity, exception_type, regexp_replace(body, '[0-9]+', '#', 'g')
ORDER BY count DESC, service, body
"""


def exceptions(store: Store, window: Window, *, limit: int = 200) -> list[ExceptionGroup]:
    """Return unexpected exceptions, most frequent first; each counts once, though span and log both tell it.

    Parameters
    ----------
    store
        The telemetry.
    window
        When the spans started and the logs were written.
    limit
        Groups at most [1].
    """
    start, end = bounds(window)
    return records(ExceptionGroup, store.query(EXCEPTIONS, (start, end, start, end, start, end), limit=limit))


def errors_in_logs(store: Store, window: Window, *, severity: int = 17, limit: int = 200) -> list[LogGroup]:
    """Return log records of at least `severity`, grouped, most frequent first.

    Parameters
    ----------
    store
        The telemetry.
    window
        When they were written.
    severity
        OpenTelemetry's severity number [1]: 17 is ERROR, 13 WARN.
    limit
        Groups at most [1].
    """
    return records(LogGroup, store.query(ERROR_LOGS, (*bounds(window), severity), limit=limit))
