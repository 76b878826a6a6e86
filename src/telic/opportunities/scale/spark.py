"""Contiguous k-grams on Spark: the embedded reader and kernel run in every partition, Spark SQL adds up.

A row's number is taken before the shuffle, so that events of one moment keep their order of arrival and counts are
those of the embedded engine. Source: https://spark.apache.org/docs/latest/api/python/ (`DataFrame.mapInArrow`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow

from telic.errors import NotEnoughData, UsageError
from telic.opportunities.model import Floats, Ints
from telic.opportunities.read.columns import Columns
from telic.opportunities.read.source import Rows
from telic.opportunities.scale.rows import arrived, numbered

pa: Any = pyarrow
_SCHEMA = "gram array<string>, support bigint, total double"
SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.legacy.parquet.nanosAsLong": "true",  # times finer than Spark's are read as numbers
    "spark.sql.execution.arrow.maxRecordsPerBatch": "200000",
}


@dataclass(frozen=True)
class Counted:
    """k-grams by name in lexical order, the groups that have each, and in how many of them the flag is true."""

    grams: tuple[tuple[str, ...], ...]
    support: Ints
    totals: Floats


def session(master: str = "", *, app: str = "telic") -> Any:
    """Return a Spark session with the settings that reading needs.

    Parameters
    ----------
    master
        Such as ``local[2]``, whose workers run this very Python; "" for what the environment says.

    Raises
    ------
    UsageError
        Spark is not installed.
    """
    try:
        from pyspark.sql import SparkSession
    except ModuleNotFoundError as missing:
        raise UsageError("pyspark is not installed", hint="pip install 'telic[spark]', with Java 17") from missing
    builder: Any = SparkSession.builder
    builder = builder.appName(app)
    if master:
        builder = builder.master(master)
    if master.startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def grams(frame: Any, columns: Columns, k: int, *, least: int = 1, flag: str = "", partitions: int = 0) -> Counted:
    """Return all k-grams of a data frame that at least `least` groups have, exactly.

    Parameters
    ----------
    frame
        A ``pyspark.sql.DataFrame``; its order is the order of arrival.
    columns
        What its columns mean; group, event and, where rows are not in order, time.
    flag
        An attribute of groups whose value ``true`` is counted too; "" for none.
    partitions
        Into how many parts groups are spread; each has to fit into an executor's memory. 0 for Spark's own.

    Raises
    ------
    UsageError
        A column is not there.
    """
    from pyspark.sql import functions as sql

    taken = numbered(frame, columns, (columns.group, columns.event, columns.time, flag))
    spread = taken.repartition(*([partitions] if partitions else []), columns.group)

    def count(batches: Iterable[Any]) -> Iterator[Any]:
        yield from counted(batches, columns, k, flag)

    parts = spread.mapInArrow(count, _SCHEMA).groupBy("gram")
    sums = parts.agg(sql.sum("support").alias("support"), sql.sum("total").alias("total"))
    found = sums.filter(sql.col("support") >= least).orderBy("gram").collect()
    return Counted(
        tuple(tuple(row["gram"]) for row in found),
        np.asarray([row["support"] for row in found], np.int64),
        np.asarray([row["total"] for row in found], np.float64),
    )


def counted(batches: Iterable[Any], columns: Columns, k: int, flag: str) -> Iterator[Any]:
    """Yield the counts of one partition's groups, all of whose rows are in `batches`."""
    from telic.opportunities.kernels.ngrams import mine
    from telic.opportunities.store import load

    table = arrived(batches)
    if table is None:
        return
    try:
        events = load(Rows("partition", table), columns, along=flag, threads=1)
    except NotEnoughData:  # every row lacks something: the embedded engine leaves them out too
        return
    values = np.zeros(events.size)
    if flag and flag in events.of_groups:
        column = events.of_groups[flag]
        values = np.asarray([*(float(label == "true") for label in column.labels), 0.0])[column.codes]
    found = mine(events, k, least=1, values=values, threads=1)
    names = pa.array(list(events.names.labels), pa.string()).take(pa.array(found.grams.ravel()))
    offsets = pa.array(np.arange(len(found) + 1, dtype=np.int32) * k)
    each = [pa.ListArray.from_arrays(offsets, names), pa.array(found.support()), pa.array(found.totals(values))]
    yield pa.RecordBatch.from_arrays(each, ["gram", "support", "total"])
