"""What was gathered, as a recorded incident: a folder that any diagnosis reads (format ``telic/incident/v1``)."""

from __future__ import annotations

import importlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pyarrow

from telic.errors import UsageError, WorldError
from telic.model import Window
from telic.telemetry.sources.card import Columns, Signal
from telic.telemetry.sources.gathering import Gathered
from telic.telemetry.sources.histograms import in_numbers
from telic.telemetry.sources.times import rfc3339

pa: Any = pyarrow
parquet: Any = importlib.import_module("pyarrow.parquet")
TIME = pa.timestamp("ns", "UTC")
REMEMBERED = 1 << 16  # texts of attributes; a series has the same for all its points [1]
Attributes = dict[str, Any]
SPAN_EXTRAS = {  # columns of the store that a recorded span keeps as attributes
    "version": "service.version",
    "status_message": "status.message",
    "peer": "peer.service",
    "http_status": "http.response.status_code",
    "error_type": "error.type",
    "statement": "db.query.summary",
}
LOG_EXTRAS = {
    "instance": "instance",
    "version": "service.version",
    "event_name": "event.name",
    "exception_type": "exception.type",
}


def write(gathered: Gathered, folder: Path, *, symptom: Mapping[str, str] | None = None, notes: str = "") -> Path:
    """Write a recorded incident; the folder appears whole or not at all.

    Parameters
    ----------
    folder
        Must not exist, or be empty.
    symptom
        ``entity``, ``signal``, ``onset`` as far as they are known.
    notes
        Words for whoever reads it.

    Raises
    ------
    UsageError
        `folder` holds something.
    WorldError
        It cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is there already", hint="name another folder, or remove it")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            _fill(made, gathered, folder.name, symptom or {}, notes)
            made.chmod(0o755)
            made.replace(folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise WorldError(f"cannot write {folder}: {error.strerror}", hint="check its owner and the disk") from error
    return folder


def _fill(folder: Path, gathered: Gathered, name: str, symptom: Mapping[str, str], notes: str) -> None:
    since = min(each.start for each in (gathered.window, gathered.baseline) if each is not None)
    tables = {**gathered.tables, "metrics": in_numbers(gathered.tables["metrics"], round(since * 1e9))}
    for signal, make in TABLES.items():
        if tables[signal].num_rows:
            parquet.write_table(make(tables[signal]), folder / f"{signal}.parquet")
    for signal in RECORDS:
        if tables[signal].num_rows:
            lines = (json.dumps(each, ensure_ascii=False) for each in _records(tables[signal]))
            (folder / f"{signal}.jsonl").write_text("".join(f"{each}\n" for each in lines), encoding="utf-8")
    topology = {"entities": _things(tables["entities"]), "edges": _edges(tables["edges"])}
    (folder / "topology.json").write_text(json.dumps(topology, indent=1, ensure_ascii=False), encoding="utf-8")
    asked = {"missing": gathered.missing, "queries": gathered.queries}
    (folder / "sources.json").write_text(json.dumps(asked, indent=1, ensure_ascii=False), encoding="utf-8")
    said = "\n".join([*filter(None, [notes]), *(f"Missing: {each}" for each in gathered.missing)])
    head = [
        "format: telic/incident/v1",
        f"name: {json.dumps(name)}",
        f"window: {json.dumps(_window(gathered.window))}",
        *([f"baseline: {json.dumps(_window(gathered.baseline))}"] if gathered.baseline else []),
        *([f"symptom: {json.dumps(dict(symptom))}"] if symptom else []),
        f"notes: {json.dumps(said)}",
    ]
    (folder / "incident.yaml").write_text("\n".join(head) + "\n", encoding="utf-8")


def _window(window: Window) -> dict[str, str]:
    return {"start": rfc3339(window.start), "end": rfc3339(window.end)}


def _times(column: Any) -> Any:
    return column.cast(pa.timestamp("ns")).cast(TIME)


def _with(table: Columns, extras: Mapping[str, str]) -> Any:
    """Return the attributes of `table` with columns added that the incident has none for."""
    columns = [table[name].to_pylist() for name in extras]
    keys = list(extras.values())
    made: list[str] = []
    remembered: dict[tuple[object, ...], str] = {}
    for values in zip(table["attributes"].to_pylist(), *columns, strict=True):
        text = remembered.get(values)
        if text is None:
            more = {key: value for key, value in zip(keys, values[1:], strict=True) if value not in ("", None)}
            text = _merged(values[0], more)
            if len(remembered) < REMEMBERED:
                remembered[values] = text
        made.append(text)
    return pa.array(made, pa.string())


def _merged(text: str, more: Attributes) -> str:
    if not more:
        return text or "{}"
    own: Attributes = msgspec.json.decode(text, type=dict[str, Any]) if text else {}
    return msgspec.json.encode({**more, **own}).decode()


def _spans(table: Columns) -> Columns:
    start = table["start_ns"]
    end = pa.array(
        [begun + took for begun, took in zip(start.to_pylist(), table["duration_ns"].to_pylist(), strict=True)],
        pa.int64(),
    )
    plain = ("trace_id", "span_id", "parent_span_id", "service", "instance", "name", "kind")
    found = {("entity" if name == "service" else name): table[name] for name in plain}
    found |= {"start": _times(start), "end": _times(end), "status": table["status"]}
    return pa.table({**found, "attributes": _with(table, SPAN_EXTRAS)})


def _logs(table: Columns) -> Columns:
    found = {"time": _times(table["time_ns"]), "entity": table["service"]}
    found |= {name: table[name] for name in ("severity", "body", "trace_id", "span_id")}
    return pa.table({**found, "attributes": _with(table, LOG_EXTRAS)})


def _metrics(table: Columns) -> Columns:
    plain = table.filter(table["value"].is_valid())
    found = {"time": _times(plain["time_ns"]), "entity": plain["service"]}
    found |= {name: plain[name] for name in ("name", "value", "unit")}
    return pa.table({**found, "attributes": _with(plain, {"instance": "instance"})}).sort_by("time")


def _records(table: Columns) -> Iterator[Attributes]:
    for row in table.to_pylist():
        said = msgspec.json.decode(row.pop("attributes") or "{}", type=dict[str, Any])
        at, ended = row.pop("time_ns"), row.pop("end_ns", 0)
        if ended:
            said["end"] = _text_of_time(ended)
        own = {"time": _text_of_time(at), **row}
        yield own | {key: value for key, value in said.items() if key not in own}


def _text_of_time(ns: int) -> str:
    whole, rest = divmod(ns, 10**9)
    return rfc3339(whole)[:-8] + f".{rest:09d}Z"


def _things(table: Columns) -> list[Attributes]:
    keep: Callable[[str, object], bool] = lambda key, value: key in ("name", "kind") or value not in ("", None)  # noqa: E731
    return [
        {key: value for key, value in row.items() if keep(key, value) and key != "attributes"}
        for row in table.to_pylist()
    ]


def _edges(table: Columns) -> list[Attributes]:
    return [
        {"from": row["caller"], "to": row["callee"], "kind": row["kind"], "calls": row["calls"]}
        for row in table.to_pylist()
    ]


TABLES: Mapping[Signal, Callable[[Columns], Columns]] = {"metrics": _metrics, "logs": _logs, "spans": _spans}
RECORDS: tuple[Signal, ...] = ("changes", "alerts", "events")
