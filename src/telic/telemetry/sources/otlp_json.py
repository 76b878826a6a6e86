"""OTLP/JSON as servers and collectors write it: ids in hex or base64, numbers as text, enums by name or number."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from telic.telemetry.sources.conventions import HEX, NAMES, log_row, span_row
from telic.telemetry.sources.otlp_points import KINDS as KINDS_OF_POINTS
from telic.telemetry.sources.otlp_points import extremes, numbers, whole
from telic.telemetry.sources.rows import Row, text_of

Json = dict[str, Any]
Faults = Counter[str]
KINDS = ("internal", "internal", "server", "client", "producer", "consumer")
STATUSES = ("unset", "ok", "error")
TAKEN = ("service.name", "service.instance.id", "service.version")


def spans(document: Mapping[str, Any], faults: Faults | None = None) -> Iterator[Row]:
    """Yield the spans of an export, of a trace of Tempo, or of one line of the collector's file exporter.

    Parameters
    ----------
    faults
        Counted in: what is not there as it was said, and why.
    """
    for origin, scope, span in _things(document, ("resourceSpans", "batches"), "spans"):
        start, end = whole(span.get("startTimeUnixNano")), whole(span.get("endTimeUnixNano"))
        said = _dict(span.get("status"))
        row: Row = {
            "trace_id": _id(span.get("traceId"), 32),
            "span_id": _id(span.get("spanId"), 16),
            "parent_span_id": _id(span.get("parentSpanId"), 16),
            "service": _text(origin, "service.name"),
            "instance": _text(origin, "service.instance.id"),
            "version": _text(origin, "service.version"),
            "name": str(span.get("name", "")),
            "kind": _enum(span.get("kind"), KINDS, "SPAN_KIND_"),
            "start_ns": start,
            "duration_ns": max(0, end - start),
            "status": _enum(said.get("code"), STATUSES, "STATUS_CODE_"),
            "status_message": str(said.get("message", "")),
        }
        if not row["trace_id"] or not row["span_id"]:
            _count(faults, "spans without an id were left out")
            continue
        events = [
            {"name": each.get("name", ""), "time_ns": whole(each.get("timeUnixNano")), "attributes": _said(each)}
            for each in _list(span.get("events"))
        ]
        links = [
            {
                "trace_id": _id(each.get("traceId"), 32),
                "span_id": _id(each.get("spanId"), 16),
                "attributes": _said(each),
            }
            for each in _list(span.get("links"))
        ]
        more = {"events": events, "links": links, "trace_state": span.get("traceState", "")}
        yield span_row(row, _said(span), {"resource": _rest(origin), "scope": scope, **more})


def logs(document: Mapping[str, Any], faults: Faults | None = None) -> Iterator[Row]:
    """Yield the log records of an export; all of them."""
    for origin, scope, record in _things(document, ("resourceLogs",), "logRecords"):
        number = _level(record.get("severityNumber"))
        body = value_of(record.get("body"))
        row: Row = {
            "time_ns": whole(record.get("timeUnixNano")) or whole(record.get("observedTimeUnixNano")),
            "service": _text(origin, "service.name"),
            "instance": _text(origin, "service.instance.id"),
            "version": _text(origin, "service.version"),
            "severity": str(record.get("severityText") or NAMES.get((number - 1) // 4 * 4 + 1, "")),
            "severity_number": number,
            "body": body if isinstance(body, str) else "" if body is None else msgspec.json.encode(body).decode(),
            "trace_id": _id(record.get("traceId"), 32),
            "span_id": _id(record.get("spanId"), 16),
            "event_name": str(record.get("eventName", "")),
        }
        yield log_row(row, _said(record), {"resource": _rest(origin), "scope": scope})


def metrics(document: Mapping[str, Any], faults: Faults | None = None) -> Iterator[Row]:
    """Yield the data points of an export; `faults` as in `spans`."""
    for origin, scope, metric in _things(document, ("resourceMetrics",), "metrics"):
        for member, kind in KINDS_OF_POINTS.items():
            data = _dict(metric.get(member))
            delta = data.get("aggregationTemporality") in (1, "AGGREGATION_TEMPORALITY_DELTA")
            grows: Json = {"monotonic": True} if data.get("isMonotonic") is True else {}
            for point in _list(data.get("dataPoints")):
                more: Json = {"temporality": "delta"} if delta else dict(grows)
                found = numbers(kind, point)
                if kind == "exponential_histogram" and found["buckets"] == "[]" and found["count"]:
                    _count(faults, "exponential histograms keep count and sum alone: their buckets are out of range")
                more |= extremes(kind, point)
                more |= {name: said for name, said in {"resource": _rest(origin), "scope": scope}.items() if said}
                yield {
                    "time_ns": whole(point.get("timeUnixNano")),
                    "start_ns": whole(point.get("startTimeUnixNano")),
                    "service": _text(origin, "service.name"),
                    "instance": _text(origin, "service.instance.id"),
                    "name": str(metric.get("name", "")),
                    "kind": kind,
                    "unit": str(metric.get("unit", "")),
                    **found,
                    "attributes": text_of(_said(point) | more),
                }


def _count(faults: Faults | None, what: str) -> None:
    if faults is not None:
        faults[what] += 1


def value_of(value: object) -> object:
    """Return an ``AnyValue`` as plain JSON."""
    if not isinstance(value, dict):
        return None
    for kind, inner in value.items():
        if kind == "intValue":
            return whole(inner)
        if kind == "arrayValue":
            return [value_of(each) for each in _list(_dict(inner).get("values"))]
        if kind == "kvlistValue":
            return _pairs(_dict(inner).get("values"))
        if kind in ("stringValue", "boolValue", "doubleValue", "bytesValue"):
            return inner
    return None


def _things(document: Mapping[str, Any], roots: tuple[str, ...], name: str) -> Iterator[tuple[Json, Json, Json]]:
    """Yield resource attributes, scope and thing."""
    for root in roots:
        for of_resource in _list(document.get(root)):
            origin = _said(_dict(of_resource.get("resource")))
            for of_scope in _scopes(of_resource):
                said = _dict(of_scope.get("scope") or of_scope.get("instrumentationLibrary"))
                scope = {"name": said.get("name", ""), "version": said.get("version", ""), "attributes": _said(said)}
                for thing in _list(of_scope.get(name)):
                    yield origin, {key: value for key, value in scope.items() if value}, thing


def _scopes(of_resource: Json) -> Iterator[Json]:
    for key, value in of_resource.items():
        if key.startswith(("scope", "instrumentationLibrary")):
            yield from _list(value)


def _said(thing: Json) -> Json:
    return _pairs(thing.get("attributes"))


def _pairs(pairs: object) -> Json:
    return {str(each["key"]): value_of(each.get("value")) for each in _list(pairs) if "key" in each}


def _rest(origin: Json) -> Json:
    return {name: value for name, value in origin.items() if name not in TAKEN or not isinstance(value, str)}


def _text(found: Json, name: str) -> str:
    value = found.get(name)
    return value if isinstance(value, str) else ""


def _list(value: object) -> list[Json]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _dict(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _enum(value: object, words: tuple[str, ...], prefix: str) -> str:
    if isinstance(value, str):
        word = value.removeprefix(prefix).lower()
        return word if word in words else words[0]
    return words[value] if isinstance(value, int) and 0 <= value < len(words) else words[0]


def _level(value: object) -> int:
    if isinstance(value, str) and value.startswith("SEVERITY_NUMBER_"):
        word = value.removeprefix("SEVERITY_NUMBER_")
        first = next((number for number, name in NAMES.items() if word.startswith(name)), 0)
        rest = word.removeprefix(NAMES.get(first, ""))
        return first + (int(rest) - 1 if rest in ("2", "3", "4") else 0)
    number = whole(value)
    return number if 0 <= number <= 24 else 0


def _id(value: object, digits: int) -> str:
    """Return an id in hex, whether it came in hex (OTLP) or base64 (protobuf's own JSON)."""
    text = value if isinstance(value, str) else ""
    if HEX.match(text.lower()) and len(text) == digits:
        found = text.lower()
    else:
        try:
            found = base64.b64decode(text, validate=True).hex()
        except (binascii.Error, ValueError):
            return ""
        if len(found) > digits:
            return ""
        found = found.zfill(digits) if found else ""
    return found if found.strip("0") else ""
