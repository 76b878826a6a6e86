"""One column, three ways to compute it: arrays, DuckDB, ClickHouse."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.opportunities.plan.questions import OS, USE, cohorts, predicates
from tests.opportunities.templates.small import Small, small

from telic.errors import UnknownName, UsageError
from telic.opportunities.model import Column, Prepared
from telic.opportunities.plan import (
    CLICKHOUSE,
    DUCKDB,
    Evaluation,
    Node,
    Table,
    any_of,
    attribute,
    bins,
    cross,
    equals,
    greatest,
    index,
    members,
    name,
    optimised,
    run,
    sql,
    start,
    whole_part,
)
from telic.opportunities.plan.users import Users

Query = Callable[[str], list[Any]]
pa: Any = pyarrow
pq: Any = pyarrow.parquet


@pytest.fixture(scope="module")
def data() -> Small:
    return small()


@pytest.fixture(scope="module")
def clickhouse(data: Small, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Query, Table]]:
    sessions = pytest.importorskip("chdb.session", reason="needs chdb")
    folder = tmp_path_factory.mktemp("clickhouse")
    pq.write_table(data.events, folder / "events.parquet")
    session = sessions.Session(str(folder / "store"))

    def query(statement: str) -> list[Any]:
        return [json.loads(line) for line in session.query(statement, "JSONCompactEachRow").data().splitlines()]

    yield query, Table(relation=f"file('{folder / 'events.parquet'}', Parquet)")
    session.close()


def groups_of(data: Small, predicate: Node) -> list[str]:
    held = np.flatnonzero(Evaluation(data.prepared).series(predicate).values)
    return sorted(data.prepared.groups[each] for each in held.tolist())


@pytest.mark.parametrize("key", predicates())
def test_duckdb_finds_the_groups_that_arrays_find(key: str, data: Small) -> None:
    with duckdb.connect() as connection:
        connection.register("events", data.events)
        statement = sql(optimised([members(Table(), predicates()[key])])[0])
        found = [row[0] for row in connection.execute(statement).fetchall()]
    assert sorted(found) == groups_of(data, predicates()[key]) != []


def test_clickhouse_finds_the_groups_that_arrays_find(data: Small, clickhouse: tuple[Query, Table]) -> None:
    query, table = clickhouse
    for key, predicate in predicates().items():
        statement = sql(optimised([members(table, predicate)])[0], CLICKHOUSE)
        assert sorted(row[0] for row in query(statement)) == groups_of(data, predicate), key


def test_clickhouse_counts_what_duckdb_counts(data: Small, clickhouse: tuple[Query, Table]) -> None:
    query, table = clickhouse
    with duckdb.connect() as connection:
        connection.register("events", data.events)
        wanted = run(optimised(cohorts()), lambda statement: connection.execute(statement).fetchall(), DUCKDB)
    moved = tuple(_on(table, each) for each in cohorts())
    for one, other in zip(wanted, run(optimised(moved), query, CLICKHOUSE), strict=True):
        assert one.labels == other.labels
        assert np.array_equal(one.groups, other.groups)
        assert np.array_equal(one.sums, other.sums)


def _on(table: Table, question: Node) -> Node:
    from telic.opportunities.plan.relations import columns_of, totals

    by = question.whole("by")
    return totals(table, columns_of(question)[:by], columns_of(question)[by:])


@pytest.mark.parametrize("unit", ["timestamp", "ns", "us", "s"])
def test_times_may_be_timestamps_or_numbers(unit: str, data: Small) -> None:
    factor = {"ns": 1, "us": 1_000, "s": 1_000_000_000}.get(unit)
    events = data.events
    if factor:
        group = np.repeat(np.arange(data.prepared.size), np.diff(data.prepared.offsets))
        assert len(group) == events.num_rows
        events = events.set_column(2, "time", pa.array(data.prepared.at // factor))
    with duckdb.connect() as connection:
        connection.register("events", events)
        statement = sql(members(Table(unit=unit), predicates()["away once"]))
        found = [row[0] for row in connection.execute(statement).fetchall()]
    assert sorted(found) == groups_of(data, predicates()["away once"])


def test_numbered_groups_are_ordered_as_their_texts_are(data: Small) -> None:
    """Of two groups that begin at once, 9 comes before 10, whether ids are numbers or texts."""
    prepared = Prepared(
        Column("event", np.zeros(3, np.int32), ("a",)),
        at=np.full(3, 5, dtype=np.int64),
        offsets=np.arange(4, dtype=np.int64),
        groups=("10", "9", "100"),
        users=np.zeros(3, np.int32),
    )
    assert Evaluation(prepared).series(index()).values.tolist() == [2, 1, 3]
    for column, table in (([10, 9, 100], Table(numbered=True, unit="ns")), (["10", "9", "100"], Table(unit="ns"))):
        events = pa.table({"group": column, "user": [1, 1, 1], "time": [5, 5, 5], "event": ["a"] * 3})
        with duckdb.connect() as connection:
            connection.register("events", events)
            found = connection.execute(sql(members(table, equals(index(), 2)))).fetchall()
        assert [str(row[0]) for row in found] == ["10"]


def test_a_group_without_a_user_is_a_user_of_its_own() -> None:
    events = pa.table(
        {"group": ["x", "y", "z", "w"], "user": [None, None, "u", "u"], "time": [1, 2, 3, 4], "event": ["a"] * 4}
    )
    with duckdb.connect() as connection:
        connection.register("events", events)
        found = connection.execute(sql(members(Table(unit="ns"), equals(USE, "first")))).fetchall()
        alone = connection.execute(sql(members(Table(unit="ns", user=""), equals(USE, "first")))).fetchall()
    assert sorted(found) == [("x",), ("y",), ("z",)]
    assert len(alone) == 4


def test_names_with_quotes_are_names(data: Small) -> None:
    odd = 'o\'s "system" \\ here'
    table = data.events.rename_columns([odd if each == "os" else each for each in data.events.column_names])
    with duckdb.connect() as connection:
        connection.register("events", table)
        assert connection.execute(sql(members(Table(), equals(attribute(odd), "it's")))).fetchall() == []
        found = connection.execute(sql(members(Table(), equals(attribute(odd), "os_1")))).fetchall()
    assert len(found) == len(groups_of(data, equals(OS, "os_1")))


def test_what_two_columns_share_is_computed_once(data: Small) -> None:
    on = Evaluation(data.prepared)
    first = on.series(USE)
    assert on.series(bins(index(), (2, 3), ("first", "second", "later"))) is first
    crossed = on.column("both", cross(USE, attribute("os")))
    assert set(crossed.labels) <= {f"{a} × os_{b}" for a in ("first", "second", "later") for b in range(3)}


def test_a_column_without_sense_is_refused_where_it_is_written(data: Small) -> None:
    with pytest.raises(UsageError, match="takes a column of events"):
        any_of(equals(USE, "first"))
    with pytest.raises(UsageError, match="holds text, not float"):
        greatest(name())
    with pytest.raises(UsageError, match="2 edges need 3 labels"):
        bins(index(), (1, 2), ("a", "b"))
    with pytest.raises(UsageError, match="edges have to rise"):
        bins(index(), (2, 1), ("a", "b", "c"))
    with pytest.raises(UsageError, match="divisor has to be positive"):
        whole_part(start(), 0)
    with pytest.raises(UnknownName, match="no attribute of groups 'oz'"):
        Evaluation(data.prepared).series(attribute("oz"))
    with pytest.raises(UnknownName, match="no column of text"):
        Evaluation(data.prepared).column("start", start())


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12), st.integers(0, 9)), min_size=1, max_size=30))
def test_windows_over_users_are_those_of_their_definition(rows: list[tuple[int, int, int]]) -> None:
    size = len(rows)
    users = Users.of(
        Prepared(
            Column("event", np.zeros(size, np.int32), ("a",)),
            at=np.array([begin for _, begin, _ in rows], dtype=np.int64),
            offsets=np.arange(size + 1, dtype=np.int64),
            groups=[f"{i:03}" for i in range(size)],
            users=np.array([user for user, _, _ in rows], dtype=np.int32),
        )
    )
    values = np.array([value for _, _, value in rows], dtype=np.int64)
    index, (before, there) = users.index(), users.previous(values)
    best, recent, sizes = users.highest(values, values > 2), users.recent(4), users.sizes()
    for i, (user, begin, _) in enumerate(rows):
        mine = sorted((rows[j][1], j) for j in range(size) if rows[j][0] == user)
        place = mine.index((begin, i))
        earlier = [values[j] for _, j in mine[: place + 1]]
        known = [value for value in earlier if value > 2]
        assert index[i] == place + 1
        assert there[i] == (place > 0)
        assert not there[i] or before[i] == earlier[-2]
        assert best[1][i] == bool(known)
        assert not known or best[0][i] == max(known)
        assert recent[i] == sum(begin - 4 <= start <= begin for start, _ in mine) - 1
        assert sizes[i] == len(mine)
