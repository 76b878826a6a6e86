"""Tables: CSV, TSV, Parquet and JSON lines, batch by batch."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow

from telic.errors import UsageError
from telic.telemetry.sources.card import SCHEMAS, TIME, Question
from telic.telemetry.sources.conventions import severity
from telic.telemetry.sources.files.columns import Naming, mapped, signal_of
from telic.telemetry.sources.rows import Row, Rows, text_of
from telic.telemetry.sources.secrets import one_line
from telic.telemetry.sources.times import guess_ns

if TYPE_CHECKING:
    from telic.telemetry.sources.files import Reading

pa: Any = pyarrow
csv: Any = importlib.import_module("pyarrow.csv")
parquet: Any = importlib.import_module("pyarrow.parquet")
Record = Mapping[str, Any]
BATCH = 8192  # rows [1]
SHOWN = 8  # names of columns that a sentence shows [1]


def rows(path: Path, question: Question, naming: Naming, reading: Reading) -> Rows:
    """Yield the rows of one table that are of the question's signal."""
    signal: str | None = None
    names: Any = None
    columns: Mapping[str, str] = {}
    wide: Sequence[str] = ()
    unreadable, unknown = 0, False
    for record in records(path, reading):
        if names is None or record.keys() != names:  # lines of JSON may differ
            names = record.keys()
            signal = signal_of(path.stem, list(names), naming)
            if signal is None and not unknown:
                unknown = True
                reading.cut.append(_unknown(path, list(names)))
            if signal != question.signal:
                if path.suffix in (".csv", ".tsv", ".parquet"):
                    return
                continue
            columns = mapped(signal, list(names), naming)
            wide = _wide(signal, record, columns)
        if signal != question.signal:
            continue
        try:
            yield from _melted(record, columns, wide, naming) if wide else [_row(signal, record, columns, naming)]
        except ValueError:
            unreadable += 1
    if unreadable:
        reading.cut.append(f"{path.name}: {unreadable} rows without a time were left out")


def _unknown(path: Path, names: Sequence[str]) -> str:
    """Return what is said of rows whose columns tell nothing."""
    shown = ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
    said = one_line(f"{path.name}: nothing tells what rows with these columns are, they were left out: {shown}")
    return f"{said} (name the file after them, such as metrics.csv, or its columns in a sources file: `columns`)"


def records(path: Path, reading: Reading) -> Iterator[Record]:
    """Yield the rows of a file as they are."""
    try:
        if path.suffix in (".jsonl", ".ndjson"):
            yield from _lines(path, reading)
            return
        if path.suffix == ".parquet":
            file = parquet.ParquetFile(path)
            for batch in file.iter_batches(BATCH):
                reading.count(batch.nbytes)
                yield from _plain(batch).to_pylist()
            return
        form = csv.ParseOptions(delimiter="\t" if path.suffix == ".tsv" else ",", newlines_in_values=True)
        with csv.open_csv(path, parse_options=form) as file:
            for batch in file:
                reading.count(batch.nbytes)
                yield from _plain(batch).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise UsageError(f"cannot be read: {one_line(str(error))}", hint="is it what its suffix says?") from error


def _plain(batch: Any) -> Any:
    """Return times as nanoseconds: Python's own have microseconds only."""
    columns = []
    for column in batch.columns:
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("ns", column.type.tz)).cast(pa.int64())
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _lines(path: Path, reading: Reading) -> Iterator[Record]:
    wrong = 0
    with path.open("rb") as file:
        for line in file:
            reading.count(len(line))
            try:
                found = msgspec.json.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                wrong += bool(line.strip())
                continue
            if isinstance(found, dict):
                yield found
    if wrong:
        reading.cut.append(f"{path.name}: {wrong} lines are no JSON and were left out")


def _row(signal: str, record: Record, columns: Mapping[str, str], naming: Naming) -> Row:
    row: Row = {}
    for column, name in columns.items():
        value = record[name]
        if column.endswith("_ns") and column != "duration_ns":
            if value not in (None, "") or column == TIME[signal]:
                row[column] = guess_ns(value)
        elif value is not None and column != "attributes":
            row[column] = _typed(signal, column, value)
    if signal == "spans":
        ended = row.pop("end_ns", None)
        if "duration_ns" not in row and isinstance(ended, int):
            row["duration_ns"] = max(0, ended - int(str(row["start_ns"])))
        elif "duration_ns" in row and columns["duration_ns"].lower() != "duration_ns":
            raise ValueError("a duration without a unit")
    if signal == "logs" and not row.get("severity_number"):
        row["severity"], row["severity_number"] = severity(row.get("severity"), str(row.get("body", "")))
    if signal == "metrics" and row.get("kind") not in ("sum", "histogram"):
        row["kind"] = "gauge"
    owner = "service" if "service" in SCHEMAS[signal].names else "entity"
    row[owner] = row.get(owner) or naming.entity
    row["attributes"] = _attributes(record, columns)
    return row


def _attributes(record: Record, columns: Mapping[str, str]) -> str:
    taken = frozenset(columns.values())
    rest = {name: value for name, value in record.items() if name not in taken}
    own = record.get(columns.get("attributes", ""))
    if isinstance(own, str) and own:
        try:
            own = msgspec.json.decode(own)
        except msgspec.MsgspecError:
            own = {"attributes": own}
    return text_of({**rest, **own} if isinstance(own, dict) else rest)


def _typed(signal: str, column: str, value: object) -> object:
    kind = SCHEMAS[signal].field(column).type
    if kind == pa.string():
        return value if isinstance(value, str) else str(value)
    number = float(str(value))
    if kind == pa.float64():
        return number
    if not math.isfinite(number):
        raise ValueError(column)
    return int(number)


def _wide(signal: str, record: Record, columns: Mapping[str, str]) -> Sequence[str]:
    """Return the metrics of a table that has one a column; none where it has a column of values."""
    if signal != "metrics" or "value" in columns:
        return ()
    taken = set(columns.values())
    return [name for name, value in record.items() if name not in taken and isinstance(value, int | float | None)]


def _melted(record: Record, columns: Mapping[str, str], wide: Sequence[str], naming: Naming) -> Iterator[Row]:
    time_ns = guess_ns(record[columns["time_ns"]])
    entity = str(record[columns["service"]] or "") if "service" in columns else naming.entity
    for name in wide:
        value = record.get(name)
        if isinstance(value, int | float) and not isinstance(value, datetime):
            before, found, after = name.partition(naming.separator) if naming.separator else ("", "", "")
            service, metric = (before, after) if found and after else (entity, name)
            yield {"time_ns": time_ns, "service": service, "name": metric, "kind": "gauge", "value": float(value)}
