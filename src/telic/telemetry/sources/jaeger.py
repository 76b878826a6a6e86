"""Jaeger: traces by service, and who calls whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import msgspec

from telic.model import Window
from telic.telemetry.sources.card import Answer, Filter, Question, Signal, source
from telic.telemetry.sources.conventions import KINDS, id_of, span_row
from telic.telemetry.sources.jaeger_answers import Links, Log, Process, Services, Span, Trace, Traces
from telic.telemetry.sources.place import Place
from telic.telemetry.sources.remote import Remote
from telic.telemetry.sources.rows import Row, Rows
from telic.telemetry.sources.times import slices
from telic.telemetry.sources.visit import Visit

SLICES = 4  # parts of the window with a limit each: Jaeger answers with the newest traces of what it is asked for
SPANS = 8  # of a trace, for a first guess at how many traces fit [1]
TRACES_MAX = 1500  # of one answer: Jaeger's web page allows as many
NOBODY = Process()
OWN = frozenset(("span.kind", "otel.status_code", "otel.status_description", "error", "otel.scope.name"))


@dataclass(frozen=True)
class Origin:
    """What the spans of one process share.

    Attributes
    ----------
    service, instance, version
        Columns of the store.
    resource
        The reserved attribute ``resource``, encoded once; empty without any.
    """

    service: str
    instance: str
    version: str
    resource: Mapping[str, object]


@source("jaeger", example={"url": "http://127.0.0.1:16686"})
class Jaeger(Remote):
    """Traces of a Jaeger query service, version 1 or 2, and the calls between services that it counts.

    Services are asked one after the other, in four parts of the window, with a share of the limit each; the answer says
    for which of them there are more traces. A trace that several services share comes once.

    Parameters
    ----------
    url
        Base URL of the query service (its web page), with the path prefix if there is one.
    headers
        Sent with every request, such as a token.
    ca_file, client_file
        Certificates in PEM.

    Source: https://www.jaegertracing.io/docs/latest/architecture/apis/ (HTTP JSON, as its web page uses it)
    """

    offers: ClassVar[tuple[Signal, ...]] = ("spans", "edges")
    pushes: ClassVar[tuple[Filter, ...]] = ("window", "entities")

    def __init__(
        self, url: str, *, headers: Mapping[str, str] | None = None, ca_file: str = "", client_file: str = ""
    ) -> None:
        super().__init__(Place.of("jaeger", url, headers, ca_file=ca_file, client_file=client_file))

    def fetch(self, question: Question) -> Answer:
        """Answer within the limits of `question`; its `query` is tags as JSON, such as ``{"error":"true"}``."""
        return self._ask(question, {"spans": _spans, "edges": _edges})


def _spans(visit: Visit, question: Question) -> Rows:
    services = list(question.entities)
    if not services:
        services = [each for each in visit.get("/api/services", [], Services).data or () if each != "jaeger-query"]
    share = max(1, min(TRACES_MAX, question.limit.rows // (SPANS * SLICES * max(1, len(services)))))
    known = _Known()
    for part in slices(question.window, SLICES):
        for service in services:
            traces = visit.get("/api/traces", _params(service, part, share, question.query), Traces).data or ()
            if len(traces) >= share:
                every = f"of every {part.seconds:g} s were asked for"
                visit.cut.append(f"spans: at most {share} traces of {service} {every}; there are more")
            for trace in traces:
                yield from known.add(trace)


class _Known:
    """The spans that were read: a trace comes once for each service that it crosses, and may have grown meanwhile."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, str, str]] = set()

    def add(self, trace: Trace) -> Iterator[Row]:
        """Yield what is new in a trace; what is known is not read again."""
        origins: dict[str, Origin] = {}
        processes = trace.processes or {}
        for span in trace.spans or ():
            key = span.traceID, span.spanID, _kind(span)
            if key in self._seen:
                continue
            self._seen.add(key)
            origin = origins.get(span.processID)
            if origin is None:
                origin = origins[span.processID] = origin_of(processes.get(span.processID, NOBODY))
            yield row_of(span, origin)


def _params(service: str, part: Window, limit: int, tags: str) -> list[tuple[str, str]]:
    times = [("start", str(round(part.start * 1e6))), ("end", str(round(part.end * 1e6)))]
    return [("service", service), *times, ("limit", str(limit)), *([("tags", tags)] if tags else [])]


def origin_of(process: Process) -> Origin:
    """Return what the spans of one process share."""
    said = {each.key: each.value for each in process.tags or ()}
    instance = said.get("service.instance.id") or said.get("k8s.pod.name") or said.get("hostname") or ""
    taken = ("service.instance.id", "service.version")
    resource = {name: value for name, value in said.items() if name not in taken}
    return Origin(
        *(process.serviceName, str(instance), str(said.get("service.version") or "")),
        {"resource": msgspec.Raw(msgspec.json.encode(resource))} if resource else {},
    )


def row_of(span: Span, origin: Origin) -> Row:
    """Return a span of Jaeger as a row of the store."""
    tags = {each.key: each.value for each in span.tags or ()}
    failed = str(tags.get("error", "")).lower() == "true" or tags.get("otel.status_code") == "ERROR"
    row: Row = {
        "trace_id": id_of(span.traceID, 32),
        "span_id": id_of(span.spanID, 16),
        "parent_span_id": _parent(span),
        "service": origin.service,
        "instance": origin.instance,
        "version": origin.version,
        "name": span.operationName,
        "kind": _kind(span),
        "start_ns": span.startTime * 1000,
        "duration_ns": max(0, span.duration) * 1000,
        "status": "error" if failed else "ok" if tags.get("otel.status_code") == "OK" else "unset",
        "status_message": str(tags.get("otel.status_description") or ""),
    }
    rest = {name: value for name, value in tags.items() if name not in OWN}
    events = {"events": [_event(each) for each in span.logs]} if span.logs else {}
    return span_row(row, rest, {**origin.resource, **events})


def _kind(span: Span) -> str:
    for each in reversed(span.tags or ()):
        if each.key == "span.kind":
            said = str(each.value).lower()
            return said if said in KINDS else "internal"
    return "internal"


def _parent(span: Span) -> str:
    """Return the parent: the first reference to the same trace, a child's before a follower's."""
    own = [each for each in span.references or () if each.traceID == span.traceID]
    for kind in ("CHILD_OF", "FOLLOWS_FROM"):
        for each in own:
            if each.refType == kind:
                return id_of(each.spanID, 16)
    return id_of(span.parentSpanID, 16)


def _event(log: Log) -> dict[str, object]:
    fields = {each.key: each.value for each in log.fields}
    return {"name": str(fields.pop("event", "log")), "time_ns": log.timestamp * 1000, "attributes": fields}


def _edges(visit: Visit, question: Question) -> Rows:
    window = question.window
    params = [("endTs", str(round(window.end * 1e3))), ("lookback", str(round(window.seconds * 1e3)))]
    for link in visit.get("/api/dependencies", params, Links).data or ():
        yield {"caller": link.parent, "callee": link.child, "kind": "calls", "calls": link.callCount}
