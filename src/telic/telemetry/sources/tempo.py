"""Tempo: traces by TraceQL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from telic.errors import SourceFailed
from telic.telemetry.sources import otlp_json
from telic.telemetry.sources.card import Answer, Exhausted, Filter, Question, Signal, source
from telic.telemetry.sources.place import Place
from telic.telemetry.sources.prometheus.labels import quoted, regex
from telic.telemetry.sources.remote import Remote
from telic.telemetry.sources.rows import Rows
from telic.telemetry.sources.times import slices
from telic.telemetry.sources.visit import Visit

SLICES = 6  # parts of the window with a limit each
TRACES = 300  # of one answer: each takes a request of its own [1]
SPANS = 8  # of a trace, for a first guess at how many traces fit [1]
_ID = re.compile(r"[0-9a-fA-F]{1,32}$")


class Found(msgspec.Struct):
    """A trace that a search found."""

    traceID: str


class Search(msgspec.Struct):
    """The answer of a search."""

    traces: list[Found] | None = None
    metrics: dict[str, Any] | None = None


@source("tempo", example={"url": "http://127.0.0.1:3200"})
class Tempo(Remote):
    """Traces of a Grafana Tempo server.

    Traces are searched with TraceQL in six parts of the window, then read one by one; at most 300. The answer says
    where there are more. Calls between services are counted by Tempo's metrics generator: ask the Prometheus that it
    writes to.

    Parameters
    ----------
    url
        Base URL, with the path prefix if there is one.
    headers
        Sent with every request: a token, or the tenant (``X-Scope-OrgID``).
    traces
        Most traces of one answer [1].
    ca_file, client_file
        Certificates in PEM.

    Source: https://grafana.com/docs/tempo/latest/api_docs/
    """

    offers: ClassVar[tuple[Signal, ...]] = ("spans",)
    pushes: ClassVar[tuple[Filter, ...]] = ("window", "entities", "names")

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        traces: int = TRACES,
        ca_file: str = "",
        client_file: str = "",
    ) -> None:
        super().__init__(Place.of("tempo", url, headers, ca_file=ca_file, client_file=client_file))
        self._traces = max(1, int(traces))

    def fetch(self, question: Question) -> Answer:
        """Answer within the limits of `question`; its `query` is TraceQL."""
        return self._ask(question, {"spans": self._spans})

    def _spans(self, visit: Visit, question: Question) -> Rows:
        query, window = question.query or traceql(question), question.window
        share = max(1, min(self._traces, question.limit.rows // SPANS) // SLICES)
        seen: set[str] = set()
        for part in slices(window, SLICES):
            times = [("start", str(int(part.start))), ("end", str(-int(-part.end // 1)))]
            params = [("q", query), *times, ("limit", str(share)), ("spss", "1")]
            answer = visit.get("/api/search", params, Search)
            if answer.traces is None and answer.metrics is None:
                raise visit.failed("did not answer a search as Tempo does", "is this Tempo's base URL?")
            found = answer.traces or []
            if len(found) >= share:
                visit.cut.append(
                    f"spans: at most {share} traces of every {part.seconds:g} s were asked for; there may be more"
                )
            for trace in found:
                if trace.traceID not in seen and _ID.match(trace.traceID):
                    seen.add(trace.traceID)
                    yield from self._trace(visit, trace.traceID)

    def _trace(self, visit: Visit, trace: str) -> Rows:
        try:
            document = visit.get(f"/api/traces/{trace}", [], dict[str, Any])
        except Exhausted:
            raise
        except SourceFailed as error:
            if error.context.get("status") != 404:
                raise
            visit.cut.append(f"spans: trace {trace} is gone")
            return
        yield from otlp_json.spans(document)


def traceql(question: Question) -> str:
    r"""Return the query for traces with a span of the entities and names that are asked for.

    Examples
    --------
    >>> from telic.model import Window
    >>> print(traceql(Question("spans", Window(0, 1), entities=("cart", "a.b"))))
    { resource.service.name =~ "cart|a\\.b" }
    """
    parts = []
    if question.entities:
        parts.append(f"resource.service.name =~ {quoted(regex(question.entities))}")
    if question.names:
        parts.append(f"name =~ {quoted(regex(question.names))}")
    return f"{{ {' && '.join(parts)} }}" if parts else "{}"
