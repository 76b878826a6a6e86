"""Elasticsearch and OpenSearch: log documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

import msgspec

from telic.model import Window
from telic.telemetry.sources.card import Answer, Filter, Question, Signal, source
from telic.telemetry.sources.conventions import id_of, log_row, severity
from telic.telemetry.sources.place import Place
from telic.telemetry.sources.remote import Remote
from telic.telemetry.sources.rows import Row, Rows
from telic.telemetry.sources.times import guess_ns, rfc3339, slices
from telic.telemetry.sources.visit import Visit

SERVICE = (
    "service.name",
    "resource.attributes.service.name",
    "kubernetes.labels.app",
    "kubernetes.container.name",
    "app",
)
INSTANCE = ("service.instance.id", "kubernetes.pod.name", "host.name", "host.hostname", "agent.name")
LEVEL = ("log.level", "severity_text", "SeverityText", "level", "severity")
BODY = ("message", "body.text", "body", "Body", "log", "msg")
SLICES = 12  # parts of the window with a limit each
AT_ONCE = 10_000  # the servers' own default for the most hits of one answer (index.max_result_window)


class Hit(msgspec.Struct):
    """One document."""

    source: dict[str, Any] = msgspec.field(name="_source", default_factory=dict)
    index: str = msgspec.field(name="_index", default="")
    id: str = msgspec.field(name="_id", default="")


class Total(msgspec.Struct):
    """How many documents there are; `relation` is ``gte`` where counting was ended."""

    value: int
    relation: str = "eq"


class Hits(msgspec.Struct):
    """Documents, and how many there are."""

    hits: list[Hit]
    total: Total | int | None = None


class Shards(msgspec.Struct):
    """How many shards answered."""

    failed: int = 0


class Found(msgspec.Struct):
    """The answer of a search."""

    hits: Hits
    timed_out: bool = False
    shards: Shards = msgspec.field(name="_shards", default_factory=Shards)


@source("elasticsearch", example={"url": "http://127.0.0.1:9200"})
class Elasticsearch(Remote):
    """Log documents of Elasticsearch 7 to 9 or OpenSearch 1 to 3, by ECS's names, OpenTelemetry's, or your own.

    The window is asked for in twelve parts with a share of the limit each; the answer says how many documents there
    were. Fields that no column holds stay as attributes.

    Parameters
    ----------
    url
        Base URL, with the path prefix if there is one.
    index
        Indices, data streams or patterns, by commas.
    headers
        Sent with every request, such as ``Authorization: ApiKey ...``.
    time, body, service, instance
        Fields; of several the first one that a document has counts. Filters are pushed by the first of `service`
        and its ``.keyword``.
    ca_file, client_file
        Certificates in PEM.

    Source: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-search
    """

    offers: ClassVar[tuple[Signal, ...]] = ("logs",)
    pushes: ClassVar[tuple[Filter, ...]] = ("window", "entities", "contains")

    def __init__(
        self,
        url: str,
        *,
        index: str = "logs-*,filebeat-*,logstash-*",
        headers: Mapping[str, str] | None = None,
        time: str = "@timestamp",
        body: Sequence[str] = BODY,
        service: Sequence[str] = SERVICE,
        instance: Sequence[str] = INSTANCE,
        ca_file: str = "",
        client_file: str = "",
    ) -> None:
        super().__init__(Place.of("elasticsearch", url, headers, ca_file=ca_file, client_file=client_file))
        self._path = f"/{quote(index, safe='*,-_.:')}/_search"
        self._time = time
        self._body, self._service, self._instance = tuple(body), tuple(service), tuple(instance)

    def fetch(self, question: Question) -> Answer:
        """Answer within the limits of `question`; its `query` is a query string (``level:error AND ...``)."""
        return self._ask(question, {"logs": self._logs})

    def _logs(self, visit: Visit, question: Question) -> Rows:
        share = max(1, min(AT_ONCE, question.limit.rows // SLICES))
        missing = 0
        for part in slices(question.window, SLICES):
            params = [("ignore_unavailable", "true"), ("allow_no_indices", "true")]
            found = visit.post(self._path, params, self.body_of(question, part, share), Found)
            if found.timed_out or found.shards.failed:
                visit.cut.append("logs: the server answered with a part of its shards or in a part of its time")
            total = found.hits.total
            missing += max(0, (total.value if isinstance(total, Total) else total or 0) - len(found.hits.hits))
            for hit in found.hits.hits:
                yield from self._row(hit)
        if missing:
            visit.cut.append(f"logs: {missing} more documents match; at most {share} of every part were asked for")

    def body_of(self, question: Question, part: Window, share: int) -> dict[str, object]:
        """Return the body of a search for one part of the window."""
        times = {"gte": rfc3339(part.start), "lt": rfc3339(part.end), "format": "strict_date_optional_time_nanos"}
        must: list[object] = [{"range": {self._time: times}}]
        if question.query:
            must.append({"query_string": {"query": question.query}})
        else:
            if question.entities:
                names = [name for each in self._service for name in (each, f"{each}.keyword")]
                either = [{"terms": {name: list(question.entities)}} for name in names]
                must.append({"bool": {"should": either, "minimum_should_match": 1}})
            if question.contains:
                either_body = {
                    "query": question.contains,
                    "type": "phrase",
                    "fields": list(self._body),
                    "lenient": True,
                }
                must.append({"multi_match": either_body})
        return {
            "size": share,
            "track_total_hits": True,
            "timeout": f"{max(1, round(question.limit.seconds))}s",
            "sort": [{self._time: {"order": "asc", "unmapped_type": "date"}}],
            "query": {"bool": {"filter": must}},
        }

    def _row(self, hit: Hit) -> Iterator[Row]:
        said = flat(hit.source)
        try:
            time_ns = guess_ns(said.pop(self._time, None))
        except ValueError:
            return
        body = _first(said, self._body)
        level, number = severity(_first(said, LEVEL), body)
        row: Row = {
            "time_ns": time_ns,
            "service": _first(said, self._service),
            "instance": _first(said, self._instance),
            "version": str(said.get("service.version") or ""),
            "severity": level,
            "severity_number": number,
            "body": body,
            "trace_id": id_of(said.get("trace.id") or said.get("trace_id") or said.get("TraceId"), 32),
            "span_id": id_of(said.get("span.id") or said.get("span_id") or said.get("SpanId"), 16),
            "exception_type": str(said.get("error.type") or ""),
        }
        held = {each for each in self._body if said.get(each) == body}
        yield log_row(row, {name: value for name, value in said.items() if name not in held}, {})


def flat(document: Mapping[str, Any], prefix: str = "") -> dict[str, object]:
    """Return a document with dotted names in place of nested objects.

    Examples
    --------
    >>> flat({"service": {"name": "cart"}, "log.level": "info"})
    {'service.name': 'cart', 'log.level': 'info'}
    """
    found: dict[str, object] = {}
    for name, value in document.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def _first(said: Mapping[str, object], names: Sequence[str]) -> str:
    return next((str(said[name]) for name in names if said.get(name) not in (None, "", [])), "")
