"""What a query can need of a store elsewhere: never less than it does need, and not all there is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.telemetry.local_store import T0, LocalStore, log, row, span

from telic.errors import StoreFailed, UsageError
from telic.model import Scalar, Window
from telic.operate.diagnosis import collect, onset, traces
from telic.operate.looks import FAILED
from telic.telemetry import queries
from telic.telemetry.answering import Answering
from telic.telemetry.columns import ARROW, TABLES, Columns
from telic.telemetry.pushdown import Scan, scans

pa: Any = pyarrow
NS = 10**9


class Elsewhere:
    """A store that is asked for rows alone, as one that does not know our dialect; it remembers what it was asked."""

    def __init__(self, kept: LocalStore) -> None:
        self._kept = kept
        self.asked: list[Scan] = []
        self.query = Answering(self._fetch).query

    def _fetch(self, scan: Scan, timeout: float) -> Columns:
        self.asked.append(scan)
        parts, params = [], list[Scalar]()
        for conditions in scan.alternatives:
            said = (f"{each.column} {each.operator} ({', '.join('?' * len(each.values))})" for each in conditions)
            parts.append(" AND ".join(said))
            params += [value for each in conditions for value in each.values]
        where = " WHERE " + " OR ".join(f"({each})" for each in parts) if parts else ""
        with self._kept.database.cursor() as cursor:
            rows = cursor.execute(f"SELECT {', '.join(scan.columns)} FROM {scan.table}{where}", params).fetchall()
        fields = [ARROW[scan.table].field(name) for name in scan.columns]
        arrays = [pa.array([row[index] for row in rows], field.type) for index, field in enumerate(fields)]
        return pa.table(arrays, names=list(scan.columns))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStore]:
    made = LocalStore(tmp_path_factory.mktemp("kept"))
    names = ("search", "rate", "geo")
    made.put(
        "spans",
        *(
            span(
                names[index % 3],
                "find" if index % 2 else "near",
                at=index / 4,
                took=index / 100,
                http_status=None if index % 5 else 500,
                kind=("server", "client")[index % 2],
                peer=names[(index + 1) % 3],
                trace_id=f"{index // 3:032x}",
                status="error" if index % 7 == 0 else "unset",
            )
            for index in range(40)
        ),
    )
    made.put(
        "logs", *(log(names[index % 3], f"line {index}", at=index / 2, level=9 + index % 10) for index in range(9))
    )
    points = (("a", 0.5), ("b", float("nan")), ("c", None), ("d", -1.0))
    made.put("metrics", *(row("metrics", name=name, value=value, time_ns=T0 * NS) for name, value in points))
    yield made
    made.close()


@pytest.fixture(scope="module")
def elsewhere(kept: LocalStore) -> Elsewhere:
    return Elsewhere(kept)


TRICKY = [
    "SELECT count(*) FROM spans",
    "SELECT * FROM spans WHERE start_ns BETWEEN {t}::BIGINT + 3000000000 AND {t} + 5e9 ORDER BY start_ns",
    "SELECT name FROM spans WHERE start_ns > {t} + 2.5e9 AND start_ns < {t} + 3.1e9 ORDER BY start_ns",
    "SELECT DISTINCT service FROM Spans s WHERE s.Service IN ('geo', 'rate') AND NOT s.kind = 'client' ORDER BY 1",
    "SELECT count(*) FROM spans WHERE service = 'geo' OR service = 'rate'",
    "SELECT count(*) FROM spans WHERE http_status = 500 AND http_status <> 404",
    "SELECT count(*) FROM spans WHERE http_status IS NULL",
    "SELECT count(*) FROM metrics WHERE value > 0",
    "SELECT count(*) FROM metrics WHERE value = 'NaN'::DOUBLE",
    "SELECT count(*) FROM spans a ANTI JOIN spans b ON a.trace_id = b.trace_id AND b.name = 'near' "
    "WHERE a.start_ns > {t}",
    "SELECT count(*) FROM spans SEMI JOIN logs USING (service) WHERE received_ns > {t} + 4000000000",
    "SELECT count(*) FROM spans ANTI JOIN logs USING (service, received_ns) WHERE received_ns > {t} + 4000000000",
    "SELECT l.body, s.name FROM logs l LEFT JOIN spans s ON s.service = l.service AND s.start_ns = l.time_ns "
    "WHERE l.time_ns >= {t} AND s.kind = 'server' ORDER BY ALL",
    "SELECT l.body, s.name FROM logs l ASOF JOIN spans s ON s.service = l.service AND s.start_ns <= l.time_ns "
    "WHERE s.start_ns > {t} + 1000000000 ORDER BY ALL",
    "SELECT count(*) FROM logs FULL JOIN spans USING (service) WHERE service = 'geo'",
    "WITH spans AS (SELECT service FROM spans WHERE kind = 'server') SELECT count(*) FROM spans WHERE service = 'geo'",
    "SELECT count(*) FROM spans WHERE (service, kind) IN (SELECT (service, kind) FROM spans WHERE name = 'near')",
    "SELECT service, (SELECT count(*) FROM logs WHERE logs.service = s.service AND severity_number > 12) FROM spans s "
    "WHERE start_ns < {t} + 1000000000 ORDER BY start_ns",
    "SELECT start_ns - {t} AS start_ns FROM spans WHERE start_ns > {t} + 5000000000 ORDER BY 1",
    "SELECT count(*) FROM otel_spans WHERE \"service.name\" = 'geo' AND start_ns > {t} + 1000000000",
    "SELECT attribute(attributes, 'peer.service') AS p, count(*) FROM otel_spans GROUP BY 1 ORDER BY 1",
    "SELECT s.service FROM (SELECT spans AS s FROM spans WHERE kind = 'server') ORDER BY 1",
    "SELECT count(*) FROM spans WHERE -5 < http_status AND 3 < duration_ns",
    "FROM spans SELECT max(start_ns) WHERE kind = 'client'",
    "SELECT name, row_number() OVER (ORDER BY start_ns) FROM spans WHERE kind = 'server' QUALIFY row_number() OVER "
    "(ORDER BY start_ns) < 3 ORDER BY ALL",
    "SELECT name, count(*) FROM spans WHERE kind = 'client' GROUP BY name HAVING count(*) > 1 UNION ALL BY NAME "
    "SELECT name, 1 FROM metrics WHERE name < 'c' ORDER BY ALL",
    "SELECT * FROM (VALUES (1)) AS spans(x)",
    "SELECT COLUMNS('.*_ns') FROM logs WHERE severity_number = 12 ORDER BY ALL",
    "SELECT count(*) FROM spans WHERE service = NULL",
    "SELECT count(*) FROM spans NATURAL JOIN logs WHERE service = 'geo'",
    "SELECT 1",
]


@pytest.mark.parametrize("sql", TRICKY)
def test_the_answer_is_that_of_the_store_itself(kept: LocalStore, elsewhere: Elsewhere, sql: str) -> None:
    asked = sql.replace("{t}", str(T0 * NS))
    assert repr(elsewhere.query(asked)) == repr(kept.query(asked))


COLUMNS = st.sampled_from(["start_ns", "duration_ns", "http_status", "service", "name", "kind"])
VALUES = st.sampled_from([0, 500, -1, 2**61, T0 * NS, (T0 + 3) * NS, T0 * 1e9 + 5e9, 0.5, "geo", "find", "server", ""])
TEXTUAL = ("service", "name", "kind")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(COLUMNS, st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), VALUES, st.booleans()), max_size=4)
)
def test_any_comparisons_find_the_same(
    kept: LocalStore, elsewhere: Elsewhere, compared: list[tuple[str, str, Scalar, bool]]
) -> None:
    compared = [each for each in compared if (each[0] in TEXTUAL) == isinstance(each[2], str)]
    said = [f"? {each[1]} {each[0]}" if each[3] else f"{each[0]} {each[1]} ?" for each in compared]
    sql = "SELECT count(*) AS n, sum(start_ns) AS total FROM spans" + (" WHERE " + " AND ".join(said) if said else "")
    params = [each[2] for each in compared]
    assert elsewhere.query(sql, params) == kept.query(sql, params)


def test_every_typed_query_asks_for_its_window_only(kept: LocalStore) -> None:
    store, window = Elsewhere(kept), Window(T0, T0 + 5)
    queries.edges(store, window)
    queries.statements(store, window)
    queries.exceptions(store, window)
    queries.errors_in_logs(store, window)
    queries.service_operations(store, window)
    queries.gauges(store, "lag", window)
    queries.saturation(store, window)
    queries.entry_load(store, window, "search", 0.1)
    queries.attempts(store, window)
    queries.wasted_work(store, window)
    queries.freshness(store)
    assert len(store.asked) >= 12
    for each in store.asked:
        assert each.alternatives
        for conditions in each.alternatives:
            assert any(one.column.endswith("_ns") and one.operator[0] == ">" for one in conditions), each


@pytest.mark.parametrize(
    "sql",
    [onset.cells(FAILED), traces.traced(FAILED), collect.EVENTS, collect.COVERED, collect.HEARD, collect.ANSWERED],
)
def test_what_a_diagnosis_asks_is_bounded_in_time(sql: str) -> None:
    params = [T0 * NS] * sql.count("?")
    for each in scans(duckdb.connect(), sql, params):
        assert each.alternatives
        assert all(any(one.column.endswith("_ns") for one in some) for some in each.alternatives)


def test_no_more_columns_than_are_named() -> None:
    (found,) = scans(duckdb.connect(), "SELECT service, max(duration_ns) FROM spans WHERE kind = 'server' GROUP BY 1")
    assert found.columns == ("service", "kind", "duration_ns")
    (found,) = scans(duckdb.connect(), "SELECT * EXCLUDE (body) FROM logs")
    assert found.columns == tuple(name for name, _ in TABLES["logs"])


@pytest.mark.parametrize(
    "sql",
    [
        *("SELECT 1; SELECT 2", "DROP TABLE spans", "SELEKT", "", "INSERT INTO spans SELECT 1", "SELECT ? FROM logs"),
        *("SELECT nothing FROM spans", "SELECT 1 FROM nowhere", "SELECT * FROM read_text('/etc/passwd')"),
        "SELECT * FROM '/etc/passwd'",
    ],
)
def test_what_is_no_question_is_the_callers_fault(elsewhere: Elsewhere, sql: str) -> None:
    with pytest.raises(UsageError) as caught:
        elsewhere.query(sql)
    assert caught.value.hint


def test_a_question_ends_at_its_deadline(elsewhere: Elsewhere) -> None:
    began = time.process_time()
    with pytest.raises(StoreFailed, match="took longer"):
        elsewhere.query("SELECT count(*) FROM range(1000000000000)", timeout=0.05)
    assert time.process_time() - began < 5


def test_the_rows_of_an_answer_are_bounded(elsewhere: Elsewhere) -> None:
    assert len(elsewhere.query("SELECT name FROM spans", limit=3)) == 3
