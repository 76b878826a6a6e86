"""What the scanners filled, as chunks of the tables and counts of server spans."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from telic.telemetry.columns import ARROW, TABLES, Chunk, TableRow, chunk_of
from telic.telemetry.live import BOUNDS
from telic.telemetry.otlp.body import REQUESTS
from telic.telemetry.otlp.logs import origin_of as log_origin
from telic.telemetry.otlp.metrics import Metrics
from telic.telemetry.otlp.metrics import origin_of as metric_origin
from telic.telemetry.otlp.scan.buffers import Buffers, Group, Layout, Scanner
from telic.telemetry.otlp.scan.logs import REASONS as LOG_REASONS
from telic.telemetry.otlp.scan.logs import scan_logs
from telic.telemetry.otlp.scan.metrics import KINDS as METRIC_KINDS
from telic.telemetry.otlp.scan.metrics import REASONS as METRIC_REASONS
from telic.telemetry.otlp.scan.metrics import scan_metrics
from telic.telemetry.otlp.scan.spans import REASONS as SPAN_REASONS
from telic.telemetry.otlp.scan.spans import scan_spans
from telic.telemetry.otlp.scan.well_formed import NESTED, tables, well_formed
from telic.telemetry.otlp.traces import KINDS, STATUSES
from telic.telemetry.otlp.traces import origin_of as span_origin
from telic.telemetry.rollup import Counts

pa: Any = pyarrow
_NS = 1_000_000_000
_BOUNDS = np.array([round(bound * 1e9) for bound in BOUNDS], np.int64)
_SERVER, _ERROR = KINDS.index("server"), STATUSES.index("error")

SPANS = Layout(texts=9, numbers=3, codes=2)
LOGS = Layout(texts=7, numbers=2, codes=0)
METRICS = Layout(texts=5, numbers=3, codes=3, doubles=2)


def _origin_columns(buffers: Buffers) -> list[Any]:
    columns = zip(*(each.origin.columns for each in buffers.groups), strict=True)
    return [buffers.of_group(column, pa.string()) for column in columns]


def _received(buffers: Buffers) -> Any:
    return pa.array(np.array([each.received_ns for each in buffers.groups], np.int64)[buffers.group[: buffers.row]])


def span_chunk(buffers: Buffers) -> Chunk:
    """Return rows of the table ``spans``."""
    trace, own, parent, name, message, peer, error, statement, attributes = map(buffers.text_column, range(9))
    start, duration, http = (column[: buffers.row] for column in buffers.numbers)
    columns = [trace, own, parent, *_origin_columns(buffers), name, buffers.of_code(0, KINDS)]
    columns += [pa.array(start), pa.array(duration), buffers.of_code(1, STATUSES), message, peer]
    columns += [pa.array(http.astype(np.int32), mask=http < 0), error, statement, attributes, _received(buffers)]
    return pa.RecordBatch.from_arrays(columns, schema=ARROW["spans"])


def count_servers(buffers: Buffers, names: Any, counts: Counts) -> None:
    """Add the server spans to `counts`; equal to `rollup.count_spans` of the same rows.

    Parameters
    ----------
    buffers
        Spans.
    names
        Their names, as Arrow has them.
    counts
        Added to.
    """
    rows = np.flatnonzero(buffers.codes[0, : buffers.row] == _SERVER)
    if not len(rows):
        return
    start, duration, http = (column[: buffers.row][rows] for column in buffers.numbers)
    second = (start.view(np.uint64) + duration.view(np.uint64)) // np.uint64(_NS)  # may lie beyond what int64 holds
    coded = names.take(pa.array(rows)).dictionary_encode()
    services = [str(each.origin.columns[0]) for each in buffers.groups]
    known, of_group = np.unique(np.array(services, object), return_inverse=True)
    keys = np.stack(
        [
            second.astype(np.int64),
            of_group[buffers.group[: buffers.row][rows]],
            np.asarray(coded.indices),
            buffers.codes[1, : buffers.row][rows] == _ERROR,
            np.maximum(http, 0),
            np.searchsorted(_BOUNDS, duration, "left"),
        ]
    )
    order = np.lexsort(keys)
    keys = keys[:, order]
    first = np.flatnonzero(np.append(True, (keys[:, 1:] != keys[:, :-1]).any(axis=0)))
    amounts = np.diff(np.append(first, keys.shape[1]))
    words = coded.dictionary.to_pylist()
    for (at, service, name, failed, status, bucket), amount in zip(
        keys[:, first].T.tolist(), amounts.tolist(), strict=True
    ):
        counts[at, known[service], words[name], bool(failed), status, bucket] += amount


def log_chunk(buffers: Buffers) -> Chunk:
    """Return rows of the table ``logs``."""
    level, body, trace, own, event, exception, attributes = map(buffers.text_column, range(7))
    time_ns, severity = (column[: buffers.row] for column in buffers.numbers)
    columns = [pa.array(time_ns), *_origin_columns(buffers), level, pa.array(severity.astype(np.int32)), body]
    columns += [trace, own, event, exception, attributes, _received(buffers)]
    return pa.RecordBatch.from_arrays(columns, schema=ARROW["logs"])


def metric_chunk(buffers: Buffers) -> Chunk:
    """Return rows of the table ``metrics``."""
    name, unit, bounds, buckets, attributes = map(buffers.text_column, range(5))
    time_ns, start, count = (column[: buffers.row] for column in buffers.numbers)
    value, total = (column[: buffers.row] for column in buffers.doubles)
    _, has_value, has_total = (column[: buffers.row] for column in buffers.codes)
    columns = [pa.array(time_ns), pa.array(start), *_origin_columns(buffers)]
    columns += [name, buffers.of_code(0, METRIC_KINDS), unit, pa.array(value, mask=has_value == 0)]
    columns += [pa.array(count, mask=count < 0), pa.array(total, mask=has_total == 0), bounds, buckets]
    return pa.RecordBatch.from_arrays([*columns, attributes, _received(buffers)], schema=ARROW["metrics"])


class Scanners:
    """The scanners of all signals, filling one commit."""

    def __init__(self) -> None:
        self.live: Counts = Counter()
        self._chunks: dict[str, list[Chunk]] = {table: [] for table in TABLES}
        self._left: list[TableRow] = []
        self._left_rejected, self._left_reason = 0, ""
        self._scanners = {
            "spans": Scanner(scan_spans, SPANS, span_origin, self._take_spans),
            "logs": Scanner(scan_logs, LOGS, log_origin, lambda filled: self._chunks["logs"].append(log_chunk(filled))),
            "metrics": Scanner(scan_metrics, METRICS, metric_origin, self._take_metrics, self._leave),
        }
        self._reasons = {"spans": SPAN_REASONS, "logs": LOG_REASONS, "metrics": METRIC_REASONS}
        self._fields = tables([REQUESTS[table] for table in self._scanners])
        self._rows = {table: row for row, table in enumerate(self._scanners)}
        self._open = np.empty((NESTED, 2), np.int64)

    @property
    def tables(self) -> frozenset[str]:
        """The tables that a scanner fills."""
        return frozenset(self._scanners)

    def accept(self, table: str, body: bytes) -> bool:
        """Return whether a body is certainly one that the protobuf library accepts; where not, ask the library."""
        return bool(well_formed(np.frombuffer(body, np.uint8), self._fields, self._rows[table], self._open))

    def add(self, table: str, body: bytes, received_ns: int) -> tuple[int, str] | None:
        """Read a body that `accept` or the protobuf library accepted; None where the plain reader has to.

        Returns
        -------
        int
            How many things break the format.
        str
            Why, of the last one.

        Raises
        ------
        TooLarge
            Its rows would not fit into memory.
        """
        self._left_rejected, self._left_reason = 0, ""
        found = self._scanners[table].add(body, received_ns)
        if found is None:
            return None
        return found[0] + self._left_rejected, self._left_reason or self._reasons[table][found[1]]

    def finish(self) -> tuple[dict[str, list[Chunk]], Counts]:
        """Return what was read since the last call; it is overwritten after `recycle`."""
        for each in self._scanners.values():
            each.flush()
        if self._left:
            self._chunks["metrics"].append(chunk_of("metrics", self._left))
        made, live = self._chunks, self.live
        self._chunks, self.live, self._left = {table: [] for table in made}, Counter(), []
        return made, live

    def recycle(self) -> None:
        """Use the memory of what `finish` returned again."""
        for each in self._scanners.values():
            each.recycle()

    def _take_spans(self, buffers: Buffers) -> None:
        chunk = span_chunk(buffers)
        self._chunks["spans"].append(chunk)
        count_servers(buffers, chunk.column("name"), self.live)

    def _take_metrics(self, buffers: Buffers) -> None:
        self._chunks["metrics"].append(metric_chunk(buffers))

    def _leave(self, data: bytes, group: Group) -> None:
        reader = Metrics(None, group.received_ns)
        self._left += reader.of_metric(Metric.FromString(data), group.origin, group.tail)
        if reader.rejected:
            self._left_rejected, self._left_reason = self._left_rejected + reader.rejected, reader.reason
