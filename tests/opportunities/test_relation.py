"""The SQL of a finding runs as it stands, whatever the events came in, and returns as many groups as it says."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow
import pyarrow.csv
import pyarrow.parquet
import pytest

from telic.opportunities import Ask, Run, find
from telic.opportunities.planned import planned

pa: Any = pyarrow
pa_csv: Any = pyarrow.csv
pq: Any = pyarrow.parquet
SESSIONS = 400
START = datetime(2026, 1, 5, 8, tzinfo=UTC)
ASK = Ask(
    "",
    ("failed: session has 'app_error'",),
    templates=("attributes", "lifecycle", "ngrams"),
    judging={"permutations": 0, "experts": "paper_cohort", "least": 20},
)


def rows() -> list[dict[str, Any]]:
    """Return events of visits; they fail more often after a search and on os_1, every third is a user's second."""
    chance, found = random.Random(7), []
    for session in range(SESSIONS):
        system, searched = f"os_{chance.randrange(4)}", chance.random() < 0.5
        fails = chance.random() < 0.05 + 0.5 * searched + 0.3 * (system == "os_1")
        user = session if session % 3 != 1 else session - 1
        about = {"session_id": f"s{session:04d}", "user_id": f"u{user}", "os": system}
        names = ["open", "search" if searched else "list", "app_error" if fails else "view", "close"]
        at = [START + timedelta(hours=session, seconds=40 * place) for place in range(4)]
        found += [{"time": when, "event": event, **about} for when, event in zip(at, names, strict=True)]
    return found


def with_text(found: list[dict[str, Any]], form: str = "%Y-%m-%dT%H:%M:%SZ") -> list[dict[str, Any]]:
    return [each | {"time": each["time"].strftime(form)} for each in found]


def parquet(folder: Path, found: list[dict[str, Any]]) -> str:
    pq.write_table(pa.Table.from_pylist(found), folder / "visits.parquet")
    return str(folder / "visits.parquet")


def csv(folder: Path, found: list[dict[str, Any]]) -> str:
    pa_csv.write_csv(pa.Table.from_pylist(found), folder / "visits.csv")
    return str(folder / "visits.csv")


def plain_csv(folder: Path) -> str:
    return csv(folder, with_text(rows()))


def of_seconds(folder: Path) -> str:
    return parquet(folder, [each | {"time": int(each["time"].timestamp())} for each in rows()])


def of_nanoseconds(folder: Path) -> str:
    """Return events of which some are apart by less than a microsecond, and lie in the wrong order."""
    found = rows()
    for place in range(0, len(found), 12):
        found[place]["time"] = found[place + 1]["time"]
    table = pa.Table.from_pylist(found)
    whole = table.column("time").cast(pa.timestamp("ns", "UTC")).cast(pa.int64()).to_numpy().copy()
    whole[0::12] += 700
    times = pa.array(whole).cast(pa.timestamp("ns", "UTC"))
    pq.write_table(table.set_column(0, "time", times), folder / "visits.parquet")
    return str(folder / "visits.parquet")


def of_parts(folder: Path) -> str:
    (folder / "os=ios").mkdir()
    for name, part in (("b", rows()[:800]), ("a", rows()[800:])):
        pq.write_table(pa.Table.from_pylist(part), folder / "os=ios" / f"{name}.parquet")
    return str(folder)


def without_times_and_users(folder: Path) -> str:
    found = rows()
    for each in found[::40]:
        each["user_id"] = None
    found[7]["time"] = None
    return parquet(folder, found)


def of_several_systems(folder: Path) -> str:
    found = rows()
    found[5]["os"] = "os_3"  # session 1, one of 400
    return parquet(folder, found)


def of_some_rows(folder: Path) -> str:
    return parquet(folder, [each | {"os": each["os"] if each["event"] == "open" else None} for each in rows()])


def empty_ids(folder: Path) -> str:
    found = with_text(rows())
    for each in found[:8]:
        each["session_id"] = ""
    return csv(folder, found)


def ragged(folder: Path) -> str:
    path = Path(plain_csv(folder))
    path.write_text(path.read_text() + "2026-01-05T08:00:00Z,s0001,u1,open,os_1,too many\n")
    return str(path)


def not_utf_8(folder: Path) -> str:
    path = Path(plain_csv(folder))
    path.write_bytes(path.read_bytes().replace(b'"list"', b'"l\xefst"').replace(b"s0001", b"s\xff01"))
    return str(path)


