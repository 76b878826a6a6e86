"""Recorded incidents are read whole, or refused with the place that is wrong."""

from __future__ import annotations

import contextlib
import json
import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.worlds.recorded import folders
from tests.worlds.recorded.folders import HEADER, START, points, table, write

from telic.errors import InvalidRecord, StoreFailed, TelicError, UsageError
from telic.model import Observed, Window
from telic.worlds.recorded import read
from telic.worlds.recorded.times import seconds, text


def test_a_folder_answers_like_a_world(tmp_path: Path) -> None:
    change = {"time": "2026-01-01T01:05:00Z", "kind": "deploy", "entity": "cart", "id": "c1", "files": ["a.py"]}
    folder = write(
        tmp_path / "one",
        metrics=points("cart", "latency", [0.1, 0.2, float("nan")]),
        calls=[("web", "cart")],
        changes=[change, {"time": "2026-01-01T00:01:00Z", "kind": "reboot", "summary": "node 3"}],
        alerts=[{"time": "2026-01-01T01:11:00Z", "name": "slow", "entity": "web", "threshold": 0.5}],
    )
    recording = read(folder)
    seen: Observed = recording
    assert seen.topology().callees("web") == ("cart",)
    assert seen.clock.time() == recording.window.end
    assert [each.id for each in seen.changes(recording.window)] == ["c1"]
    assert next((each.kind, each.summary) for each in recording.changes()) == ("other", "reboot: node 3")
    assert recording.changes()[1].files == ("a.py",)
    assert recording.alerts[0].attributes == {"threshold": 0.5}
    assert recording.symptom.signal == "latency.mean"
    assert recording.rows == {"metrics": 3, "logs": 0, "spans": 0}
    assert "no logs were recorded" in recording.missing


def test_columns_are_those_of_the_windows_in_nanoseconds(tmp_path: Path) -> None:
    recording = read(write(tmp_path / "one", metrics=points("cart", "latency", range(10))))
    found = recording.columns("metrics", ("time", "value"), [Window(START + 60, START + 180)])
    assert found["value"].tolist() == [1.0, 2.0]
    assert found["time"].tolist() == [int((START + 60) * 1e9), int((START + 120) * 1e9)]
    assert recording.columns("spans", ("name",))["name"].tolist() == []
    with pytest.raises(UsageError, match="no column"):
        recording.columns("metrics", ("truth",))


def test_rows_are_sorted_into_groups(tmp_path: Path) -> None:
    rows = [*points("cart", "latency", [1, 2]), *points("web", "latency", [3])]
    codes, keys, found = read(write(tmp_path / "one", metrics=rows)).keyed("metrics", ("entity", "unit"), ("value",))
    assert [(keys[code], value) for code, value in zip(codes, found["value"], strict=True)] == [
        (("cart", ""), 1.0),
        (("cart", ""), 2.0),
        (("web", ""), 3.0),
    ]


def test_queries_see_the_recorded_tables_and_nothing_else(tmp_path: Path) -> None:
    folder = write(tmp_path / "one", metrics=points("cart", "latency", [1, 2]))
    (folder / "truth.json").write_text('{"root_causes": [{"entity": "cart"}]}')
    store = read(folder).store()
    assert store.query("SELECT sum(value) AS total FROM metrics WHERE entity = ?", ["cart"]) == [{"total": 3.0}]
    for stolen in (
        f"SELECT * FROM read_text('{folder}/truth.json')",
        f"SELECT * FROM read_parquet('{folder}/../*.parquet')",
        "COPY (SELECT 1) TO '/tmp/telic-stolen.csv'",
        "SELECT 1; SELECT 2",
        "SET allowed_directories = ['/']",
    ):
        with pytest.raises(UsageError):
            store.query(stolen)
    with pytest.raises(StoreFailed, match="no answer"):
        store.query("SELECT count(*) FROM range(1000000000000) a", timeout=0.05)
    assert store.query("SELECT count(*) AS n FROM metrics") == [{"n": 2}]


def test_what_came_later_is_not_in_a_recording_as_it_was_known(tmp_path: Path) -> None:
    at = START + 4200.0  # 01:10:00
    span = {"trace_id": "t", "entity": "cart", "name": "get", "start": at - 10}
    folder = write(
        tmp_path / "one",
        metrics=points("cart", "latency", range(90)),
        logs=[{"time": at + each, "entity": "cart", "body": "x"} for each in (-1, 1)],
        spans=[{**span, "span_id": "over", "end": at - 5}, {**span, "span_id": "open", "end": at + 5}],
        changes=[{"time": f"2026-01-01T01:{each}:00Z", "kind": "deploy", "id": each} for each in ("05", "10", "15")],
        alerts=[{"time": f"2026-01-01T01:{each}:00Z", "name": each} for each in ("09", "11")],
    )
    (folder / "events.jsonl").write_text('{"time": "2026-01-01T01:12:00Z", "reason": "killed"}\n')
    known = read(folder).until(at)
    assert (known.window.end, known.clock.time()) == (at, at)
    assert known.rows == {"metrics": 70, "logs": 1, "spans": 1}
    assert known.columns("spans", ("span_id",))["span_id"].tolist() == ["over"]
    assert [each.id for each in known.changes()] == ["05", "10"]
    assert [each.name for each in known.alerts] == ["09"]
    assert "no alerts on record" in read(folder).until(at - 120).missing
    assert known.events == []
    asked = "SELECT (SELECT count(*) FROM metrics) AS points, (SELECT count(*) FROM changes) AS changes"
    assert known.store().query(asked) == [{"points": 70, "changes": 2}]
    assert (known.symptom.onset, read(folder).until(at - 60).symptom.onset) == (at, None)
    assert read(folder).until(at - 60).symptom.entity == "web"


