"""The same recorder's content, once over OTLP as live and once through the simulated world: the same rows."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.worlds.simulated.telemetry import content

from telic.runtime.telemetry import encode
from telic.runtime.telemetry.recorder import Recorder
from telic.telemetry.batch import Batch
from telic.telemetry.columns import TABLES
from telic.telemetry.database import Database
from telic.telemetry.otlp import body as otlp
from telic.telemetry.otlp.decoder import READERS
from telic.worlds.local.events import Event
from telic.worlds.local.events_otlp import encode as encode_events
from telic.worlds.simulated.clock import LoopClock
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.telemetry import SimulatedRecorder, SimulatedTelemetry

Rows = dict[str, list[tuple[Any, ...]]]


class Live:
    """The live way: encoded, sent, decoded, stored."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder)

    def export(self, recorder: Recorder, resource: dict[str, object], since: int, now: int) -> None:
        field = encode.resource(resource)
        taken = {"spans": encode.spans(list(recorder.spans)), "logs": encode.logs(list(recorder.logs))}
        taken["metrics"] = encode.scoped(recorder.metrics.take(since, now))
        recorder.spans.clear()
        recorder.logs.clear()
        for table, items in taken.items():
            self.receive(table, encode.request(field, items), now)

    def receive(self, table: str, data: bytes, now: int) -> None:
        batch = Batch()
        batch.add(table, READERS[table](otlp.parse(table, data, otlp.PROTOBUF), now).rows())
        self.database.append(batch.tables())

    def rows(self) -> Rows:
        cursor = self.database.cursor()
        return {table: cursor.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}


class SeededRecorder(Recorder):
    """The live recorder with the ids of a seed."""

    def __init__(self, rng: random.Random, now: Callable[[], int]) -> None:
        super().__init__(now=now)
        self._bits = rng.getrandbits


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    made = Live(tmp_path)
    yield made
    made.database.close()


def simulated_rows(telemetry: SimulatedTelemetry) -> Rows:
    cursor = telemetry.cursor()
    return {table: cursor.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}


def fill(recorder: Recorder, at: int, seed: int) -> None:
    content.spans(recorder, content.shapes(recorder), 300, random.Random(seed), at=at)
    content.lines(recorder)


def test_every_column_of_every_row_is_the_live_one(
    loop: VirtualLoop, live: Live, telemetry: SimulatedTelemetry
) -> None:
    clock = LoopClock(loop)
    ours = SimulatedRecorder(random.Random(5), clock.time_ns)
    theirs = SeededRecorder(random.Random(5), clock.time_ns)
    both: tuple[Recorder, ...] = (ours, theirs)
    for each in both:
        content.instruments(each, loop.time)
    exporter = telemetry.attach("booking-1", content.resource(), ours)
    exporter.pause()  # exports come when the test says so
    since = clock.time_ns()
    for turn, resource in enumerate((content.resource(), content.resource(), content.resource(version="2")), 1):
        loop.run_until(turn * 0.5)
        for each in both:
            fill(each, clock.time_ns(), turn)
        exporter.retarget(resource)
        exporter.flush()
        live.export(theirs, resource, since, clock.time_ns())
        since = clock.time_ns()
    loop.run_until(5.0)
    expected, found = live.rows(), simulated_rows(telemetry)
    for table in TABLES:
        assert len(expected[table]) > 5, table
        assert sorted(found[table], key=repr) == sorted(expected[table], key=repr), table


def test_events_of_the_supervisor(loop: VirtualLoop, live: Live, telemetry: SimulatedTelemetry) -> None:
    told = [
        Event(1, 1_800_000_000.25, "instance.exited", "booking", "booking-1", "signal 9"),
        Event(2, 1_800_000_000.5, "instance.ready", "search", "search-1", ""),
    ]
    telemetry.events("hotel", told)
    live.receive("logs", encode_events("hotel", told), telemetry.now_ns())
    loop.run_until(0.2)
    assert simulated_rows(telemetry) == live.rows()
    assert len(live.rows()["logs"]) == 2
