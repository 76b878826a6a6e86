"""One made-up incident as a folder that is diagnosed like any other."""

from __future__ import annotations

import importlib
import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.diagnosis.cases import Case
from benchmarks.diagnosis.made.happenings import FAULTS, QUIET, Happening, fault, quiet
from benchmarks.diagnosis.made.signals import Row, logs, metrics, spans
from benchmarks.diagnosis.made.system import System, Work, request, system

pa: Any = importlib.import_module("pyarrow")
parquet: Any = importlib.import_module("pyarrow.parquet")

_START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC).timestamp()
_BASELINE, _WINDOW = 1800.0, 900.0  # [s]
_EVERY = 1.5  # between requests, without a load change [s]
_TIMES = {"metrics": ("time",), "logs": ("time",), "spans": ("start", "end")}


def make(root: Path, seed: int, *, faulty: bool) -> Case:
    """Write the incident of a number; what is wrong (or that nothing is), who saw what, and how is drawn from it.

    Parameters
    ----------
    root
        The incident becomes a folder in it.
    """
    chance = random.Random(f"{'fault' if faulty else 'quiet'} {seed}")
    made = system(chance)
    begins, ends = _START + _BASELINE, _START + _BASELINE + _WINDOW
    onset = begins + chance.uniform(200.0, 400.0)
    kinds = (FAULTS if faulty else QUIET)[seed % len(FAULTS if faulty else QUIET)]
    true = fault(kinds, made, onset, chance) if faulty else None
    beside = [quiet(chance.choice(QUIET), made, onset - chance.uniform(0.0, 300.0), chance)] if faulty else []
    beside += [] if faulty else [quiet(kinds, made, onset, chance)]
    happening = [*([true] if true else []), *beside]
    requests = _requests(made, happening, ends, chance)
    folder = root / f"{'fault' if faulty else 'quiet'}-{seed:04d}"
    folder.mkdir(parents=True)
    seen = chance.choice(
        (("metrics",), ("metrics", "logs"), ("logs",), ("spans",), ("spans", "logs"), ("metrics", "logs", "spans"))
    )
    if true and not _visible(true, seen):
        seen = ("metrics", "logs", "spans")
    clients = chance.random() < 0.7 or (true is not None and true.kind == "network")
    if "metrics" in seen:
        _table(folder / "metrics.parquet", "metrics", list(metrics(made, requests, _START, ends, happening, chance)))
    if "logs" in seen:
        lines = list(logs(made, requests, _START, ends, happening, chance, traced="spans" in seen))
        _table(folder / "logs.parquet", "logs", sorted(lines, key=lambda each: float(str(each["time"]))))
    if "spans" in seen:
        _table(
            folder / "spans.parquet", "spans", list(spans(requests, chance.choice((0.3, 1.0)), chance, clients=clients))
        )
    _around(folder, made, happening, chance, onset, begins, ends)
    _truth(folder, true)
    return Case("made", folder)


def _visible(each: Happening, seen: Sequence[str]) -> bool:
    """Whether the kinds of telemetry that were recorded can show it at all."""
    logged = each.kind in ("errors", "exception", "crash", "pool", "swallowed")
    measured = each.kind not in ("swallowed", "network")
    return ("metrics" in seen and measured) or ("logs" in seen and logged) or "spans" in seen


def _requests(made: System, happening: Sequence[Happening], ends: float, chance: random.Random) -> list[list[Work]]:
    found, time = [], _START
    touching = [each.touch for each in happening if each.touch is not None]
    loads = [each.load for each in happening if each.load is not None]
    while time < ends:
        found.append(request(made, time, touching, chance))
        load = 1.0
        for each in loads:
            load *= each(time)
        time += chance.expovariate(load / _EVERY)
    return found


def _around(
    folder: Path,
    made: System,
    happening: Sequence[Happening],
    chance: random.Random,
    onset: float,
    begins: float,
    ends: float,
) -> None:
    """What is not telemetry: header, topology, changes, events; some of it is not on record."""
    symptom = chance.choice(({"entity": made.entry, "onset": onset}, {"entity": made.entry}, {}))
    told = ", ".join(f"{key}: {_text(value) if isinstance(value, float) else value}" for key, value in symptom.items())
    lines = [
        "format: telic/incident/v1",
        f"name: {folder.name}",
        f"window: {{start: {_text(begins)}, end: {_text(ends)}}}",
    ]
    if chance.random() < 0.8:
        lines.append(f"baseline: {{start: {_text(_START)}, end: {_text(begins)}}}")
    else:
        lines[-1] = f"window: {{start: {_text(_START)}, end: {_text(ends)}}}"
        told = f"entity: {made.entry}, onset: {_text(onset)}"
    (folder / "incident.yaml").write_text("\n".join([*lines, f"symptom: {{{told}}}"]) + "\n")
    if chance.random() < 0.7:
        edges = [
            {"from": caller, "to": callee, "kind": "uses" if callee in made.stores else "calls", "calls": None}
            for caller, callees in made.calls.items()
            for callee, _ in callees
        ]
        entities = [{"name": each, "kind": "store" if each in made.stores else "service"} for each in made.names]
        (folder / "topology.json").write_text(json.dumps({"entities": entities, "edges": edges}))
    changes: list[Row] = [
        {
            "time": _text(each.onset - 5.0),
            "kind": "deploy",
            "entity": entity,
            "id": id_,
            "summary": summary,
            "diff": "",
            "author": "ann",
        }
        for each in happening
        for entity, id_, summary in [each.change]
        if id_
    ]
    events: list[Row] = [
        {
            "time": _text(each.onset + 60.0),
            "kind": "Warning",
            "entity": each.entity,
            "reason": each.event[0],
            "text": each.event[1],
        }
        for each in happening
        if each.event[0]
    ]
    for name, rows in (("changes", changes), ("events", events)):
        if rows:
            (folder / f"{name}.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))


def _truth(folder: Path, true: Happening | None) -> None:
    causes = [{"entity": true.entity, "mechanism": true.mechanism, "change": true.change[1]}] if true else []
    (folder / "truth.json").write_text(
        json.dumps({"root_causes": causes, "negative": true is None, "kind": true.kind if true else ""})
    )


def _table(file: Path, kind: str, rows: Sequence[Row]) -> None:
    if not rows:
        return
    columns: dict[str, object] = {}
    for name in rows[0]:
        values = [each[name] for each in rows]
        if name in _TIMES[kind]:
            columns[name] = pa.array([round(float(str(each)) * 1e9) for each in values], pa.timestamp("ns", tz="UTC"))
        else:
            columns[name] = pa.array(values)
    parquet.write_table(pa.table(columns), file)


def _text(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
