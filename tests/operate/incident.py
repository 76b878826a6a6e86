"""Incidents from a few lines each, written as folders that any tool can read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
from ruamel.yaml import YAML

pa: Any = pyarrow  # has no types

FOLDER = Path(__file__).parent / "incidents"
REPORTED = 1_772_366_400.0  # 2026-03-01T12:00:00Z, when the alert fired
START, CALM, END = REPORTED - 4 * 3600, REPORTED - 3.5 * 3600, REPORTED + 300
STEP = 120.0  # between two points of a metric [s]
Lines = Sequence[Mapping[str, object]]


@dataclass(frozen=True)
class Case:
    """One incident; times are minutes before the alert."""

    name: str
    entity: str
    changes: Sequence[Lines]
    logs: Sequence[Mapping[str, object]]
    metrics: Sequence[Mapping[str, object]]
    culprit: str  # id of the change, empty for none
    edges: Sequence[tuple[str, str]] = ()
    events: Sequence[Mapping[str, object]] = ()
    documents: Mapping[str, str] = field(default_factory=dict)
    also: Sequence[str] = ()  # ids that would be as right


@lru_cache(maxsize=8)
def read(name: str) -> list[Case]:
    """Return the incidents of one file of ``tests/operate/incidents``."""
    with (FOLDER / f"{name}.yaml").open() as opened:
        return [Case(**each) for each in YAML(typ="safe").load(opened)]


def write(case: Case, folder: Path) -> Path:
    """Write one case as a recorded incident."""
    folder.mkdir(parents=True)
    header = {
        "format": "telic/incident/v1",
        "name": case.name,
        "window": {"start": _time(CALM), "end": _time(END)},
        "baseline": {"start": _time(START), "end": _time(CALM)},
        "symptom": {"entity": case.entity, "signal": "", "onset": _time(REPORTED)},
    }
    (folder / "incident.yaml").write_text("\n".join(f"{key}: {json.dumps(value)}" for key, value in header.items()))
    _lines(folder / "changes.jsonl", [_dated(line) for group in case.changes for line in group])
    _lines(folder / "events.jsonl", [_dated(each) for each in case.events])
    names = sorted({case.entity, *(end for edge in case.edges for end in edge)})
    topology = {
        "entities": [{"name": name, "kind": "service"} for name in names],
        "edges": [{"from": a, "to": b, "kind": "calls", "calls": 2} for a, b in case.edges],
    }
    (folder / "topology.json").write_text(json.dumps(topology))
    _table(folder / "logs.parquet", [*_calm(names), *(row for each in case.logs for row in _messages(each))])
    _table(folder / "metrics.parquet", [row for each in case.metrics for row in _points(each)])
    for path, text in case.documents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def _dated(line: Mapping[str, object]) -> dict[str, object]:
    return {**line, "time": _time(REPORTED + 60 * float(str(line["time"])))}


def _calm(names: Sequence[str]) -> list[dict[str, object]]:
    times = [START + 300.0 * i for i in range(int((END - START) / 300))]
    return [_row(time, names[i % len(names)], "INFO", "handled request", {}) for i, time in enumerate(times)]


def _messages(each: Mapping[str, object]) -> list[dict[str, object]]:
    first = REPORTED + 60 * float(str(each["at"]))
    count = min(40, int(str(each["count"])))
    step = (END - first) / (count + 1)
    said = (each["entity"], each["severity"], each["body"], each.get("attributes", {}))
    return [_row(first + 5 + i * step, *said) for i in range(count)]


def _row(time: float, entity: object, severity: object, body: object, attributes: object) -> dict[str, object]:
    row = {"time": _nanoseconds(time), "entity": entity, "severity": severity, "body": body}
    return row | {"trace_id": None, "span_id": None, "attributes": json.dumps(attributes)}


def _points(each: Mapping[str, object]) -> list[dict[str, object]]:
    before, after, at = float(str(each["before"])), float(str(each["after"])), each.get("at")
    rows = []
    for i in range(int((END - START) / STEP)):
        time = START + STEP * i
        level = before if at is None or time < REPORTED + 60 * float(str(at)) else after
        wave = 1 + 0.03 * ((i * 7919) % 13 - 6) / 6
        row = {"time": _nanoseconds(time), "entity": each["entity"], "name": each["name"], "value": level * wave}
        rows.append(row | {"unit": None, "attributes": None})
    return rows


def _table(path: Path, rows: list[dict[str, object]]) -> None:
    if rows:
        table = pa.Table.from_pylist(sorted(rows, key=lambda row: str(row["time"])))
        times = table.column("time").cast(pa.timestamp("ns", "UTC"))
        pa.parquet.write_table(table.set_column(table.schema.get_field_index("time"), "time", times), path)


def _lines(path: Path, lines: Sequence[Mapping[str, object]]) -> None:
    if lines:
        path.write_text(
            "\n".join(json.dumps(line) for line in sorted(lines, key=lambda line: str(line["time"]))) + "\n"
        )


def _nanoseconds(time: float) -> int:
    return round(time * 1e9)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
