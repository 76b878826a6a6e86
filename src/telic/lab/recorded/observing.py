"""What a running system shows of a stretch of time, as the files of a recorded incident."""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow

from telic.lab.session.eyes import Eyes
from telic.model import AnswerStep, Observed, Store, Symptom, Window, dump
from telic.model.intent import BadErrors, Objective
from telic.operate.words import noticed
from telic.telemetry.columns import ARROW, TABLES
from telic.telemetry.sources import SCHEMAS, Gathered, write
from telic.telemetry.sources.times import rfc3339
from telic.worlds.recorded import read
from telic.worlds.recorded.replay import STORE, Playhead
from telic.worlds.recorded.replayed import ANSWERS, BAD_ERRORS, OBJECTIVES, ReplayedWorld

pa: Any = pyarrow
parquet: Any = importlib.import_module("pyarrow.parquet")
SLICE = 4.0  # of telemetry that is asked for at once [s]
MOST = 200_000  # rows of one slice of one table [1]
LEAST = 0.1  # length of a slice that is not halved any more [s]
LOOK = 1.0  # between looks of the monitors at the recording [s]


@dataclass(frozen=True)
class Stretch:
    """What is recorded: a time in which all was well, and one in which something was wrong, or may have been."""

    baseline: Window
    window: Window


@dataclass(frozen=True)
class Monitored:
    """What monitors go by: what users were promised, where they enter, and what was seen of answers."""

    objectives: Sequence[Objective] = ()
    entry: str = ""
    bad_errors: BadErrors = field(default_factory=dict)  # business errors that users call bad service
    answers: Sequence[AnswerStep] = ()  # that were checked, oldest first


def observed(world: Observed, stretch: Stretch, folder: Path, monitored: Monitored) -> None:
    """Write what `world` shows of a stretch into `folder`, and what monitors say of it."""
    whole = Window(stretch.baseline.start, stretch.window.end)
    tables = {name: _rows(world.store(), name, whole) for name in TABLES}
    told = {**tables, **_around(world, whole), "events": _events(tables["logs"])}
    write(Gathered(stretch.window, stretch.baseline, told), folder)
    (folder / STORE).mkdir()
    for name, table in tables.items():
        if table.num_rows:
            parquet.write_table(table, folder / STORE / f"{name}.parquet", compression="zstd")
    (folder / OBJECTIVES).write_bytes(dump(list(monitored.objectives)))
    if monitored.bad_errors:
        (folder / BAD_ERRORS).write_bytes(dump(monitored.bad_errors))
    if monitored.answers:
        (folder / ANSWERS).write_bytes(lines(monitored.answers))
    fired = _alerts(folder, stretch, monitored.entry) if monitored.objectives else []
    if fired:
        (folder / "alerts.jsonl").write_bytes(lines(fired))
        _name_symptom(folder, monitored.entry or world.topology().entry, fired[0])


def lines(records: Iterable[object]) -> bytes:
    """Return records as JSON, one a line."""
    return b"".join(dump(each) + b"\n" for each in records)


def _rows(store: Store, name: str, window: Window) -> Any:
    """Return the rows of a table that arrived in `window`, slice by slice."""
    columns, parts = [each for each, _ in TABLES[name]], [ARROW[name].empty_table()]
    start = window.start
    while start < window.end:
        end = min(start + SLICE, window.end)
        sql = f"SELECT {', '.join(columns)} FROM {name} WHERE received_ns >= ? AND received_ns < ?"
        found = store.query(sql, (round(start * 1e9), round(end * 1e9)), limit=MOST, timeout=30.0)
        if len(found) == MOST and end - start > LEAST:
            middle = (start + end) / 2
            parts += [_rows(store, name, each) for each in (Window(start, middle), Window(middle, end))]
        elif found:
            arrays = [pa.array([row[each] for row in found], ARROW[name].field(each).type) for each in columns]
            parts.append(pa.Table.from_arrays(arrays, schema=ARROW[name]))
        start = end
    return pa.concat_tables(parts)


