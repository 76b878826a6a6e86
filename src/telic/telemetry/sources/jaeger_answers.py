"""What Jaeger's query service answers, as far as it is read.

Source: https://www.jaegertracing.io/docs/latest/architecture/apis/ (HTTP JSON, as its web page uses it)
"""

from __future__ import annotations

import msgspec


class Tag(msgspec.Struct):
    """A key with a value."""

    key: str
    value: object = None


class Reference(msgspec.Struct):
    """The span that a span belongs to."""

    refType: str = "CHILD_OF"
    traceID: str = ""
    spanID: str = ""


class Log(msgspec.Struct):
    """Something that happened within a span."""

    timestamp: int = 0  # [us]
    fields: list[Tag] = []


class Span(msgspec.Struct):
    """One span; times in microseconds."""

    traceID: str
    spanID: str
    startTime: int
    duration: int
    operationName: str = ""
    processID: str = ""
    references: list[Reference] | None = None
    parentSpanID: str = ""
    tags: list[Tag] | None = None
    logs: list[Log] | None = None


class Process(msgspec.Struct):
    """Who sent spans."""

    serviceName: str = ""
    tags: list[Tag] | None = None


class Trace(msgspec.Struct):
    """One trace."""

    spans: list[Span] | None
    processes: dict[str, Process] | None = None


class Traces(msgspec.Struct):
    """The answer with traces."""

    data: list[Trace] | None


class Services(msgspec.Struct):
    """The answer with names of services."""

    data: list[str] | None


class Link(msgspec.Struct):
    """A caller, a callee and how often."""

    parent: str
    child: str
    callCount: int = 0


class Links(msgspec.Struct):
    """The answer with calls."""

    data: list[Link] | None
