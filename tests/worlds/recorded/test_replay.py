"""A replay shows what had arrived by then, in the live store's columns, and nothing else on the machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.worlds.recorded.folders import START, points, write

from telic.errors import ActionRefused, UsageError
from telic.model import Action, Window
from telic.worlds.recorded import read
from telic.worlds.recorded.fingerprint import fingerprint
from telic.worlds.recorded.replay import Playhead, ReplayStore
from telic.worlds.recorded.replayed import ReplayedWorld

SPAN = {
    "trace_id": "t1", "span_id": "s1", "parent_span_id": "", "entity": "cart", "instance": "cart-1", "name": "get",
    "kind": "SERVER", "start": START + 60.0, "end": START + 61.5, "status": "ERROR",
    "attributes": '{"peer.service": "postgres", "http.response.status_code": "503", "error.type": "timeout"}',
}  # fmt: skip
LOG = {"time": START + 61.0, "entity": "cart", "severity": "WARNING", "body": "late", "attributes": "no json"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    change = {"time": "2026-01-01T00:02:00Z", "kind": "config", "entity": "cart", "id": "c1"}
    return write(
        tmp_path / "one",
        metrics=points("cart", "latency", [0.1, 0.2, 0.3]),
        spans=[SPAN],
        logs=[LOG],
        changes=[change],
        calls=[("web", "cart")],
    )


def counted(store: ReplayStore) -> tuple[object, ...]:
    return tuple(store.query(f"SELECT count(*) AS n FROM {name}")[0]["n"] for name in ("metrics", "logs", "spans"))


def test_rows_come_as_time_goes_on(folder: Path) -> None:
    clock = Playhead(START)
    store = ReplayStore(folder, clock)
    seen = [counted(store)]
    for seconds in (61.0, 0.4, 0.2, 1000.0):
        clock.move(seconds)
        seen.append(counted(store))
    assert seen == [(1, 0, 0), (2, 1, 0), (2, 1, 0), (2, 1, 1), (3, 1, 1)]
    store.close()


def test_a_recording_has_the_columns_of_a_live_store_and_its_own(folder: Path) -> None:
    store = ReplayStore(folder, Playhead(START + 200.0))
    (span,) = store.query("SELECT * FROM spans")
    assert (span["service"], span["entity"], span["kind"], span["status"]) == ("cart", "cart", "server", "error")
    assert (span["peer"], span["http_status"], span["error_type"]) == ("postgres", 503, "timeout")
    assert (span["start_ns"], span["duration_ns"]) == (round((START + 60) * 1e9), 1_500_000_000)
    (log,) = store.query("SELECT severity_number, instance FROM logs WHERE time >= TIMESTAMP '2026-01-01 00:01:00'")
    assert (log["severity_number"], log["instance"]) == (13, "")
    store.close()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_parquet('spans.parquet')", "DELETE FROM arrived_spans", "SELECT 1; SELECT 2",
        "SELECT * FROM kept_spans", "SELECT * FROM nothing",
    ],
)  # fmt: skip
def test_nothing_else_can_be_read_and_nothing_written(folder: Path, sql: str) -> None:
    store = ReplayStore(folder, Playhead(START))
    with pytest.raises(UsageError):
        store.query(sql)
    store.close()


def test_a_replayed_world_knows_no_later_change_and_lets_nothing_be_done(folder: Path, tmp_path: Path) -> None:
    clock = Playhead(START)
    world = ReplayedWorld(read(folder), clock, "shop", tmp_path / "state")
    window = Window(START, START + 3600.0)
    assert world.changes(window) == []
    clock.move(121.0)
    assert [each.id for each in world.changes(window)] == ["c1"]
    assert world.topology().callees("web") == ("cart",)
    with pytest.raises(ActionRefused, match="recording"):
        world.apply(Action("restart", "cart"))
    world.close()


def test_a_fingerprint_is_of_the_content_and_not_of_the_place(folder: Path, tmp_path: Path) -> None:
    before = fingerprint(folder)
    moved = folder.rename(tmp_path / "elsewhere")
    assert fingerprint(moved) == before
    (moved / "truth.json").write_text("{}")
    assert fingerprint(moved) != before
