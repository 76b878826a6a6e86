"""The store's file: survives, is set aside when it cannot be read, and stays small."""

from __future__ import annotations

import logging
import os
import random
from pathlib import Path

import duckdb
import pytest
from tests.telemetry.local_store import T0, LocalStore, log, row, span

from telic.errors import StoreFailed
from telic.telemetry import database as module
from telic.telemetry.columns import chunk_of, columns_of
from telic.telemetry.database import Database


def count(store: LocalStore) -> object:
    return store.query("SELECT count(*) AS n FROM spans")[0]["n"]


def filled(folder: Path, spans: int = 50) -> Path:
    store = LocalStore(folder)
    store.put("spans", *(span("search", "find", at=float(index)) for index in range(spans)))
    store.query("SELECT 1")
    store.database.close()
    return folder / "telemetry.duckdb"


def test_rows_are_there_after_a_new_start(tmp_path: Path) -> None:
    filled(tmp_path)
    store = LocalStore(tmp_path)
    assert count(store) == 50
    assert store.database.newest() == round((T0 + 49.01) * 1e9)
    store.database.close()


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    with pytest.raises(duckdb.Error):
        store.database.append({"spans": columns_of("spans", [chunk_of("spans", [span("a", "b")])]), "logs": "nonsense"})
    store.put("spans", span("search", "find"))
    assert count(store) == 1
    store.database.close()


def test_a_second_owner_is_refused(tmp_path: Path) -> None:
    first = Database(tmp_path)
    with pytest.raises(StoreFailed, match="another receiver owns"):
        Database(tmp_path)
    first.close()
    Database(tmp_path).close()


def damage(path: Path, kind: str) -> None:
    data = bytearray(path.read_bytes())
    match kind:
        case "cut":
            data = data[: len(data) // 2]
        case "header":
            data[:4096] = os.urandom(4096)
        case "noise":
            data = bytearray(os.urandom(5000))
        case "roots":
            data[4096:12288] = os.urandom(8192)
        case "empty":
            data = bytearray()
    path.write_bytes(data)


@pytest.mark.parametrize("kind", ["cut", "header", "noise", "roots"])
def test_an_unreadable_file_is_set_aside_and_a_new_one_begun(
    tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = filled(tmp_path)
    (tmp_path / "telemetry.duckdb.wal").unlink()
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE OR REPLACE TABLE recent_spans AS SELECT * FROM range(100000)")
        connection.execute("CHECKPOINT")
    damage(path, kind)
    damaged = path.read_bytes()
    with caplog.at_level(logging.ERROR):
        store = LocalStore(tmp_path)
    assert count(store) == 0
    (aside,) = tmp_path.glob("telemetry.duckdb.unreadable-*")
    assert aside.read_bytes() == damaged
    assert "set aside" in caplog.text
    store.database.close()


@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_log_never_keeps_the_store_from_opening(tmp_path: Path, seed: int) -> None:
    filled(tmp_path)
    log_file = tmp_path / "telemetry.duckdb.wal"
    data, rng = bytearray(log_file.read_bytes()), random.Random(seed)
    at = rng.randrange(len(data))
    log_file.write_bytes(data[:at] if seed % 2 else data[:at] + rng.randbytes(40) + data[at + 40 :])
    store = LocalStore(tmp_path)
    store.put("spans", span("search", "find"))
    found = count(store)
    assert isinstance(found, int)
    assert found >= 1
    store.database.close()


def test_a_store_of_another_schema_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = filled(tmp_path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE telic_schema SET version = 99")
    store = LocalStore(tmp_path)
    assert count(store) == 0
    assert "schema [(99,)]" in caplog.text
    store.database.close()


def test_only_the_newest_unreadable_files_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stamps = iter(f"2026010{index}T000000" for index in range(1, 9))
    monkeypatch.setattr("time.strftime", lambda *_: next(stamps))
    for _ in range(5):
        (tmp_path / "telemetry.duckdb").write_bytes(b"nonsense" * 2000)
        (tmp_path / "telemetry.duckdb.wal").write_bytes(b"log")
        Database(tmp_path).close()
        (tmp_path / "telemetry.duckdb.wal").unlink(missing_ok=True)
    kept = sorted(each.name for each in tmp_path.glob("*.unreadable-*"))
    names = [f"telemetry.duckdb.unreadable-2026010{index}T000000" for index in (3, 4, 5)]
    assert kept == sorted([*names, *(f"{name}.wal" for name in names)])


def test_a_full_disk_is_no_reason_to_set_a_file_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = filled(tmp_path)
    path.write_bytes(b"nonsense" * 2000)
    monkeypatch.setattr(module, "SPARE", 1 << 62)
    with pytest.raises(StoreFailed, match="cannot open"):
        Database(tmp_path)
    assert path.exists()


def test_whole_hours_are_dropped_first_then_minutes(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    hour = 3600 * 10**9
    start = T0 * 10**9 // hour * hour
    for index in range(4 * 3):  # every 20 minutes
        store.put("spans", row("spans", received_ns=start + index * hour // 3))
        store.put("logs", row("logs", received_ns=start + index * hour // 3 + 1))

    def hours() -> list[int]:
        rows = store.query("SELECT received_ns FROM spans UNION ALL SELECT received_ns FROM logs ORDER BY 1")
        return [(int(str(each["received_ns"])) - start) // hour for each in rows]

    assert "hour" in store.database.drop_oldest()
    assert hours() == [1] * 6 + [2] * 6 + [3] * 6
    store.database.drop_oldest()
    store.database.drop_oldest()
    assert hours() == [3] * 6
    assert "minute" in store.database.drop_oldest()
    assert hours() == [3] * 4
    store.database.drop_oldest()
    assert store.database.drop_oldest() == ""  # one minute always stays
    assert hours() == [3] * 2
    store.database.close()


def test_the_file_does_not_grow_when_old_hours_make_room(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    rng, sizes = random.Random(1), []
    for index in range(11):
        at = (T0 // 3600 + index) * 3600 * 10**9
        store.put("spans", *(row("spans", name=rng.randbytes(40).hex(), received_ns=at) for _ in range(20_000)))
        store.query("SELECT 1")
        used, _ = store.database.sizes()
        if used > 4_000_000:
            assert store.database.drop_oldest()
        store.database._connection.execute("CHECKPOINT")
        sizes.append(store.database.sizes()[1])
    assert max(sizes[6:]) <= 1.05 * max(sizes[3:6])
    assert store.database.sizes()[0] < 4_500_000
    store.database.close()


def test_text_of_every_kind_survives(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    bodies = ["", "\x00", "é\u2028😀", "x" * 100_000, "'; DROP TABLE spans --"]
    store.put("logs", *(log("search", body, at=float(index)) for index, body in enumerate(bodies)))
    assert [each["body"] for each in store.query("SELECT body FROM logs ORDER BY time_ns")] == bodies
    store.database.close()
