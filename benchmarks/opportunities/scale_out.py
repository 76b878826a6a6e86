"""All templates' counts on Spark beside the embedded engine: the same hypotheses and totals, and what each costs."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.opportunities import command
from benchmarks.result import Metric
from telic.opportunities import store
from telic.opportunities.language import Events, kpi
from telic.opportunities.plan import Table
from telic.opportunities.read import Columns, columns, open_source
from telic.opportunities.scale import counted, spark
from telic.opportunities.template import Asking, Template
from telic.opportunities.templates import template

SIZES = (1_000_000, 10_000_000)  # events [1]
MORE = "TELIC_SCALE_EVENTS"  # further sizes, with commas between
PARTS, PART = 4, 2_500_000  # at least so many parts, each of at most so many events [1]
LEAST = 0.001  # share of the sessions [1]
ASKED = ("ngrams", "lifecycle", "since-last", "frequency", "night", "weekend", "attributes", "pairs", "crosses",
         "periods", "gapped", "until", "then-no", "retries", "durations", "trend")  # fmt: skip
Totals = dict[str, tuple[float, ...]]


def measure(quick: bool) -> tuple[dict[str, Metric], dict[str, object]]:
    """Return seconds of both engines by number of events; nothing where Spark or Java is not there, or in a hurry."""
    if quick:
        return {}, {"note": "not with --quick: to start Spark alone takes too long"}
    try:
        import pyspark  # noqa: F401
    except ModuleNotFoundError:
        return {}, {"note": "pyspark is not installed"}
    if shutil.which("java") is None:
        return {}, {"note": "no Java"}
    more = tuple(int(each) for each in os.environ.get(MORE, "").split(",") if each)
    sizes = (*SIZES, *more)
    session = spark.session(f"local[{os.cpu_count()}]")
    session.sparkContext.setLogLevel("ERROR")
    curve: dict[str, object] = {}
    metrics: dict[str, Metric] = {}
    with tempfile.TemporaryDirectory(prefix="telic-scale-") as folder:
        warm = Path(folder) / "warm.parquet"
        command.write(str(warm), 50_000)
        _both(session, warm, Path(folder) / "warm")  # compiles, and starts the workers
        for size in sizes:
            path = Path(folder) / f"{size}.parquet"
            command.write(str(path), size)
            found = _both(session, path, Path(folder) / f"parts-{size}")
            curve[str(size)] = found
            note = f"{found['events']:,} events, {found['hypotheses']:,} hypotheses, local[{os.cpu_count()}]"
            metrics[f"spark_s_{size}"] = Metric(found["spark_s"], "s", note=note)
            metrics[f"embedded_s_{size}"] = Metric(found["embedded_s"], "s", note=note)
            path.unlink()
    session.stop()
    return metrics, {"scale_out": curve}


def _both(session: Any, path: Path, folder: Path) -> dict[str, Any]:
    """Count with both engines, and compare all counts."""
    source = open_source(str(path))
    taken = columns(source)
    asked = [template.create(name) for name in ASKED]
    began = time.perf_counter()
    wanted, events, groups, prepared_s = _embedded(path, taken, asked, folder / "store")
    embedded_s = time.perf_counter() - began
    began = time.perf_counter()
    frame = session.read.parquet(str(path))
    least, parts = max(1, round(LEAST * groups)), max(PARTS, round(events / PART))
    found = counted.count(
        frame, taken, asked, kpis=(command.KPI,), least=least, folder=folder / "parts", partitions=parts
    )
    spark_s = time.perf_counter() - began
    began = time.perf_counter()
    counted.prepared(frame, taken, folder=folder / "again", grouping="session", partitions=parts)
    spark_prepare_s = time.perf_counter() - began
    rows = zip(found.support.tolist(), found.known[0].tolist(), found.totals[0].tolist(), strict=True)
    counts = dict(zip((each.id for each in found.hypotheses), rows, strict=True))
    if counts != wanted:
        differing = [key for key in {*counts, *wanted} if counts.get(key) != wanted.get(key)]
        raise RuntimeError(f"{len(differing):,} of {len(wanted):,} hypotheses are counted otherwise: {differing[:3]}")
    shutil.rmtree(folder)
    return {
        "events": events, "groups": groups, "hypotheses": len(wanted), "spark_s": round(spark_s, 1),
        "embedded_s": round(embedded_s, 1), "embedded_prepare_s": round(prepared_s, 1),
        "spark_prepare_s": round(spark_prepare_s, 1),
    }  # fmt: skip


def _embedded(path: Path, taken: Columns, asked: list[Template], home: Path) -> tuple[Totals, int, int, float]:
    began = time.perf_counter()
    prepared = store.prepare(open_source(str(path)), taken, home=home)
    prepared_s = time.perf_counter() - began
    values = kpi(command.KPI, Events(prepared)).values
    known, weights = (~np.isnan(values)).astype(np.float64), np.nan_to_num(values)
    least = max(1, round(LEAST * prepared.size))
    asking = Asking(least=least, threads=os.cpu_count() or 1, table=Table())
    found: Totals = {}
    for each in asked:
        for family in each.families(prepared, asking):
            rows = zip(family.support().tolist(), family.totals(known).tolist(), family.totals(weights).tolist(),
                       strict=True)  # fmt: skip
            for row, counts in enumerate(rows):
                if counts[0] >= least:
                    found[family.hypothesis(row).id] = counts
    return found, len(prepared.at), prepared.size, prepared_s