def _around(world: Observed, window: Window) -> dict[Any, Any]:
    """Return changes and topology as tables; alerts are made of the whole later."""
    changes = [
        {
            "time_ns": round(each.time * 1e9),
            "kind": each.kind,
            "entity": each.entity,
            "id": each.id,
            "summary": each.summary,
            "diff": each.diff,
            "author": each.author,
            "attributes": json.dumps({"before": each.before, "after": each.after}),
        }
        for each in world.changes(window)
    ]
    topology = world.topology()
    things = [
        {"name": each.name, "kind": each.kind, "of": each.of, "on": each.on, "attributes": ""}
        for each in topology.entities
    ]
    edges = [
        {"caller": each.caller, "callee": each.callee, "kind": each.kind, "calls": each.calls}
        for each in topology.edges
    ]
    rows: Mapping[str, list[dict[str, Any]]] = {"changes": changes, "alerts": [], "entities": things, "edges": edges}
    return {name: pa.Table.from_pylist(each, schema=SCHEMAS[name]) for name, each in rows.items()}


def _events(logs: Any) -> Any:
    """Return what the supervisor saw, which it tells in logs."""
    rows = [
        {
            "time_ns": each["time_ns"],
            "kind": each["event_name"].partition(".")[2],
            "entity": each["instance"] or each["service"],
            "reason": str(json.loads(each["attributes"] or "{}").get("reason", "")),
            "text": each["body"],
            "attributes": "",
        }
        for each in logs.to_pylist()
        if str(each["event_name"]).startswith("instance.")
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMAS["events"])


def _alerts(folder: Path, stretch: Stretch, entry: str) -> list[dict[str, object]]:
    """Let the monitors of a session look at the recording second by second; return what fired, and until when."""
    fired: dict[tuple[str, str, str], dict[str, object]] = {}
    ended: list[dict[str, object]] = []
    clock = Playhead(stretch.window.start)
    world = ReplayedWorld(read(folder), clock, "", folder)
    normal = (stretch.baseline.start, stretch.baseline.end)
    eyes = Eyes(world, world.objectives, entry, normal=normal, bad_errors=world.bad_errors, answers=world.answers)

    async def watch() -> None:
        while clock.time() < stretch.window.end:
            reading = await eyes.look()
            burning = {(each.objective, each.operation, each.signal): each for each in reading.symptoms}
            for key in [each for each in fired if each not in burning]:
                ended.append({**fired.pop(key), "end": rfc3339(clock.time())})
            for key, each in burning.items():
                fired.setdefault(key, _alert(each, clock.time()))
            clock.move(LOOK)

    try:
        asyncio.run(watch())
    finally:
        world.close()
    return sorted([*ended, *fired.values()], key=lambda each: str(each["time"]))


def _alert(each: Symptom, time: float) -> dict[str, object]:
    place = f"{each.operation} at {each.entity}" if each.operation else each.entity
    users = f"{each.signal}: {each.bad} of {each.total} requests of {place} are bad"
    names = {"queue": "work waits", "replica": "a replica is behind", "answers": "answers are wrong"}
    name = names.get(each.signal, "")
    return {
        "time": rfc3339(time),
        "name": name or f"{each.objective} burns",
        "entity": each.entity,
        "severity": "page",
        "text": noticed(each) if name else users,
        "objective": each.objective,
        "signal": each.signal,
        "operation": each.operation,
        "onset": each.onset,
        "burn_rate": each.burn_rate,
        "bad": each.bad,
        "total": each.total,
    }


def _name_symptom(folder: Path, entry: str, first: Mapping[str, object]) -> None:
    """Say in ``incident.yaml`` where users were not well, or whose work waited, and since when monitors found so."""
    said = {
        "entity": first["entity"] if first["signal"] in ("queue", "replica") else entry,
        "signal": first["signal"],
        "onset": first["time"],
    }
    path = folder / "incident.yaml"
    path.write_text(f"{path.read_text(encoding='utf-8')}symptom: {json.dumps(said)}\n", encoding="utf-8")
