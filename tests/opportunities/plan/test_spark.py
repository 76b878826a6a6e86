"""The same plan on Spark: the groups and counts of the embedded engine."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from tests.opportunities.plan.questions import cohorts, predicates
from tests.opportunities.templates.small import small

from telic.opportunities.plan import DUCKDB, SPARK, Evaluation, Table, members_sql, optimised, run

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(900)]  # Java starts slowly on a busy machine
pa: Any = pyarrow
pq: Any = pyarrow.parquet
Query = Callable[[str], list[Any]]


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Query]:
    sql = pytest.importorskip("pyspark.sql", reason="needs pyspark")
    if shutil.which("java") is None:
        pytest.skip("needs Java 17")
    folder = tmp_path_factory.mktemp("spark")
    events = small().events
    micros = events.set_column(2, "time", events.column("time").cast(pa.timestamp("us", tz="UTC")))
    pq.write_table(micros, folder / "events.parquet")
    builder = sql.SparkSession.builder.master("local[1]").appName("telic")
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
    }.items():
        builder = builder.config(key, value)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = builder.getOrCreate()
    session.read.parquet(str(folder / "events.parquet")).createOrReplaceTempView("events")
    yield lambda statement: [tuple(row) for row in session.sql(statement).collect()]
    session.stop()


@pytest.mark.filterwarnings("ignore")
def test_spark_finds_the_groups_that_arrays_find(spark: Query) -> None:
    prepared = small().prepared
    for key, predicate in predicates().items():
        held = np.flatnonzero(Evaluation(prepared).series(predicate).values)
        found = [row[0] for row in spark(members_sql(Table(), predicate, SPARK))]
        assert sorted(found) == sorted(prepared.groups[each] for each in held.tolist()), key


@pytest.mark.filterwarnings("ignore")
def test_spark_counts_what_duckdb_counts(spark: Query) -> None:
    with duckdb.connect() as connection:
        connection.register("events", small().events)
        wanted = run(optimised(cohorts()), lambda statement: connection.execute(statement).fetchall(), DUCKDB)
    for one, other in zip(wanted, run(optimised(cohorts()), spark, SPARK), strict=True):
        assert one.labels == other.labels
        assert np.array_equal(one.groups, other.groups)
        assert np.array_equal(one.sums, other.sums)
