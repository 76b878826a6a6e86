"""Random OTLP exports beside what the store must hold of them, said independently of the code under test."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import Status

Expected = list[dict[str, object]]
TIMES = st.integers(1, 2**62)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = st.one_of(
    st.sampled_from(
        ["http.route", "url.path", "server.port", "resource", "events", "min", "monotonic", "a.b", "error.kind"]
    ),
    TEXTS,
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(TEXTS, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.binary(max_size=8), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=5,
)
ATTRIBUTES = st.dictionaries(NAMES, VALUES, max_size=5)
RESERVED = {
    "resource",
    "scope",
    "events",
    "links",
    "trace_state",
    "temporality",
    "monotonic",
    "min",
    "max",
    "exemplars",
    "description",
}


@dataclass(frozen=True)
class Example:
    """An export and the rows it makes."""

    table: str
    message: Message
    rows: Expected


def any_value(value: Any) -> AnyValue:
    match value:
        case None:
            return AnyValue()
        case bool():
            return AnyValue(bool_value=value)
        case str():
            return AnyValue(string_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case bytes():
            return AnyValue(bytes_value=value)
        case list():
            return AnyValue(array_value=ArrayValue(values=map(any_value, value)))
        case _:
            return AnyValue(kvlist_value=KeyValueList(values=pairs(value)))


def pairs(values: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(value)) for key, value in values.items()]


def shown(value: Any) -> Any:
    """Return `value` as the attributes column has it."""
    match value:
        case float() if value != value:
            return "NaN"
        case float() if value in (float("inf"), float("-inf")):
            return "Infinity" if value > 0 else "-Infinity"
        case bytes():
            return base64.b64encode(value).decode()
        case list():
            return [shown(each) for each in value]
        case dict():
            return {key: shown(each) for key, each in value.items()}
        case _:
            return value


def named(values: dict[str, Any]) -> dict[str, Any]:
    return {f"attribute.{key}" if key in RESERVED else key: shown(value) for key, value in values.items()}


@st.composite
def traces(draw: st.DrawFn) -> Example:
    message, rows = ExportTraceServiceRequest(), []
    for _ in range(draw(st.integers(0, 2))):
        who, resource, extra = _resource(draw, "service.name", "service.instance.id", "service.version")
        of_resource = message.resource_spans.add()
        of_resource.resource.attributes.extend(pairs(resource))
        of_scope = of_resource.scope_spans.add()
        extra |= _scope(draw, of_scope)
        for _ in range(draw(st.integers(0, 4))):
            ids = (
                draw(st.binary(min_size=16, max_size=16).filter(any)),
                draw(st.binary(min_size=8, max_size=8).filter(any)),
            )
            parent = draw(st.one_of(st.just(b""), st.binary(min_size=8, max_size=8).filter(any)))
            start = draw(TIMES)
            own = draw(ATTRIBUTES)
            columns = draw(
                st.fixed_dictionaries(
                    {},
                    optional={
                        "peer.service": TEXTS,
                        "error.type": TEXTS,
                        "db.query.summary": TEXTS,
                        "http.response.status_code": st.integers(0, 2**31 - 1),
                    },
                )
            )
            events = draw(st.lists(st.tuples(TEXTS, TIMES, ATTRIBUTES), max_size=2))
            links = draw(
                st.lists(
                    st.tuples(st.binary(min_size=16, max_size=16), st.binary(min_size=8, max_size=8), ATTRIBUTES),
                    max_size=1,
                )
            )
            kind, status, took = draw(st.integers(0, 5)), draw(st.integers(0, 2)), draw(st.integers(0, 2**40))
            name, said, state = draw(TEXTS), draw(TEXTS), draw(TEXTS)
            made = of_scope.spans.add(
                trace_id=ids[0],
                span_id=ids[1],
                parent_span_id=parent,
                name=name,
                kind=kind,
                trace_state=state,
                start_time_unix_nano=start,
                end_time_unix_nano=start + took,
                attributes=pairs(own | columns),
            )
            made.status.MergeFrom(Status(code=status, message=said))  # type: ignore[arg-type]
            for event, at, attributes in events:
                made.events.add(name=event, time_unix_nano=at, attributes=pairs(attributes))
            for trace, other, attributes in links:
                made.links.add(trace_id=trace, span_id=other, attributes=pairs(attributes))
            members: dict[str, Any] = {
                "events": [{"name": n, "time_ns": t, "attributes": shown(a)} for n, t, a in events],
                "links": [{"trace_id": t.hex(), "span_id": s.hex(), "attributes": shown(a)} for t, s, a in links],
                "trace_state": state,
            }
            rows.append(
                who
                | {
                    **{"trace_id": ids[0].hex(), "span_id": ids[1].hex(), "parent_span_id": parent.hex(), "name": name},
                    "kind": ["internal", "internal", "server", "client", "producer", "consumer"][kind],
                    "status": ["unset", "ok", "error"][status],
                    **{"start_ns": start, "duration_ns": took, "status_message": said, "received_ns": 7},
                    **{"peer": columns.get("peer.service", ""), "error_type": columns.get("error.type", "")},
                    "http_status": columns.get("http.response.status_code"),
                    "statement": columns.get("db.query.summary", ""),
                    "attributes": named(own) | extra | {key: value for key, value in members.items() if value},
                }
            )
    return Example("spans", message, rows)


@st.composite
def logs(draw: st.DrawFn) -> Example:
    message, rows = ExportLogsServiceRequest(), []
    for _ in range(draw(st.integers(0, 2))):
        who, resource, extra = _resource(draw, "service.name", "service.instance.id", "service.version")
        of_resource = message.resource_logs.add()
        of_resource.resource.attributes.extend(pairs(resource))
        of_scope = of_resource.scope_logs.add()
        extra |= _scope(draw, of_scope)
        for _ in range(draw(st.integers(0, 4))):
            at, body, own = draw(TIMES), draw(st.one_of(TEXTS, VALUES)), draw(ATTRIBUTES)
            ids = draw(
                st.one_of(
                    st.just((b"", b"")),
                    st.tuples(
                        st.binary(min_size=16, max_size=16).filter(any), st.binary(min_size=8, max_size=8).filter(any)
                    ),
                )
            )
            columns = draw(st.fixed_dictionaries({}, optional={"event.name": TEXTS, "exception.type": TEXTS}))
            number, text = draw(st.integers(0, 24)), draw(TEXTS)
            of_scope.log_records.add(
                time_unix_nano=at,
                severity_number=number,
                severity_text=text,
                body=any_value(body),
                attributes=pairs(own | columns),
                trace_id=ids[0],
                span_id=ids[1],
            )
            levels = ["", *(level for level in ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL") for _ in range(4))]
            rows.append(
                who
                | {
                    **{"time_ns": at, "severity": text or levels[number], "severity_number": number, "received_ns": 7},
                    "body": body if isinstance(body, str) else "" if body is None else Loose(shown(body)),
                    **{"trace_id": ids[0].hex(), "span_id": ids[1].hex(), "event_name": columns.get("event.name", "")},
                    "exception_type": columns.get("exception.type", ""),
                    "attributes": named(own) | extra,
                }
            )
    return Example("logs", message, rows)


@st.composite
def metrics(draw: st.DrawFn) -> Example:
    message, rows = ExportMetricsServiceRequest(), []
    numbers = st.floats(-1e300, 1e300)
    for _ in range(draw(st.integers(0, 2))):
        who, resource, extra = _resource(draw, "service.name", "service.instance.id")
        of_resource = message.resource_metrics.add()
        of_resource.resource.attributes.extend(pairs(resource))
        of_scope = of_resource.scope_metrics.add()
        extra |= _scope(draw, of_scope)
        for _ in range(draw(st.integers(0, 3))):
            kind, name, unit = draw(st.sampled_from(["gauge", "sum", "histogram", "summary"])), draw(TEXTS), draw(TEXTS)
            made = of_scope.metrics.add(name=name, unit=unit)
            at, start, own, temporality = draw(TIMES), draw(TIMES), draw(ATTRIBUTES), draw(st.sampled_from([1, 2]))
            point = getattr(made, kind).data_points.add(
                time_unix_nano=at, start_time_unix_nano=start, attributes=pairs(own)
            )
            filled: dict[str, object] = {"value": None, "count": None, "sum": None, "bounds": "", "buckets": ""}
            members: dict[str, object] = {}
            if kind in ("sum", "histogram"):
                getattr(made, kind).aggregation_temporality = temporality
                members |= {"temporality": "delta"} if temporality == 1 else {}
            if kind == "sum":
                made.sum.is_monotonic = draw(st.booleans())
                members |= {"monotonic": True} if made.sum.is_monotonic and temporality == 2 else {}
            if kind in ("gauge", "sum"):
                point.as_double = draw(numbers)
                filled["value"] = point.as_double
            else:
                point.count, point.sum = draw(st.integers(0, 2**40)), draw(numbers)
                filled |= {"count": point.count, "sum": point.sum}
                bounds, counts = draw(st.lists(numbers, max_size=3)), draw(st.lists(st.integers(0, 2**40), max_size=3))
                if kind == "histogram":
                    point.explicit_bounds.extend(bounds)
                    point.bucket_counts.extend(counts)
                    point.min = draw(numbers)
                    members["min"] = point.min
                    filled |= {"bounds": Loose(bounds), "buckets": Loose(counts)}
                else:
                    for bound in bounds:
                        point.quantile_values.add(quantile=0.5, value=bound)
                    filled |= {"bounds": Loose([0.5] * len(bounds)), "buckets": Loose(bounds)}
            rows.append(
                who
                | {"time_ns": at, "start_ns": start, "name": name, "kind": kind, "unit": unit, "received_ns": 7}
                | filled
                | {"attributes": named(own) | extra | members}
            )
    return Example("metrics", message, rows)


class Loose:
    """JSON text that says the same as `value`."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and json.loads(other) == self.value

    def __repr__(self) -> str:
        return f"Loose({self.value!r})"


