"""Loki: log lines by label."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Literal

import msgspec

from telic.model import Window
from telic.telemetry.sources.card import Answer, Filter, Question, Signal, source
from telic.telemetry.sources.conventions import id_of, log_row, severity
from telic.telemetry.sources.place import Place
from telic.telemetry.sources.prometheus.labels import Labels, quoted
from telic.telemetry.sources.remote import Remote
from telic.telemetry.sources.rows import Row, Rows
from telic.telemetry.sources.times import slices
from telic.telemetry.sources.visit import Visit

SERVICE = ("service_name", "service", "app", "app_kubernetes_io_name", "container", "container_name", "job")
INSTANCE = ("service_instance_id", "pod", "instance", "host", "hostname")
LEVEL = ("detected_level", "level", "severity", "severity_text")
SLICES = 12  # parts of the window with a limit each, so that a storm of lines does not hide the rest of it
LABEL = re.compile(r"[A-Za-z_]\w*$")
AT_ONCE = 5000  # Loki's own default for the most lines of one answer (max_entries_limit_per_query)
Entry = list[str | dict[str, object]]  # time [ns], line, and structured metadata where there are any


class Stream(msgspec.Struct):
    """Lines with the same labels."""

    stream: dict[str, str]
    values: list[Entry]


class Streams(msgspec.Struct):
    """Data of ``query_range`` for a query that gives lines."""

    resultType: Literal["streams"]
    result: list[Stream]


class Lines(msgspec.Struct):
    """The answer with lines."""

    status: Literal["success"]
    data: Streams


class Names(msgspec.Struct):
    """The answer with labels."""

    status: Literal["success"]
    data: list[str] = []


@source("loki", example={"url": "http://127.0.0.1:3100"})
class Loki(Remote):
    """Log lines of a Grafana Loki server.

    The window is asked for in twelve parts with a share of the limit each; where a part has more lines than its share,
    the answer says so. Labels and structured metadata become attributes, trace and span ids columns.

    Parameters
    ----------
    url
        Base URL, with the path prefix if there is one.
    headers
        Sent with every request: a token, or the tenant (``X-Scope-OrgID``).
    service, instance
        Labels that name the service and its instance: the first one that a line has counts.
    selector
        More matchers, such as ``namespace="shop"``.
    ca_file, client_file
        Certificates in PEM.

    Source: https://grafana.com/docs/loki/latest/reference/loki-http-api/
    """

    offers: ClassVar[tuple[Signal, ...]] = ("logs",)
    pushes: ClassVar[tuple[Filter, ...]] = ("window", "entities", "contains")

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        service: Sequence[str] = SERVICE,
        instance: Sequence[str] = INSTANCE,
        selector: str = "",
        ca_file: str = "",
        client_file: str = "",
    ) -> None:
        super().__init__(Place.of("loki", url, headers, ca_file=ca_file, client_file=client_file))
        self._labels, self._selector = Labels(tuple(service), tuple(instance), objects=False), selector

    def fetch(self, question: Question) -> Answer:
        """Answer within the limits of `question`; its `query` is LogQL that gives lines."""
        return self._ask(question, {"logs": self._logs})

    def _logs(self, visit: Visit, question: Question) -> Rows:
        queries = [question.query] if question.query else self._queries(visit, question)
        share = max(1, min(AT_ONCE, question.limit.rows // (SLICES * max(1, len(queries))) or 1))
        for part in slices(question.window, SLICES):
            for query in queries:
                yield from self._part(visit, query, part, share)

    def _queries(self, visit: Visit, question: Question) -> list[str]:
        span = [("start", _ns(question.window.start)), ("end", _ns(question.window.end))]
        present = [each for each in visit.get("/loki/api/v1/labels", span, Names).data if LABEL.match(each)]
        contains = f" |= {quoted(question.contains)}" if question.contains else ""
        if question.entities:
            chosen = self._labels.selectors(question.entities, present)
        else:  # Loki wants at least one matcher that is not empty; each stream once
            known = [each for each in self._labels.service if each in present] or present[:1]
            chosen = ["".join(f'{each}="",' for each in known[:i]) + f'{name}=~".+"' for i, name in enumerate(known)]
        more = f",{self._selector}" if self._selector else ""
        return [f"{{{each}{more}}}{contains}" for each in chosen]

    def _part(self, visit: Visit, query: str, part: Window, share: int) -> Iterator[Row]:
        params = [("query", query), ("start", _ns(part.start)), ("end", _ns(part.end))]
        params += [("limit", str(share)), ("direction", "forward")]
        count = 0
        for stream in visit.get("/loki/api/v1/query_range", params, Lines).data.result:
            count += len(stream.values)
            for entry in stream.values:
                if (row := self._row(stream.stream, entry)) is not None:
                    yield row
        if count >= share:
            visit.cut.append(f"logs: at most {share} lines of every {part.seconds:g} s were asked for; there are more")

    def _row(self, labels: Mapping[str, str], entry: Entry) -> Row | None:
        if len(entry) < 2:
            return None
        at, line = entry[:2]
        if not isinstance(at, str) or not at.isdecimal() or not isinstance(line, str):
            return None
        more = entry[2] if len(entry) > 2 else {}
        said: dict[str, object] = {**labels, **(more if isinstance(more, dict) else {})}
        texts = {name: value for name, value in said.items() if isinstance(value, str)}
        level, number = severity(next((texts[name] for name in LEVEL if texts.get(name)), ""), line)
        row: Row = {
            "time_ns": int(at),
            "service": self._labels.entity(texts),
            "instance": self._labels.instance_of(texts),
            "severity": level,
            "severity_number": number,
            "body": line,
            "trace_id": id_of(texts.get("trace_id") or texts.get("traceID") or texts.get("traceid"), 32),
            "span_id": id_of(texts.get("span_id") or texts.get("spanID") or texts.get("spanid"), 16),
        }
        return log_row(row, said, {})


def _ns(seconds: float) -> str:
    return str(round(seconds * 1e9))
