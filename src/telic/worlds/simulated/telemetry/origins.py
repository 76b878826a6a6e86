"""What repeats from row to row: constant columns of shapes and instruments, read once by the live decoder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from telic.errors import WorldError
from telic.runtime.telemetry import encode, wire
from telic.runtime.telemetry.recorder import LogRecord
from telic.runtime.telemetry.shapes import SpanShape
from telic.telemetry.columns import TABLES, TableRow
from telic.telemetry.otlp import body as otlp
from telic.telemetry.otlp.logs import Logs
from telic.telemetry.otlp.metrics import Metrics
from telic.telemetry.otlp.traces import Spans
from telic.worlds.simulated.telemetry.metrics import EXTREMES, Instrument

K = TypeVar("K")
REMEMBERED = 8192  # shapes that one origin knows by identity [1]
_TRACE, _SPAN = "1" * 32, "1" * 16
_AT = {table: {name: index for index, (name, _) in enumerate(columns)} for table, columns in TABLES.items()}
ATTRIBUTES = _AT["spans"]["attributes"]
SPAN_CONSTANTS = tuple(
    name for name, _ in TABLES["spans"]
    if name not in ("trace_id", "span_id", "parent_span_id", "start_ns", "duration_ns", "received_ns")
)  # fmt: skip
POINT_CONSTANTS = ("service", "instance", "name", "kind", "unit", "bounds")


class Constants:
    """Rows of constant columns, numbered; what was seen before keeps its number."""

    def __init__(self) -> None:
        self.spans: list[TableRow] = []  # `SPAN_CONSTANTS`
        self.points: list[TableRow] = []  # `POINT_CONSTANTS`, and the attributes before and after a point's extremes
        self._span_numbers: dict[tuple[bytes, str, bytes], int] = {}
        self._point_numbers: dict[tuple[bytes, Instrument], int] = {}

    def span(self, resource: bytes, shape: SpanShape) -> int:
        """Return the number of a shape's constant columns."""
        key = (resource, shape.scope, shape.encoded)
        known = self._span_numbers.get(key)
        if known is None:
            row = decode_span(resource, shape)
            self.spans.append(tuple(text(row[_AT["spans"][name]]) for name in SPAN_CONSTANTS))
            known = self._span_numbers[key] = len(self.spans) - 1
        return known

    def point(self, resource: bytes, instrument: Instrument) -> int:
        """Return the number of an instrument's constant columns."""
        known = self._point_numbers.get((resource, instrument))
        if known is None:
            row = decode_point(resource, instrument)
            at = _AT["metrics"]
            before, _, after = str(text(row[at["attributes"]])).partition(EXTREMES)
            self.points.append((*(row[at[name]] for name in POINT_CONSTANTS), before, after))
            known = self._point_numbers[resource, instrument] = len(self.points) - 1
        return known


class Origin:
    """One resource: what it sends becomes numbers of constant columns.

    Parameters
    ----------
    attributes
        ``service.name``, ``service.instance.id``, ``service.version``, ``telic.config.revision``, ...
    constants
        Where columns are kept; all origins share them.
    """

    def __init__(self, attributes: Mapping[str, object], constants: Constants) -> None:
        self.service = str(attributes.get("service.name", ""))
        self.encoded = encode.resource(attributes)
        self.constants = constants
        self.shapes: dict[SpanShape, int] = {}
        self._instruments: dict[Instrument, int] = {}

    def shape(self, shape: SpanShape) -> int:
        """Return the number of a shape's constant columns."""
        known = self.shapes.get(shape)
        if known is None:
            if len(self.shapes) >= REMEMBERED:
                self.shapes.clear()
            known = self.shapes[shape] = self.constants.span(self.encoded, shape)
        return known

    def instrument(self, instrument: Instrument) -> int:
        """Return the number of an instrument's constant columns."""
        known = self._instruments.get(instrument)
        if known is None:
            known = self._instruments[instrument] = self.constants.point(self.encoded, instrument)
        return known


def decode_span(resource: bytes, shape: SpanShape, events: bytes = b"") -> TableRow:
    """Return the row that the live receiver stores of a span; its ids and times mean nothing."""
    span = wire.span_head(_TRACE, _SPAN, "", 1, 2) + shape.encoded + events
    body = encode.request(resource, encode.scoped(wire.delimited(2, span), shape.scope))
    return _only(list(Spans(otlp.parse("spans", body, otlp.PROTOBUF), 0).rows()), "span")


def decode_point(resource: bytes, instrument: Instrument) -> TableRow:
    """Return the row that the live receiver stores of an instrument's example."""
    body = encode.request(resource, encode.scoped(instrument.example()))
    return _only(list(Metrics(otlp.parse("metrics", body, otlp.PROTOBUF), 0).rows()), "data point")


def decode_logs(body: bytes, received_ns: int) -> list[TableRow]:
    """Return the rows that the live receiver stores of an export of logs."""
    return list(Logs(otlp.parse("logs", body, otlp.PROTOBUF), received_ns).rows())


def log_rows(origin: Origin, records: list[LogRecord], received_ns: int) -> list[TableRow]:
    """Return the rows that the live receiver stores of an instance's log records."""
    return decode_logs(encode.request(origin.encoded, encode.logs(records)), received_ns)


def text(value: object) -> object:
    """Return what a decoder has as bytes as the store has it."""
    return value.decode() if isinstance(value, bytes) else value


def _only(rows: list[TableRow], what: str) -> TableRow:
    if len(rows) != 1:
        raise WorldError(f"a {what} was read as {len(rows)}", hint="encoder and decoder disagree")
    return rows[0]
