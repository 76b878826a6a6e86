from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow
import pyarrow.parquet
import pytest

from telic.errors import SourceFailed, UsageError
from telic.opportunities import store
from telic.opportunities.model import Prepared
from telic.opportunities.read import columns, open_source, stored
from telic.opportunities.read.source import Rows

pa: Any = pyarrow
pq: Any = pyarrow.parquet

CSV = """session_id,user_id,event,timestamp,platform,price
s1,u1,open,2026-01-01 10:00:00,web,
s2,u1,open,2026-01-01 10:00:30,app,
s1,u1,"pay, now",2026-01-01 10:01:00,web,9.5
s2,u1,close,2026-01-01 10:02:00,app,
"""
JSONL = """{"session_id": "s1", "event": "open", "timestamp": "2026-01-01T10:00:00Z", "user": {"id": "u1"}, "properties": {"platform": "web"}}
{"session_id": "s2", "event": "open", "timestamp": "2026-01-01T10:00:30Z", "user": {"id": "u1"}, "properties": {"platform": "app"}}
{"session_id": "s1", "event": "pay, now", "timestamp": "2026-01-01T10:01:00Z", "user": {"id": "u1"}, "properties": {"platform": "web", "price": 9.5}}
{"session_id": "s2", "event": "close", "timestamp": "2026-01-01T10:02:00Z", "user": {"id": "u1"}, "properties": {"platform": "app"}}
"""  # noqa: E501
XES = """<?xml version="1.0"?>
<log xmlns="http://www.xes-standard.org/">
  <trace><string key="concept:name" value="s1"/><string key="platform" value="web"/>
    <event><string key="concept:name" value="open"/>
      <date key="time:timestamp" value="2026-01-01T11:00:00+01:00"/></event>
    <event><string key="concept:name" value="pay, now"/><date key="time:timestamp" value="2026-01-01T10:01:00Z"/>
      <float key="price" value="9.5"/></event>
  </trace>
  <trace><string key="concept:name" value="s2"/><string key="platform" value="app"/>
    <event><string key="concept:name" value="open"/><date key="time:timestamp" value="2026-01-01T10:00:30Z"/></event>
    <event><string key="concept:name" value="close"/><date key="time:timestamp" value="2026-01-01T10:02:00Z"/></event>
  </trace>
</log>
"""


def stories(prepared: Prepared) -> dict[str, list[str]]:
    return {
        prepared.groups[group]: [
            prepared.names.labels[code]
            for code in prepared.names.codes[prepared.offsets[group] : prepared.offsets[group + 1]]
        ]
        for group in range(prepared.size)
    }


EXPECTED = {"s1": ["open", "pay, now"], "s2": ["open", "close"]}


def written(folder: Path) -> Mapping[str, str]:
    (folder / "events.csv").write_text(CSV)
    (folder / "zipped.csv.gz").write_bytes(
        gzip.compress(CSV.replace(",", ";").replace("pay; now", "pay, now").encode())
    )
    (folder / "events.jsonl").write_text(JSONL)
    (folder / "array.json").write_text("[" + JSONL.strip().replace("\n", ",") + "]")
    (folder / "log.xes").write_text(XES)
    (folder / "log.xes.gz").write_bytes(gzip.compress(XES.encode()))
    csv = str(folder / "events.csv")
    with duckdb.connect(str(folder / "all.duckdb")) as connection:
        connection.execute(f"CREATE TABLE events AS SELECT * FROM read_csv('{csv}')")
        connection.execute(f"COPY events TO '{folder / 'events.parquet'}' (FORMAT parquet)")
    names = ("events.csv", "zipped.csv.gz", "events.jsonl", "array.json", "log.xes", "log.xes.gz", "events.parquet")
    return {name: str(folder / name) for name in names} | {"duckdb": f"{folder / 'all.duckdb'}::events"}


def test_the_same_events_are_read_from_every_format(tmp_path: Path) -> None:
    for name, address in written(tmp_path).items():
        source = open_source(address)
        chosen = columns(source)
        prepared = store.prepare(source, chosen, home=tmp_path / "home")
        assert stories(prepared) == EXPECTED, name
        platform = next(each for column, each in prepared.of_groups.items() if column.endswith("platform"))
        by_id = {prepared.groups[g]: platform.labels[platform.codes[g]] for g in range(prepared.size)}
        assert by_id == {"s1": "web", "s2": "app"}, name
        assert next(each for column, each in prepared.numbers.items() if column.endswith("price"))[1] in (9.5,)
        assert prepared.at.min() == 1_767_261_600_000_000_000, name


def test_a_folder_of_files_is_one_source(tmp_path: Path) -> None:
    table = pa.table({"session_id": [1, 2, 1], "timestamp": [10, 20, 30], "event": ["a", "b", "c"]})
    for number in range(3):
        pq.write_table(table.slice(number, 1), tmp_path / f"{number}.parquet")
    for address in (tmp_path, f"{tmp_path}/*.parquet"):
        source = open_source(address)
        assert stories(store.load(source, columns(source))) == {"1": ["a", "c"], "2": ["b"]}


