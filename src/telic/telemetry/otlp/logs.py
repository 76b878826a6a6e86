"""Log records of OTLP into rows of the table ``logs``."""

from __future__ import annotations

from collections.abc import Iterator

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from telic.telemetry.columns import TableRow
from telic.telemetry.otlp.traces import LATEST
from telic.telemetry.otlp.values import Origin, Origins, any_value, attributes, encode, text_of

LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")  # four severity numbers each, from 1
_origins = Origins("service.name", "service.instance.id", "service.version")


class Logs:
    """Reads one request; `rejected` counts records that break the format."""

    def __init__(self, message: ExportLogsServiceRequest, received_ns: int) -> None:
        self._message = message
        self._received = received_ns
        self.rejected = 0
        self.reason = ""

    def rows(self) -> Iterator[TableRow]:
        """Yield one row per valid record."""
        for of_resource in self._message.resource_logs:
            origin = _origins.of(of_resource.resource)
            for of_scope in of_resource.scope_logs:
                tail = origin.tail(of_scope.scope)
                for record in of_scope.log_records:
                    if max(record.time_unix_nano, record.observed_time_unix_nano) > LATEST:
                        self.rejected, self.reason = self.rejected + 1, "a time lies beyond the year 2262"
                    else:
                        yield self._row(record, origin, tail)

    def _row(self, record: LogRecord, origin: Origin, tail: bytes) -> TableRow:
        found = attributes(record.attributes)
        service, instance, version = origin.columns
        event = record.event_name
        if not event and isinstance(found.get("event.name"), str):
            event = str(found.pop("event.name"))
        exception = found.pop("exception.type") if isinstance(found.get("exception.type"), str) else ""
        body = record.body
        return (
            record.time_unix_nano or record.observed_time_unix_nano or self._received,
            service,
            instance,
            version,
            record.severity_text or severity_text(record.severity_number),
            record.severity_number,
            body.string_value if body.HasField("string_value") else _body_text(record),
            record.trace_id.hex() if len(record.trace_id) == 16 and any(record.trace_id) else "",
            record.span_id.hex() if len(record.span_id) == 8 and any(record.span_id) else "",
            event,
            exception,
            text_of(found, tail),
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


def _body_text(record: LogRecord) -> str:
    return encode(any_value(record.body)).decode() if record.body.WhichOneof("value") else ""
