"""OTLP-JSON: one document, or one a line as the collector's file exporter writes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from telic.errors import UsageError
from telic.telemetry.sources import otlp_json
from telic.telemetry.sources.card import Signal
from telic.telemetry.sources.rows import Rows

if TYPE_CHECKING:
    from telic.telemetry.sources.files import Reading

READERS = {"spans": otlp_json.spans, "logs": otlp_json.logs, "metrics": otlp_json.metrics}
ROOTS = (b'"resourceSpans"', b'"resourceLogs"', b'"resourceMetrics"', b'"batches"')
HEAD = 4096  # of a file, to tell what it is [bytes]
OWN = ("topology.json", "sources.json")  # of a recorded incident: no telemetry


def is_otlp(path: Path) -> bool:
    """Whether a file of lines holds exports."""
    if path.suffix not in (".jsonl", ".ndjson"):
        return False
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return False
    return any(each in head for each in ROOTS)


def rows(path: Path, signal: Signal, reading: Reading) -> Rows:
    """Yield the rows of one file that are of `signal`; of a JSON file that is no OTLP nothing, which is said."""
    reader = READERS.get(signal)
    if reader is None:
        return
    faults: otlp_json.Faults = Counter()
    try:
        for document in _documents(path, reading):
            yield from reader(document, faults)
    finally:
        reading.cut += [f"{path.name}: {count} {what}" for what, count in faults.items()]


def _documents(path: Path, reading: Reading) -> Iterator[dict[str, Any]]:
    try:
        if path.suffix == ".json":
            reading.count(path.stat().st_size)
            data = path.read_bytes()
            if any(each in data[:HEAD] for each in ROOTS):
                yield msgspec.json.decode(data, type=dict[str, Any])
            elif path.name not in OWN:
                msgspec.json.decode(data)
                reading.cut.append(
                    f"{path.name}: was left out, it is no OTLP-JSON; records belong one a line in a .jsonl"
                )
            return
        wrong = 0
        with path.open("rb") as file:
            for line in file:
                reading.count(len(line))
                try:
                    yield msgspec.json.decode(line, type=dict[str, Any])
                except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                    wrong += bool(line.strip())
        if wrong:
            reading.cut.append(f"{path.name}: {wrong} lines are no JSON and were left out")
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", hint="check its owner") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"is no JSON: {error}", hint="is it whole?") from error
