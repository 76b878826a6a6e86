"""Old hours lie in Parquet files and are read as if nothing had happened, also after an end at the worst moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.telemetry.local_store import LocalStore, row, span

from telic.telemetry.archive import HOUR, SETTLED
from telic.telemetry.columns import SCHEMA, TABLES, definition
from telic.telemetry.database import Database

START = 1_800_000_000 * 10**9 // HOUR * HOUR


def filled(folder: Path, hours: int = 3) -> LocalStore:
    store = LocalStore(folder)
    for index in range(hours * 4):
        at = START + index * HOUR // 4
        store.put("spans", row("spans", name=f"s{index}", start_ns=at, received_ns=at))
        store.put("logs", row("logs", body=f"l{index}", time_ns=at, received_ns=at))
    return store


def everything(store: LocalStore) -> list[object]:
    rows = store.query("SELECT name FROM spans UNION ALL SELECT body FROM logs ORDER BY 1")
    return [each["name"] for each in rows]


def archive(store: LocalStore, now_ns: int) -> int:
    """Archive what is over; return how many hours."""
    count = 0
    while (hour := store.database.finished_hour(now_ns)) is not None:
        store.database.adopt(hour, store.database.archive(hour))
        while store.database.purge():
            pass
        count += 1
    return count


def test_an_hour_is_read_from_its_files_and_no_longer_from_the_tables(tmp_path: Path) -> None:
    store = filled(tmp_path)
    before = everything(store)
    assert archive(store, START + 2 * HOUR + SETTLED) == 2
    assert everything(store) == before
    (held,) = store.query("SELECT count(*) AS n FROM recent_spans")
    assert held["n"] == 4
    assert len(list((tmp_path / "parquet").iterdir())) == 4
    store.database.close()
    again = LocalStore(tmp_path)
    assert everything(again) == before
    assert again.database.newest() == START + 11 * HOUR // 4
    again.database.close()


def test_an_hour_that_may_still_get_rows_stays(tmp_path: Path) -> None:
    store = filled(tmp_path, hours=1)
    assert archive(store, START + HOUR + SETTLED - 1) == 0
    assert list((tmp_path / "parquet").iterdir()) == []
    store.database.close()


def test_the_oldest_files_go_first_and_the_disk_is_free_again(tmp_path: Path) -> None:
    store = filled(tmp_path)
    archive(store, START + 2 * HOUR + SETTLED)
    assert "hour" in store.database.drop_oldest()
    assert len(list((tmp_path / "parquet").iterdir())) == 2
    assert len(everything(store)) == 16
    store.database.drop_before(START + 2 * HOUR)
    assert list((tmp_path / "parquet").iterdir()) == []
    assert len(everything(store)) == 8
    store.database.close()


def test_an_end_between_writing_and_adopting_doubles_nothing(tmp_path: Path) -> None:
    store = filled(tmp_path)
    before = everything(store)
    hour = store.database.finished_hour(START + 9 * HOUR)
    assert hour is not None
    store.database.archive(hour)
    (tmp_path / "parquet" / "spans-x.begun").write_bytes(b"half")
    store.database.close()
    again = LocalStore(tmp_path)
    assert everything(again) == before
    assert list((tmp_path / "parquet").iterdir()) == []
    again.database.close()


def test_an_end_between_adopting_and_purging_doubles_nothing(tmp_path: Path) -> None:
    store = filled(tmp_path)
    before = everything(store)
    hour = store.database.finished_hour(START + 9 * HOUR)
    assert hour is not None
    store.database.adopt(hour, store.database.archive(hour))
    assert everything(store) == before
    store.database.close()
    again = LocalStore(tmp_path)
    assert everything(again) == before
    while again.database.purge():
        pass
    assert everything(again) == before
    assert again.query("SELECT count(*) AS n FROM recent_spans")[0]["n"] == 8
    again.database.close()


def test_files_outlive_a_store_that_was_set_aside(tmp_path: Path) -> None:
    store = filled(tmp_path)
    archive(store, START + 2 * HOUR + SETTLED)
    store.database.reopen(anew=True)
    assert len(everything(store)) == 16
    store.database.close()


def test_a_missing_file_costs_its_hour_alone(tmp_path: Path) -> None:
    store = filled(tmp_path)
    archive(store, START + 2 * HOUR + SETTLED)
    store.database.close()
    sorted((tmp_path / "parquet").glob("spans-*"))[0].unlink()
    again = LocalStore(tmp_path)
    assert len(everything(again)) == 20
    again.database.close()


def test_a_store_of_the_first_schema_is_migrated_with_its_rows(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "telemetry.duckdb")) as connection:
        connection.execute("CREATE TABLE telic_schema AS SELECT 1 AS version")
        for table in TABLES:
            connection.execute(definition(table))
        connection.execute("INSERT INTO spans BY NAME SELECT 'find' AS name, 5 AS received_ns, '{}' AS attributes")
    store = LocalStore(tmp_path)
    assert store.query("SELECT name FROM spans") == [{"name": "find"}]
    assert store.query("SELECT version FROM telic_schema") == [{"version": SCHEMA}]
    store.put("spans", span("search", "near"))
    assert len(store.query("SELECT name FROM spans")) == 2
    store.database.close()


def test_columns_and_attributes_have_their_opentelemetry_names(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    more: dict[str, Any] = {
        "peer": "geo",
        "http_status": 404,
        "attributes": {"http.route": "/find", "resource": {"host.name": "h"}},
    }
    store.put("spans", span("search", "find", **more))
    sql = (
        'SELECT "service.name" AS a, "peer.service" AS b, attribute(attributes, \'http.route\') AS c, '
        "attribute(attributes, 'http.response.status_code') AS d, attributes -> 'resource' ->> 'service.name' AS e, "
        "attributes -> 'resource' ->> 'host.name' AS f, attribute(attributes, 'error.type') AS g FROM otel_spans"
    )
    (found,) = store.query(sql)
    assert tuple(found.values()) == ("search", "geo", "/find", "404", "search", "h", None)
    store.database.close()


@pytest.mark.parametrize("sql", ["SELECT * FROM read_csv('/etc/hostname')", "SELECT * FROM glob('/*')"])
def test_a_query_reaches_no_other_file(tmp_path: Path, sql: str) -> None:
    database = Database(tmp_path)
    with pytest.raises(duckdb.PermissionException):
        database.query(sql)
    database.close()
