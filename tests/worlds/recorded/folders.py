"""Writes small incident folders."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

Row = Mapping[str, object]
HEADER = """format: telic/incident/v1
name: small
window: {start: 2026-01-01T01:00:00Z, end: 2026-01-01T01:30:00Z}
baseline: {start: 2026-01-01T00:00:00Z, end: 2026-01-01T01:00:00Z}
symptom: {entity: web, signal: latency.mean, onset: 2026-01-01T01:10:00Z}
"""
START = 1767225600.0  # 2026-01-01T00:00:00Z [s since the Unix epoch]
ONSET = START + 4200.0

_TEXT = {
    "metrics": ("entity", "name", "unit", "attributes"),
    "logs": ("entity", "severity", "body", "trace_id", "span_id", "attributes"),
    "spans": ("trace_id", "span_id", "parent_span_id", "entity", "instance", "name", "kind", "status", "attributes"),
}
_TIMES = {"metrics": ("time",), "logs": ("time",), "spans": ("start", "end")}


def write(
    folder: Path,
    *,
    header: str = HEADER,
    metrics: Iterable[Row] = (),
    logs: Iterable[Row] = (),
    spans: Iterable[Row] = (),
    calls: Iterable[tuple[str, str]] = (),
    changes: Iterable[Row] = (),
    alerts: Iterable[Row] = (),
) -> Path:
    """Write an incident; times in rows are seconds since the Unix epoch."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "incident.yaml").write_text(header)
    for kind, rows in {"metrics": metrics, "logs": logs, "spans": spans}.items():
        table(folder / f"{kind}.parquet", kind, list(rows))
    edges = [{"from": caller, "to": callee, "kind": "calls", "calls": None} for caller, callee in calls]
    names = dict.fromkeys(name for edge in edges for name in (str(edge["from"]), str(edge["to"])))
    entities = [{"name": name, "kind": "service"} for name in names]
    if edges:
        (folder / "topology.json").write_text(json.dumps({"entities": entities, "edges": edges}))
    for name, found in {"changes": changes, "alerts": alerts}.items():
        lines = [json.dumps(each) for each in found]
        if lines:
            (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def table(file: Path, kind: str, rows: list[Row]) -> None:
    """Write one Parquet table, if there are rows."""
    if not rows:
        return
    source = file.with_suffix(".source")
    source.write_text("\n".join(json.dumps(each) for each in rows))
    columns = {**dict.fromkeys(_TEXT[kind], "VARCHAR"), **dict.fromkeys(_TIMES[kind], "DOUBLE")}
    columns |= {"value": "DOUBLE"} if kind == "metrics" else {}
    spec = ", ".join(f"'{name}': '{of}'" for name, of in columns.items())
    chosen = ", ".join(
        f'make_timestamp_ns(("{name}" * 1e9)::BIGINT) AS "{name}"' if name in _TIMES[kind] else name for name in columns
    )
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT {chosen} FROM read_json('{source}', format='newline_delimited', columns={{{spec}}})) "
            f"TO '{file}' (FORMAT parquet)"
        )
    source.unlink()


def points(entity: str, name: str, values: Iterable[float], *, step: float = 60.0, unit: str = "") -> list[Row]:
    """Points of one metric from `START` on."""
    return [
        {"time": START + number * step, "entity": entity, "name": name, "value": value, "unit": unit}
        for number, value in enumerate(values)
    ]
