"""What repeats from span to span (name, kind, attributes, status), serialised once and shared."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from telic.runtime.telemetry.metrics import Series

SCOPE = "telic.runtime"
Attributes = Mapping[str, object]


class Kind(IntEnum):
    """OTLP's span kinds."""

    INTERNAL = 1
    SERVER = 2
    CLIENT = 3
    PRODUCER = 4
    CONSUMER = 5


class Status(IntEnum):
    """OTLP's span statuses."""

    UNSET = 0
    OK = 1
    ERROR = 2


class SpanShape:
    """The part of a span that many spans have in common.

    Attributes
    ----------
    encoded
        Serialised ``Span`` without ids and times.
    series
        The duration histogram that spans of this shape count in, or None.
    scope
        Which library made the span.
    """

    __slots__ = ("encoded", "scope", "series")

    def __init__(
        self,
        name: str,
        kind: Kind,
        attributes: Attributes,
        *,
        status: Status = Status.UNSET,
        message: str = "",
        series: Series | None = None,
        scope: str = SCOPE,
    ) -> None:
        span = trace_pb2.Span(name=name, kind=kind.value, attributes=key_values(attributes), flags=_SAMPLED)  # type: ignore[arg-type]
        if status or message:
            span.status.CopyFrom(trace_pb2.Status(code=status.value, message=message))  # type: ignore[arg-type]
        self.encoded = span.SerializeToString()
        self.series, self.scope = series, scope


_SAMPLED = 0x101  # sampled; and the parent is known to be remote or not (bit 8)


def key_values(attributes: Attributes) -> list[KeyValue]:
    """Return attributes as OTLP has them; None is left out."""
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items() if value is not None]


def any_value(value: object) -> AnyValue:
    """Return one value as OTLP has it; what is no number, text, bytes or list of them becomes text."""
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, bytes):
        return AnyValue(bytes_value=value)
    if isinstance(value, (list, tuple)):
        return AnyValue(array_value=ArrayValue(values=[any_value(each) for each in value]))
    return AnyValue(string_value=value if isinstance(value, str) else str(value))


def span_event(name: str, time: int, attributes: Attributes) -> bytes:
    """Serialise one event of a span, as the span's field; `time` in ns since the epoch."""
    event = trace_pb2.Span.Event(name=name, time_unix_nano=time, attributes=key_values(attributes))
    return trace_pb2.Span(events=[event]).SerializeToString()
