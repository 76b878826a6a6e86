"""How work stands in queues: what waits at each consumer and how long, what is delivered again, what fails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from telic.model import Row, Store, Window
from telic.telemetry.queries.rows import bounds, records

BACK = 30.0  # messages that were sent so long before a window may wait in it [s]


@dataclass(frozen=True)
class QueueStep:
    """What waits at one consumer at one moment."""

    consumer: str  # the service that takes the messages; "" where none of them was ever seen taken
    subject: str  # "" where only gauges tell of the queue
    time: float  # [s since the Unix epoch]
    waiting: float = 0.0  # messages that are not done [1]
    age: float = 0.0  # of the oldest of them [s]
    again: float = 0.0  # messages that were delivered again in the second from `time` on [1]
    told: bool = False  # by the consumer's own gauges, which count messages of any sender


@dataclass(frozen=True)
class QueueFlow:
    """What went through one subject in a window."""

    subject: str
    consumer: str = ""  # "" where nothing was taken
    producers: tuple[str, ...] = ()
    sent: int = 0  # messages
    taken: int = 0  # deliveries
    failed: int = 0  # of them
    by_type: Mapping[str, int] = field(default_factory=dict)  # error.type to deliveries that failed so
    p50: float = 0.0  # of deliveries that did not fail [s]
    redelivered: float = 0.0  # [1]
    buried: float = 0.0  # put aside, to the dead letters [1]


_SUBJECT = "attributes ->> '$.\"messaging.destination.name\"'"

TOLD = """
SELECT service AS consumer, '' AS subject, (time_ns - ?) // 1000000000 AS step, true AS told,
       max(value) FILTER (WHERE name = 'telic.queue.depth') AS waiting,
       max(value) FILTER (WHERE name = 'telic.queue.age') AS age,
       sum(value) FILTER (WHERE name = 'telic.queue.redelivered') AS again
FROM metrics WHERE time_ns >= ? AND time_ns < ?
  AND name IN ('telic.queue.depth', 'telic.queue.age', 'telic.queue.redelivered')
GROUP BY service, step HAVING age IS NOT NULL ORDER BY service, step
"""

WAITING = f"""
WITH sent AS (
    SELECT trace_id, span_id, start_ns + duration_ns AS time_ns, {_SUBJECT} AS subject FROM spans
    WHERE kind = 'producer' AND status <> 'error' AND start_ns >= ? AND start_ns < ?),
taken AS (
    SELECT trace_id, parent_span_id, min(start_ns) AS time_ns FROM spans
    WHERE kind = 'consumer' AND start_ns >= ? GROUP BY ALL),
consumers AS (
    SELECT {_SUBJECT} AS subject, any_value(service) AS consumer FROM spans
    WHERE kind = 'consumer' AND start_ns >= ? GROUP BY ALL),
messages AS (
    SELECT subject, sent.time_ns AS since, taken.time_ns AS until
    FROM sent LEFT JOIN taken ON taken.trace_id = sent.trace_id AND taken.parent_span_id = sent.span_id),
moments AS (SELECT unnest(range(?, ?)) AS step)
SELECT consumer, messages.subject AS subject, step, false AS told,
       count(*) FILTER (WHERE (until IS NULL OR until > ? + step * 1000000000)) AS waiting,
       max(? + step * 1000000000 - since)
           FILTER (WHERE (until IS NULL OR until > ? + step * 1000000000)) / 1e9 AS age
FROM moments JOIN messages ON since <= ? + step * 1000000000
     LEFT JOIN consumers ON consumers.subject = messages.subject
GROUP BY ALL ORDER BY messages.subject, step
"""

FLOWS = f"""
WITH passed AS (
    SELECT service, kind, {_SUBJECT} AS subject, status = 'error' AS failed, error_type, duration_ns FROM spans
    WHERE kind IN ('producer', 'consumer') AND start_ns >= ? AND start_ns < ?),
counted AS (
    SELECT {_SUBJECT} AS subject, sum(value) FILTER (WHERE name = 'telic.queue.redelivered') AS redelivered,
           sum(value) FILTER (WHERE name = 'telic.queue.buried') AS buried
    FROM metrics WHERE time_ns >= ? AND time_ns < ? AND name IN ('telic.queue.redelivered', 'telic.queue.buried')
    GROUP BY ALL)
SELECT passed.subject AS subject, max(service) FILTER (WHERE kind = 'consumer') AS consumer,
       list_sort(list_distinct(list(service) FILTER (WHERE kind = 'producer'))) AS producers,
       count(*) FILTER (WHERE kind = 'producer' AND NOT failed) AS sent,
       count(*) FILTER (WHERE kind = 'consumer') AS taken,
       count(*) FILTER (WHERE kind = 'consumer' AND failed) AS failed,
       list_histogram(list(error_type) FILTER (WHERE kind = 'consumer' AND failed)) AS by_type,
       quantile_cont(duration_ns, 0.5) FILTER (WHERE kind = 'consumer' AND NOT failed) / 1e9 AS p50,
       max(redelivered) AS redelivered, max(buried) AS buried
FROM passed LEFT JOIN counted ON counted.subject = passed.subject
WHERE passed.subject IS NOT NULL GROUP BY passed.subject ORDER BY passed.subject
"""

PASSED = f"""
SELECT DISTINCT service, kind, {_SUBJECT} AS subject FROM spans
WHERE kind IN ('producer', 'consumer') AND start_ns >= ? AND start_ns < ? ORDER BY subject, kind, service
"""


@dataclass(frozen=True)
class Passed:
    """A service that sent messages of a subject, or took some."""

    service: str
    kind: str  # producer or consumer
    subject: str = ""


def passed(store: Store, window: Window) -> list[Passed]:
    """Return who sent messages and who took some in `window`, by subject."""
    return records(Passed, store.query(PASSED, bounds(window)))


def told_steps(store: Store, window: Window) -> list[QueueStep]:
    """Return what waited by the gauges of consumers, ``telic.queue.depth`` and ``telic.queue.age``, second by second.

    Sorted by consumer and time; a consumer that sends nothing is not there.
    """
    start, end = bounds(window)
    return _steps(window, store.query(TOLD, (start, start, end)))


def untaken_steps(store: Store, window: Window) -> list[QueueStep]:
    """Return what waited by spans, at every whole second of `window`: messages that were sent and not taken yet.

    Sorted by subject and time. A message waits until a consumer span has its producer span for a parent (OpenTelemetry,
    semantic conventions for messaging spans, https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans), so
    that this tells of any sender and taker, also of one that has gone; messages of up to `BACK` s are known.
    """
    start, end = bounds(window)
    first, seconds = start - round(BACK * 1e9), int(window.seconds)
    params = (first, end, first, first, 0, seconds, start, start, start, start)
    return _steps(window, store.query(WAITING, params))


def queue_flows(store: Store, window: Window) -> list[QueueFlow]:
    """Return one row per subject to which messages were sent, or of which some were taken, in `window`."""
    start, end = bounds(window)
    return records(QueueFlow, store.query(FLOWS, (start, end, start, end)))


def _steps(window: Window, rows: Iterable[Row]) -> list[QueueStep]:
    timed = [{**each, "time": window.start + float(str(each["step"]))} for each in rows]
    return records(QueueStep, [{name: value for name, value in each.items() if name != "step"} for each in timed])