def as_json(message: Message) -> bytes:
    """Return an export as OTLP/JSON: ids in hex, everything else as protobuf's JSON."""

    def hexed(node: Any) -> Any:
        if isinstance(node, list):
            return [hexed(each) for each in node]
        if not isinstance(node, dict):
            return node
        ids = ("traceId", "spanId", "parentSpanId")
        return {key: base64.b64decode(value).hex() if key in ids else hexed(value) for key, value in node.items()}

    return json.dumps(hexed(json_format.MessageToDict(message, use_integers_for_enums=True))).encode()


def _resource(draw: st.DrawFn, *names: str) -> tuple[dict[str, object], dict[str, Any], dict[str, Any]]:
    own = draw(st.dictionaries(NAMES, VALUES, max_size=3))
    columns = draw(st.fixed_dictionaries({}, optional=dict.fromkeys(names, TEXTS)))
    short = {"service.name": "service", "service.instance.id": "instance", "service.version": "version"}
    who: dict[str, object] = {short[name]: columns.get(name, "") for name in names}
    return who, own | columns, {"resource": shown(own)} if own else {}


def _scope(draw: st.DrawFn, of_scope: Any) -> dict[str, Any]:
    name, version, own = draw(TEXTS), draw(TEXTS), draw(st.dictionaries(NAMES, VALUES, max_size=2))
    of_scope.scope.name, of_scope.scope.version = name, version
    of_scope.scope.attributes.extend(pairs(own))
    said = {"name": name, "version": version, "attributes": shown(own)}
    said = {key: value for key, value in said.items() if value}
    return {"scope": said} if said else {}
