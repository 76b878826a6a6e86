"""Spark counts what the embedded engine counts."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from tests.docs.pages import ROOT
from tests.opportunities.scale.test_rounds import COLUMNS as ALL
from tests.opportunities.scale.test_rounds import KPIS, alone
from tests.opportunities.templates.small import small

from telic.errors import UsageError
from telic.opportunities import sample, store
from telic.opportunities.kernels.ngrams import mine
from telic.opportunities.read import Columns, open_source
from telic.opportunities.read.source import Rows
from telic.opportunities.scale import counted, spark
from telic.opportunities.store.assemble import assemble
from telic.opportunities.templates import template

pa: Any = pyarrow
pq: Any = pyarrow.parquet
COLUMNS = Columns("timestamp", "event", "session_id", "")


def events(rows: int, *, hexadecimal: bool = True) -> Any:
    random = np.random.default_rng(rows)
    session = random.integers(0, rows // 8, rows)
    ids = [f"{int(each) * 0x9E3779B97F4A7C15 % (1 << 64):016x}" for each in session] if hexadecimal else session
    at = 1_767_261_600_000_000_000 + random.integers(0, rows // 4, rows) * 1_000_000  # many events of one moment
    names = [None if n % 97 == 0 else f"e{int(code)}" for n, code in enumerate(random.integers(0, 9, rows))]
    return pa.table({"timestamp": at, "session_id": ids, "event": names, "faulty": session % 3 == 0})


def embedded(path: Path, k: int, least: int) -> dict[tuple[str, ...], tuple[int, float]]:
    prepared = store.load(open_source(path), COLUMNS, along="faulty")
    column = prepared.of_groups["faulty"]
    faulty = np.asarray([float(label == "true") for label in column.labels])[column.codes]
    found = mine(prepared, k, least=least)
    totals = found.totals(faulty)
    return {found.events(row): (int(found.support()[row]), float(totals[row])) for row in range(len(found))}


def test_counts_of_partitions_add_up_to_those_of_all(tmp_path: Path) -> None:
    rows = events(4_000)
    pq.write_table(rows, tmp_path / "events.parquet")
    sums: dict[tuple[str, ...], tuple[int, float]] = {}
    numbered = rows.append_column("telic_row", pa.array(np.arange(len(rows))))
    part = np.asarray([int(each[:2], 16) % 3 for each in rows.column("session_id").to_pylist()])
    for number in range(4):  # the last one has no rows
        batches = numbered.filter(pa.array(part == number)).to_batches(max_chunksize=100)
        for found in spark.counted(batches[::-1], COLUMNS, 3, "faulty"):
            for gram, support, total in zip(*(column.to_pylist() for column in found.columns), strict=True):
                before = sums.get(tuple(gram), (0, 0.0))
                sums[tuple(gram)] = before[0] + support, before[1] + total
    assert sums == embedded(tmp_path / "events.parquet", 3, 1)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    pytest.importorskip("pyspark", reason="the extra `spark` is not installed")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java 17")
    made = spark.session("local[2]")
    made.sparkContext.setLogLevel("ERROR")
    made.conf.set("spark.sql.shuffle.partitions", "3")
    yield made
    made.stop()


@pytest.mark.nightly
@pytest.mark.filterwarnings("ignore")
@pytest.mark.timeout(900)
def test_spark_and_the_embedded_engine_count_the_same(cluster: Any, tmp_path: Path) -> None:
    for hexadecimal in (True, False):
        path = tmp_path / f"events-{hexadecimal}.parquet"
        pq.write_table(events(20_000, hexadecimal=hexadecimal), path, row_group_size=3_000)
        k, least = (3, 1) if hexadecimal else (2, 40)
        found = spark.grams(cluster.read.parquet(str(path)), COLUMNS, k, least=least, flag="faulty", partitions=3)
        pairs = zip(found.support.tolist(), found.totals.tolist(), strict=True)
        assert dict(zip(found.grams, pairs, strict=True)) == embedded(path, k, least)
    with pytest.raises(UsageError, match="no column 'sid'"):
        spark.grams(cluster.read.parquet(str(path)), Columns("timestamp", "event", "sid", ""), 3)


def odd(rows: Any) -> Any:
    """Return events some of which say no user or another one than the rest of their group."""
    users = rows.column("user").to_pylist()
    users = [None if n % 11 == 0 else user + 1 if n % 53 == 1 else user for n, user in enumerate(users)]
    groups = rows.column("group").to_pylist()
    users = [None if group.endswith("7") else user for group, user in zip(groups, users, strict=True)]
    return rows.set_column(1, "user", pa.array(users, pa.int64()))


@pytest.mark.nightly
@pytest.mark.filterwarnings("ignore")
@pytest.mark.timeout(900)
def test_spark_counts_every_template_as_the_embedded_engine_does(cluster: Any, tmp_path: Path) -> None:
    rows = odd(small(seed=5, groups=240).events)
    micros = rows.set_column(2, "time", rows.column("time").cast(pa.timestamp("us", tz="UTC")))
    pq.write_table(micros, tmp_path / "events.parquet")
    asked = [template.create(name, **template.examples[name]) for name in template]
    frame = cluster.read.parquet(str(tmp_path / "events.parquet"))
    found = counted.count(frame, ALL, asked, kpis=KPIS, least=4, folder=tmp_path / "parts", partitions=3)
    events = assemble(Rows("events", micros), ALL, grouping="session", progress=lambda _: None).prepared()
    assert (found.groups, found.events) == (240, len(micros))
    by_id = {}
    for each, *counts in zip(found.hypotheses, found.support, *found.known, *found.totals, strict=True):
        by_id[each.id] = pytest.approx([float(count) for count in counts])
    wanted = [alone(each, events) for each in asked]
    assert all(wanted)
    assert {key: list(map(float, value)) for each in wanted for key, value in each.items()} == by_id


@pytest.mark.nightly
@pytest.mark.filterwarnings("ignore")
@pytest.mark.timeout(900)
def test_the_example_of_the_page_runs(
    cluster: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # Java stays where it started
    planted = sample.write(tmp_path / "visits.parquet", groups=3_000, seed=1)
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/how-to/scale-out-with-spark.md").read_text(), re.S)
    example = example.replace('"visits.parquet"', repr(str(tmp_path / "visits.parquet")))
    exec(compile(example, "scale-out-with-spark.md", "exec"), {})
    words, support, total = capsys.readouterr().out.strip().splitlines()[-1].rsplit(" ", 2)
    assert planted
    assert words.startswith("sessions ")
    assert float(total) <= int(support)
    assert int(support) >= 20