@pytest.mark.parametrize("minute", [-6e5, 60.0, 90.5, 6e5])
def test_a_time_outside_a_recording_is_refused_with_its_bounds(tmp_path: Path, minute: float) -> None:
    with pytest.raises(UsageError, match=r"from 2026-01-01T01:00:00Z to 2026-01-01T01:30:00Z"):
        read(write(tmp_path / "one")).until(START + 60 * minute)


def test_the_truth_is_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "one", metrics=points("cart", "latency", [1, 2]))
    (folder / "truth.json").mkdir()  # whoever opens it fails
    (folder / "docs").mkdir()
    (folder / "docs" / "guide.md").write_text("restart cart")
    recording = read(folder)
    assert recording.files("docs") == ["docs/guide.md"]
    assert recording.file("docs/guide.md") == b"restart cart"
    for path in ("truth.json", "docs/../truth.json", "incident.yaml", "docs"):
        with pytest.raises(UsageError):
            recording.file(path)


@pytest.mark.parametrize(
    ("header", "line", "says"),
    [
        ("format: other/v1\n", 1, "other/v1"),
        (HEADER.replace("name: small", "name: small\nsurprise: 1"), 3, "surprise"),
        (HEADER.replace("T01:30", "T00:30"), 3, "ends before it starts"),
        (HEADER.replace("start: 2026-01-01T01:00:00Z", "start: soon"), 3, "soon"),
        (HEADER.replace("baseline: {start", "baseline: {begin"), 4, "start and end"),
        ("format: telic/incident/v1\nwindow: {start: [\n", 3, ""),
        ("- a\n- list\n", 1, "not a mapping"),
    ],
)
def test_a_header_that_is_wrong_names_its_line(tmp_path: Path, header: str, line: int, says: str) -> None:
    folder = write(tmp_path / "one", header=header)
    with pytest.raises(InvalidRecord) as caught:
        read(folder)
    assert f"incident.yaml:{line}: " in str(caught.value)
    assert says in str(caught.value)
    assert caught.value.hint


def test_no_folder_and_no_incident_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(InvalidRecord, match="no such folder"):
        read(tmp_path / "nowhere")
    with pytest.raises(InvalidRecord, match=r"no incident\.yaml"):
        read(tmp_path)


@pytest.mark.parametrize("line", ['{"time": "soon"}', "[1]", "{", '{"kind": "deploy"}', "\udcff"])
def test_a_bad_line_names_its_number(tmp_path: Path, line: str) -> None:
    folder = write(tmp_path / "one")
    good = json.dumps({"time": "2026-01-01T01:00:00Z", "kind": "deploy"})
    (folder / "changes.jsonl").write_bytes(f"{good}\n\n{line}\n".encode(errors="surrogateescape"))
    with pytest.raises(InvalidRecord, match=r"changes\.jsonl:3: "):
        read(folder)


def test_a_table_that_is_wrong_names_its_column(tmp_path: Path) -> None:
    folder = write(tmp_path / "one")
    (folder / "metrics.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(InvalidRecord, match=r"metrics\.parquet"):
        read(folder)
    (folder / "metrics.parquet").unlink()
    table(folder / "logs.parquet", "logs", [{"time": START, "entity": "cart", "body": "x"}])
    (folder / "logs.parquet").rename(folder / "metrics.parquet")
    with pytest.raises(InvalidRecord, match="no column 'name'"):
        read(folder)


@pytest.mark.parametrize(
    "document", ["[]", "{", '{"entities": [{"kind": "service"}]}', '{"edges": [{"from": "a"}]}', '{"edges": 3}']
)
def test_a_topology_that_is_wrong_is_refused(tmp_path: Path, document: str) -> None:
    folder = write(tmp_path / "one")
    (folder / "topology.json").write_text(document)
    with pytest.raises(InvalidRecord, match=r"topology\.json"):
        read(folder)


def test_edges_bring_their_ends_along(tmp_path: Path) -> None:
    folder = write(tmp_path / "one")
    edges = [{"from": "web", "to": "cart"}, {"from": "cart-1", "to": "node-7", "kind": "runs_on"}]
    entities = [{"name": "cart-1", "kind": "instance", "of": "cart"}]
    (folder / "topology.json").write_text(json.dumps({"entities": entities, "edges": edges}))
    topology = read(folder).topology()
    kinds = {each.name: (each.kind, each.on) for each in topology.entities}
    assert kinds["cart-1"] == ("instance", "node-7")
    assert kinds["node-7"] == ("node", "")
    assert kinds["web"] == ("external", "")
    assert topology.callees("cart-1") == ()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | st.text(alphabet=string.printable, max_size=200).map(str.encode))
def test_whatever_stands_in_a_file_is_read_or_refused(tmp_path: Path, content: bytes) -> None:
    for name in ("incident.yaml", "changes.jsonl", "alerts.jsonl", "topology.json"):
        folder = tmp_path / name
        folders.write(folder)
        (folder / name).write_bytes(content)
        with contextlib.suppress(TelicError):  # any other error fails the test
            read(folder)


@given(st.integers(min_value=0, max_value=4_102_444_800_000))
def test_times_come_back(milliseconds: int) -> None:
    assert abs(seconds(text(milliseconds / 1000), "x:1") - milliseconds / 1000) < 1e-6