def some_without_a_zone(folder: Path) -> str:
    found = with_text(rows())
    for each in found[:400:9]:
        each["time"] = each["time"].removesuffix("Z")
    found[-1]["time"] = "never"
    return csv(folder, found)


def without_a_header(folder: Path) -> str:
    path = Path(plain_csv(folder))
    lines = [line + "," + str(number) for number, line in enumerate(path.read_text().splitlines()[1:])]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def document_a_line(folder: Path) -> str:
    path = folder / "visits.jsonl"
    path.write_text("\n".join(map(json.dumps, with_text(rows()))))
    return str(path)


def of_a_schema(folder: Path) -> str:
    table = pa.Table.from_pylist(rows())
    with duckdb.connect(str(folder / "shop.duckdb")) as base:
        base.register("given", table)
        base.execute("CREATE SCHEMA s2; CREATE TABLE s2.ev AS SELECT * FROM given")
    return f"{folder / 'shop.duckdb'}::s2.ev"


def log(folder: Path) -> str:
    traces: dict[str, list[str]] = {}
    for each in with_text(rows()):
        traces.setdefault(each["session_id"], []).append(
            f"<event><string key='concept:name' value='{each['event']}'/>"
            f"<date key='time:timestamp' value='{each['time']}'/><string key='os' value='{each['os']}'/></event>"
        )
    told = [f"<trace><string key='concept:name' value='{name}'/>{''.join(e)}</trace>" for name, e in traces.items()]
    (folder / "visits.xes").write_text(f"<log>{''.join(told)}</log>")
    return str(folder / "visits.xes")


SOURCES = {
    each.__name__: each
    for each in (
        plain_csv, of_seconds, of_nanoseconds, of_parts, without_times_and_users, of_several_systems, of_some_rows,
        empty_ids, ragged, not_utf_8, some_without_a_zone, without_a_header, document_a_line, of_a_schema, log,
    )
}  # fmt: skip
COLUMNS: Mapping[str, dict[str, str]] = {
    "without_a_header": {"time": "column_1", "event": "column_2", "group": "column_3", "user": "column_4"}
}


def ran(statement: str) -> list[str]:
    with duckdb.connect() as connection:
        return [str(group) for (group,) in connection.execute(statement).fetchall()]


def said(run: Run) -> str:
    return next((each.column for each in run.columns if each.role == "sql"), "")


@pytest.mark.parametrize("name", SOURCES)
def test_sql_returns_the_groups_of_a_finding(name: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    make: Callable[[Path], str] = SOURCES[name]
    by = "case" if name == "log" else "session"
    ask = replace(ASK, source=make(tmp_path / "in"), home=tmp_path / "home", columns=COLUMNS.get(name, {}), by=by)
    ask = replace(ask, kpis=(ask.kpis[0].replace("session", by),))
    run = find(ask)
    assert run.surfaced.findings
    for each in run.surfaced.findings:
        for hypothesis in (each.hypothesis, *each.alike):
            assert hypothesis.sql
            groups = ran(hypothesis.sql)
            assert len(set(groups)) == len(groups)
            if hypothesis == each.hypothesis:
                assert len(groups) == each.support, each.hypothesis.sql
                assert set(each.examples) <= set(groups)


def test_a_parquet_that_says_the_same_is_read_itself(tmp_path: Path) -> None:
    source = parquet(tmp_path, rows())
    run = find(replace(ASK, source=source, home=tmp_path / "home"))
    assert f"read_parquet('{source}')" in run.surfaced.findings[0].hypothesis.sql
    assert not said(run)
    assert not list((tmp_path / "home").rglob("*.parquet"))


def test_where_the_source_cannot_be_read_by_sql_the_run_says_what_is(tmp_path: Path) -> None:
    run = find(replace(ASK, source=plain_csv(tmp_path), home=tmp_path / "home"))
    assert Path(said(run)).is_file()
    assert said(run) in run.surfaced.findings[0].hypothesis.sql


def test_the_statements_of_a_plan_run_too(tmp_path: Path) -> None:
    found = planned(replace(ASK, source=ragged(tmp_path), kpis=(), home=tmp_path / "home"))
    with duckdb.connect() as connection:
        assert all(connection.execute(each).fetchall() for each in found.statements)


def test_times_that_duckdb_would_cut_are_read_as_they_were_prepared(tmp_path: Path) -> None:
    run = find(replace(ASK, source=of_nanoseconds(tmp_path), home=tmp_path / "home"))
    assert "differ by less" in next(each.why for each in run.columns if each.role == "sql")
