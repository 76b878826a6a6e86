"""Evidence that can be asked for again: for every reason the query whose answer carries it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from telic.context.deviation import Deviation
from telic.model import Row, Scalar, Window
from telic.operate.diagnosis.causes.cause import Cause, Reason
from telic.operate.diagnosis.causes.shown import shown
from telic.tools.evidence import Notebook

_TIMEOUT = 10.0  # [s]
_WHEN = "CASE WHEN time >= ?::TIMESTAMP AND time < ?::TIMESTAMP THEN 'now' ELSE 'before' END"
_INSIDE = "((time >= ?::TIMESTAMP AND time < ?::TIMESTAMP) OR (time >= ?::TIMESTAMP AND time < ?::TIMESTAMP))"
_METRIC = """SELECT {when} AS period, count(value) AS points, median(value) AS middle,
  min(value) AS least, max(value) AS most
FROM metrics WHERE entity = ? AND name = ? AND coalesce(attributes, '') = ? AND {inside} GROUP BY ALL ORDER BY period"""
_COUNTER = """SELECT period, name, count(*) AS series, sum(more) AS more
FROM (SELECT {when} AS period, name, attributes, max(value) - min(value) AS more FROM metrics
      WHERE entity = ? AND name = ? AND {inside} GROUP BY ALL) GROUP BY ALL ORDER BY period, name"""
_OWN = """SELECT {when} AS period, count(*) AS spans, median(own) AS middle_s, max(own) AS most_s
FROM (SELECT any_value(s.start) AS time, (any_value(epoch_ns(s."end") - epoch_ns(s.start))
        - coalesce(sum(epoch_ns(c."end") - epoch_ns(c.start)), 0)) / 1e9 AS own
      FROM spans s LEFT JOIN spans c ON c.trace_id = s.trace_id AND c.parent_span_id = s.span_id
      WHERE s.entity = ? AND s.name = ? GROUP BY s.trace_id, s.span_id)
WHERE {inside} GROUP BY ALL ORDER BY period"""
_NETWORK = """SELECT {when} AS period, count(*) AS calls, median(gap) AS middle_s, max(gap) AS most_s
FROM (SELECT p.start AS time,
        (epoch_ns(p."end") - epoch_ns(p.start) - epoch_ns(c."end") + epoch_ns(c.start)) / 1e9 AS gap
      FROM spans p JOIN spans c ON c.trace_id = p.trace_id AND c.parent_span_id = p.span_id
      WHERE p.entity = ? AND c.entity = ?)
WHERE {inside} GROUP BY ALL ORDER BY period"""
_FAILED = """SELECT {when} AS period, count(*) AS spans,
  count(*) FILTER (WHERE upper(status) IN ('ERROR', 'STATUS_CODE_ERROR', '2')) AS failed
FROM (SELECT start AS time, entity, name, status FROM spans) WHERE entity = ? AND name = ? AND {inside}
GROUP BY ALL ORDER BY period"""
_LINES = """SELECT {when} AS period, count(*) AS lines
FROM logs WHERE entity = ? AND contains(body, ?) AND {inside} GROUP BY ALL ORDER BY period"""
_STARTS = """SELECT {when} AS period, count(*) AS spans
FROM (SELECT start AS time, entity, name FROM spans) WHERE entity = ? AND name = ? AND {inside}
GROUP BY ALL ORDER BY period"""


def prove(cause: Cause, notebook: Notebook, before: Window, window: Window) -> tuple[Cause, tuple[str, ...]]:
    """Ask what carries each reason of `cause`; return it with the numbers that came back, and the ids of the pages."""
    pages: list[str] = []
    reasons: list[Reason] = []
    for reason in cause.reasons:
        if reason.deviation is None:
            reasons.append(reason)
            continue
        asked: dict[str, list[Row]] = {}
        for sql, params in _queries(reason.deviation):
            notebook.about(reason.says, window)
            rows = _ask(notebook, sql, params, before, window)
            asked[notebook.last] = rows  # the page is known once it was asked
        says = shown(reason.says, reason.deviation, list(asked.values()), before, window)
        for page in asked:
            notebook.reword(page, says)
        pages.extend(asked)
        # how often one event follows another is known of traces only, and said so; its pages count the events
        reasons.append(reason if reason.deviation.kind == "sequence" else replace(reason, says=says))
    return replace(cause, reasons=tuple(reasons)), tuple(dict.fromkeys(pages))


def _ask(notebook: Notebook, sql: str, params: Sequence[Scalar], before: Window, window: Window) -> list[Row]:
    times: list[Scalar] = [_text(window.start), _text(window.end)]
    either: list[Scalar] = [*times, _text(before.start), _text(before.end)]
    return notebook.query(sql.format(when=_WHEN, inside=_INSIDE), [*times, *params, *either], timeout=_TIMEOUT)


def _queries(deviation: Deviation) -> list[tuple[str, list[Scalar]]]:
    if deviation.kind == "sequence":
        return [_event(deviation.entity, each) for each in deviation.pair]
    if deviation.kind == "logs":
        return [_line(deviation.entity, deviation.signal)]
    if deviation.kind == "network":
        caller, _, callee = deviation.entity.partition("->")
        return [(_NETWORK, [caller, callee])]
    if deviation.of_spans and deviation.kind == "errors":
        return [(_FAILED, [*(deviation.pair or (deviation.entity,)), deviation.signal])]
    if deviation.of_spans:
        return [(_OWN, [deviation.entity, deviation.signal])]
    if deviation.counters:
        return [(_COUNTER, [deviation.entity, each]) for each in deviation.counters]
    return [(_METRIC, [deviation.entity, deviation.signal, deviation.attributes])]


def _event(entity: str, event: str) -> tuple[str, list[Scalar]]:
    for ending in (" start", " end"):
        if event.endswith(ending):
            return _STARTS, [entity, event.removesuffix(ending)]
    return _line(entity, event)


def _line(entity: str, template: str) -> tuple[str, list[Scalar]]:
    return _LINES, [entity, max(template.split("<*>"), key=len).strip()]


def _text(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).replace(tzinfo=None).isoformat(sep=" ")
