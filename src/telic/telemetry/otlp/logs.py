"""Log records of OTLP into rows of the table ``logs``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from telic.telemetry.columns import TableRow
from telic.telemetry.otlp.traces import LATEST
from telic.telemetry.otlp.values import Remembered, Said, any_value, encode, origins

LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")  # four severity numbers each, from 1
origin_of = origins("service.name", "service.instance.id", "service.version")
_said: Remembered[tuple[bytes, ...], Said] = Remembered(
    lambda data: Said(data, ("event.name", "exception.type")), most=4096
)


class Logs:
    """Reads one request; `rejected` counts records that break the format."""

    def __init__(self, message: Any, received_ns: int) -> None:
        self._message = message
        self._received = received_ns
        self.rejected = 0
        self.reason = ""

    def rows(self) -> Iterator[TableRow]:
        """Yield one row per valid record."""
        for of_resource in self._message.resources:
            origin = origin_of(of_resource.resource)
            columns = tuple(origin.columns)
            for of_scope in of_resource.scopes:
                tail = origin.tail(of_scope.scope)
                for record in of_scope.things:
                    time_ns = record.time_unix_nano or record.observed_time_unix_nano or self._received
                    if time_ns > LATEST:
                        self.rejected, self.reason = self.rejected + 1, "a time lies beyond the year 2262"
                        continue
                    said = _said(tuple(record.attributes))
                    event, exception = said.columns
                    trace, span, severity = record.trace_id, record.span_id, record.severity_number
                    yield (
                        time_ns,
                        *columns,
                        record.severity_text or severity_text(severity),
                        severity,
                        _body(record.body),
                        trace.hex() if len(trace) == 16 and any(trace) else "",
                        span.hex() if len(span) == 8 and any(span) else "",
                        record.event_name or event,
                        exception,
                        said.text(tail),
                        self._received,
                    )


def severity_text(number: int) -> str:
    """Return the level of a severity number; empty for one that is none.

    Examples
    --------
    >>> severity_text(9), severity_text(17), severity_text(0)
    ('INFO', 'ERROR', '')
    """
    return LEVELS[(number - 1) // 4] if 1 <= number <= 24 else ""


def _read_body(data: bytes) -> str:
    value = AnyValue.FromString(data)
    if value.HasField("string_value"):
        return value.string_value
    return encode(any_value(value)).decode() if value.WhichOneof("value") else ""


_body: Remembered[bytes, str] = Remembered(_read_body, most=1024)
