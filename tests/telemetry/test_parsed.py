"""A statement that was read once is right for every store, and only one SELECT is ever kept."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from telic.errors import UsageError
from telic.telemetry import parsed

SQL = "SELECT x FROM t WHERE x <> ? ORDER BY x LIMIT ?"


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    parsed._kept.clear()
    yield
    parsed._kept.clear()


def store(kind: str, *values: object) -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    made.execute(f"CREATE TABLE t (x {kind})")
    for each in values:
        made.execute("INSERT INTO t VALUES (?)", [each])
    return made


def test_one_reading_serves_stores_whose_tables_differ() -> None:
    numbers, words = store("INTEGER", 1, 2, 3), store("VARCHAR", "a", "b")
    statement = parsed.select(numbers, SQL)
    assert numbers.execute(statement, [2, 5]).fetchall() == [(1,), (3,)]
    numbers.close()
    assert parsed.select(words, SQL) is statement
    assert words.execute(statement, ["a", 5]).fetchall() == [("b",)]
    assert words.execute(statement, ["c", 1]).fetchall() == [("a",)]


@pytest.mark.parametrize("sql", ["DELETE FROM t", "SELECT 1; SELECT 2", "", "SELECT x FROM t; DROP TABLE t"])
def test_what_is_not_one_select_is_refused_every_time(sql: str) -> None:
    for _ in range(2):
        with pytest.raises(UsageError, match="only one SELECT"):
            parsed.select(store("INTEGER"), sql)


def test_what_is_kept_is_bounded() -> None:
    connection = store("INTEGER")
    for number in range(2 * parsed.KEPT):
        parsed.select(connection, SQL)
        parsed.select(connection, f"SELECT {number}")
    parsed.select(connection, f"SELECT '{'x' * parsed.LONGEST}'")
    assert len(parsed._kept) == parsed.KEPT
    assert SQL in parsed._kept  # used again and again