def test_an_address_that_cannot_be_read_says_what_can(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "bad.parquet").write_text("no")
    (tmp_path / "bad.jsonl").write_text('{"a": 1}\n{"a": ')
    (tmp_path / "bad.xes").write_text("<log><trace>")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "notes.txt").write_text("no")
    (tmp_path / "other1.csv").write_text("a,b\nx,y\n")
    (tmp_path / "other2.csv").write_text("a,c\nx,y\n")
    for address, said in (
        (tmp_path / "none.csv", "no file"),
        (tmp_path / "notes.txt", "cannot read .txt"),
        (f"{tmp_path}/other*.csv", "other columns"),
        (tmp_path, "cannot read"),
        (tmp_path / "bad.parquet", "no Parquet file"),
        (tmp_path / "bad.jsonl", "bad.jsonl"),
        (tmp_path / "bad.xes", "bad.xes"),
        (tmp_path / "empty.csv", "is empty"),
        (f"{tmp_path}/all.duckdb::event", "no table 'event'"),
        (f"{tmp_path}/none.duckdb::events", "no file"),
        ("postgresql://me@localhost/shop", "names no table"),
    ):
        with pytest.raises(UsageError, match=said) as caught:
            open_source(address)
        assert caught.value.hint


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(SourceFailed) as caught:
        open_source("postgresql://me:secret@127.0.0.1:1/shop#events")
    assert "secret" not in str(caught.value)
    assert "127.0.0.1/shop#events" in str(caught.value)


def test_lines_of_another_width_are_counted(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text(CSV + "s9,too,few\n")
    source = open_source(tmp_path / "events.csv")
    prepared = store.load(source, columns(source))
    assert stories(prepared) == EXPECTED
    assert [(each.what, each.count) for each in prepared.exclusions] == [("rows", 1)]


def test_a_file_without_a_header_gets_names_and_every_row_is_a_group() -> None:
    rows = pa.table({"column_1": [0.5, 2.0], "column_2": ["a", "b"]})
    source = Rows("rows", rows)
    chosen = columns(source)
    assert (chosen.time, chosen.event, chosen.group, chosen.user) == ("", "", "", "")
    prepared = store.load(source, chosen)
    assert stories(prepared) == {"0": ["row"], "1": ["row"]}


def test_a_header_is_missing_where_the_first_line_has_numbers(tmp_path: Path) -> None:
    (tmp_path / "plain.csv").write_text("0,1.5,TRUE,Feb\n1,2.5,FALSE,Mar\n")
    assert open_source(tmp_path / "plain.csv").schema.names == [f"column_{n}" for n in range(1, 5)]


def test_names_that_are_not_utf8_are_read_from_text_files(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_bytes(CSV.replace("close", "fermé").encode("latin-1"))
    source = open_source(tmp_path / "events.csv")
    prepared = store.load(source, columns(source))
    assert stories(prepared)["s2"] == ["open", "ferm\\xe9"]
    assert [(each.what, each.count) for each in prepared.exclusions] == [("names", 1)]


def test_a_line_of_another_width_that_is_not_utf8_is_counted(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    wrong = CSV.splitlines()[1] + ",fermé,too,many\n"
    (tmp_path / "events.csv").write_bytes((CSV.replace("close", "fermé") + wrong).encode("latin-1"))
    source = open_source(tmp_path / "events.csv")
    assert [(each.what, each.count) for each in source.exclusions] == [("rows", 1)]
    assert stories(store.load(source, columns(source)))["s2"] == ["open", "ferm\\xe9"]
    assert not capfd.readouterr().err


def test_spans_are_read_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    spans = [
        {"time_ns": 1_767_261_600_000_000_000 + n // 2, "event": f"shop GET /{n % 3}", "trace_id": f"{n % 4:032x}",
         "user_id": None, "service": "shop", "id": f"{n:016x}"}
        for n in range(50)
    ]  # fmt: skip

    class Client:
        def __init__(self, socket: Path) -> None:
            self.asked = 0

        def query(self, sql: str, params: list[Any], *, limit: int, timeout: float) -> list[dict[str, Any]]:
            later = [each for each in spans if (each["time_ns"], each["id"]) > (params[0], params[1])]
            return later[:limit]

        def close(self) -> None:
            pass

    monkeypatch.setattr(stored, "TelemetryClient", Client)
    monkeypatch.setattr(stored, "PAGE", 7)
    source = stored.open_stored("shop", socket=Path("/nowhere"))
    chosen = columns(source)
    assert (chosen.time, chosen.event, chosen.group) == ("time_ns", "event", "trace_id")
    prepared = store.load(source, chosen)
    assert prepared.size == 4
    assert len(prepared.at) == 50
