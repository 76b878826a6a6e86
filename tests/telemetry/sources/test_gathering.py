"""Several sources at once: what they know together, what is missing, and the folder that is made of it."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from tests.telemetry.sources.cases import T0, WINDOW, make, repository
from tests.telemetry.sources.replays import REPLAYS
from tests.telemetry.sources.serving import serving
from typer.testing import CliRunner

from telic.cli import record
from telic.errors import SourceFailed, UsageError
from telic.model import Window
from telic.telemetry.sources import Limit, Source, gather, read, write
from telic.telemetry.sources.histograms import quantile

NAMES = ("prometheus", "loki", "jaeger", "kubernetes", "alertmanager", "http")
parquet: Any = importlib.import_module("pyarrow.parquet")


@pytest.fixture
def urls() -> Iterator[dict[str, str]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(serving(REPLAYS[name])).url for name in NAMES}


@pytest.fixture
def shop(urls: dict[str, str], tmp_path: Path) -> list[Source]:
    return [*(make(name, url, tmp_path) for name, url in urls.items() if name != "http"), make("git", "", tmp_path)]


def test_all_that_several_sources_know_comes_together(shop: list[Source]) -> None:
    found = gather(shop, WINDOW, baseline=WINDOW.before(300))
    counts = {signal: table.num_rows for signal, table in found.tables.items()}
    assert all(counts.values()), counts
    assert counts["alerts"] == 3  # of Prometheus one, of Alertmanager two: another time, another text
    names = {each["name"]: each["kind"] for each in found.tables["entities"].to_pylist()}
    assert names["orders"] == "service"
    assert names["orders-6b7c8d9f5d-x2x4z"] == "instance"
    assert names["node-1"] == "node"
    assert names["postgres"] == "store"
    edges = {(each["caller"], each["callee"]): each for each in found.tables["edges"].to_pylist()}
    assert edges["gateway", "orders"]["calls"] == 480  # Jaeger's own count; 12 were in the traces
    assert edges["orders", "postgres"]["kind"] == "uses"
    assert set(found.queries) == {each.where for each in shop}


def test_a_source_that_is_down_costs_its_own_part_and_is_named(shop: list[Source], tmp_path: Path) -> None:
    down = make("tempo", "http://ann:hunter22@127.0.0.1:9", tmp_path)
    found = gather([*shop, down], WINDOW)
    whole = gather(shop, WINDOW)
    assert {name: table.num_rows for name, table in found.tables.items()} == {
        name: table.num_rows for name, table in whole.tables.items()
    }
    (said,) = [each for each in found.missing if "127.0.0.1:9 " in each]
    assert said.startswith("no traces: tempo at http://127.0.0.1:9 does not answer")
    assert "is it running" in said
    assert "hunter22" not in str(found)


def test_what_nobody_offers_and_what_is_empty_is_missing(urls: dict[str, str], tmp_path: Path) -> None:
    loki = make("loki", urls["loki"], tmp_path)
    found = gather([loki], Window(T0 - 9000, T0 - 8000), limit=Limit(rows=10))
    assert set(found.missing) == {
        f"no logs at {urls['loki']} from 2026-11-21T07:00:00.000000Z to 2026-11-21T07:16:40.000000Z",
        "no metrics: none of the sources has them",
        "no traces: none of the sources has them",
        "no changes: none of the sources has them",
    }
    assert gather([], WINDOW).missing == ("nothing was asked: no source was named",)


def test_a_cut_is_missing_too(urls: dict[str, str], tmp_path: Path) -> None:
    found = gather([make("loki", urls["loki"], tmp_path)], WINDOW, limit=Limit(rows=24))
    assert any("there are more" in each for each in found.missing)


def test_the_folder_is_a_recorded_incident(shop: list[Source], tmp_path: Path) -> None:
    found = gather(shop, WINDOW, baseline=WINDOW.before(300))
    folder = write(found, tmp_path / "slow", symptom={"entity": "gateway"}, notes="try: this")
    head = YAML(typ="safe").load((folder / "incident.yaml").read_text())
    assert head["format"] == "telic/incident/v1"
    assert head["name"] == "slow"
    assert head["window"] == {"start": "2026-11-21T09:30:00.000000Z", "end": "2026-11-21T10:00:00.000000Z"}
    assert head["baseline"]["end"] == head["window"]["start"]
    assert head["symptom"] == {"entity": "gateway"}
    assert head["notes"].startswith("try: this")
    metrics = parquet.read_table(folder / "metrics.parquet")
    assert metrics.schema.names == ["time", "entity", "name", "value", "unit", "attributes"]
    assert str(metrics.schema.field("time").type) == "timestamp[ns, tz=UTC]"
    assert {"http_request_duration_seconds.count", "http_request_duration_seconds.p99"} <= set(
        metrics["name"].to_pylist()
    )
    logs = parquet.read_table(folder / "logs.parquet")
    assert logs.schema.names == ["time", "entity", "severity", "body", "trace_id", "span_id", "attributes"]
    assert json.loads(logs["attributes"][0].as_py())["instance"]
    spans = parquet.read_table(folder / "spans.parquet")
    assert set(spans.schema.names) >= {"trace_id", "entity", "instance", "start", "end", "status", "attributes"}
    assert set(spans["status"].to_pylist()) == {"error", "unset"}
    changes = [json.loads(each) for each in (folder / "changes.jsonl").read_text().splitlines()]
    assert sorted(each["kind"] for each in changes) == ["commit", "commit", "commit", "deploy"]
    assert [each["time"] for each in changes] == sorted(each["time"] for each in changes)
    assert changes[2]["time"] == "2026-11-21T09:40:00.000000000Z"
    topology = json.loads((folder / "topology.json").read_text())
    assert {"from": "gateway", "to": "orders", "kind": "calls", "calls": 480} in topology["edges"]
    assert {"name": "cart-0", "kind": "instance", "of": "cart", "on": "node-2"} in topology["entities"]
    assert not (folder / "truth.json").exists()
    with pytest.raises(UsageError, match="is there already"):
        write(found, folder)
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


@given(
    st.floats(0.01, 0.99),
    st.lists(st.floats(0.001, 1000), min_size=1, max_size=8, unique=True).map(sorted),
    st.data(),
)
def test_a_quantile_lies_in_the_bucket_that_holds_it(share: float, bounds: list[float], data: st.DataObject) -> None:
    size = len(bounds) + 1
    counts = data.draw(st.lists(st.integers(0, 50), min_size=size, max_size=size).filter(any))
    value = quantile(share, bounds, [float(each) for each in counts])
    assert value is not None
    at = next(i for i in range(size) if sum(counts[: i + 1]) >= share * sum(counts) and counts[i])
    low, high = (0.0 if at == 0 else bounds[at - 1]), bounds[min(at, len(bounds) - 1)]
    assert low - 1e-9 <= value <= high + 1e-9


def test_the_command_records_and_says_what_is_missing(urls: dict[str, str], tmp_path: Path) -> None:
    command = typer.Typer()
    record.register(command)
    wanted = ",".join(f"{name}={urls[name]}" for name in ("prometheus", "loki", "jaeger"))
    at = ["--at", "2026-11-21T10:00:00Z", "--window", "30m", "--baseline", "0", "--symptom", "gateway:http.errors"]
    out = tmp_path / "incident"
    result = CliRunner().invoke(command, ["--source", f"{wanted},git={repository(tmp_path)}", *at, "--json", str(out)])
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert said["rows"]["spans"] == 36
    assert said["missing"] == []
    assert (out / "incident.yaml").read_text().count('"signal": "http.errors"') == 1


def test_nothing_is_written_where_nothing_is_known(tmp_path: Path) -> None:
    out = tmp_path / "incident"
    with pytest.raises(SourceFailed, match="nothing to record: no metrics for the baseline: prometheus at") as caught:
        record.recorded(out, "prometheus=http://127.0.0.1:9", "2026-11-21T10:00:00Z")
    assert "--source" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"at": "yesterday"}, "--at"),
        ({"window": "0"}, "--window is above 0"),
        ({"window": "half an hour"}, "no length of time"),
        ({"baseline": "-1m"}, "no length of time"),
        ({"rows": 0}, "--rows"),
        ({"timeout": 0.0}, "--timeout"),
    ],
)
def test_an_option_that_makes_no_sense_is_named(option: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        record.recorded(tmp_path / "x", "prometheus=http://127.0.0.1:9", **option)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "no source is named", "prometheus="),
        ("prometheus", "names no source", "prometheus=URL"),
        ("prometeus=http://x", "no source 'prometeus'", "did you mean prometheus"),
        ("prometheus=", "needs an address", "prometheus=URL"),
        ("prometheus=ftp://x", "no http or https URL", "http://HOST:PORT"),
        ("prometheus=http://x:port", "is no URL", "http://HOST:PORT"),
        ("prometheus=http://${NOT_SET}@x", "no NOT_SET", "export NOT_SET"),
        ("http=http://x", "http", "card"),
        ("/nowhere/sources.yaml", "cannot read", "path"),
    ],
)
def test_a_source_that_makes_no_sense_is_named(text: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        read(text, {})
    assert hint in caught.value.hint


def test_sources_can_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "logs.csv").write_text("time,message\n")
    (tmp_path / "sources.yaml").write_text("""\
- source: prometheus
  url: https://metrics.example/prom
  headers: {Authorization: "Bearer ${TOKEN}"}
  step: 30
- source: files
  url: logs.csv
  entity: cart
""")
    found = read(str(tmp_path / "sources.yaml"), {"TOKEN": "abcdefgh"})
    assert [each.where for each in found] == ["https://metrics.example/prom", str(tmp_path / "logs.csv")]
    assert "abcdefgh" not in repr(found)
    for wrong in ("- url: x", "a: b", "- source: loki\n  url: http://x\n  labels: 1", "[", "- source: nothing"):
        (tmp_path / "sources.yaml").write_text(wrong)
        with pytest.raises(UsageError, match=r"sources\.yaml"):
            read(str(tmp_path / "sources.yaml"), dict(os.environ))


def test_several_of_one_kind_and_commas_in_an_address_are_fine() -> None:
    found = read("prometheus=http://a/x?y=1,2,prometheus=http://b,loki=http://c", {})
    assert [each.where for each in found] == ["http://a/x?y=1,2", "http://b", "http://c"]
