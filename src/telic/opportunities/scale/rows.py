"""Rows of a Spark data frame as the embedded reader takes them: the columns that are meant, in the order of arrival."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow

from telic.errors import UsageError
from telic.opportunities.read.columns import Columns

pa: Any = pyarrow
ROW = "telic_row"  # a row's number before any shuffle


def numbered(frame: Any, columns: Columns, names: Sequence[str]) -> Any:
    """Return the frame with the columns called `names` (empty names left out) and each row's number.

    Raises
    ------
    UsageError
        A column is not there, or nobody said which is of groups and which of events.
    """
    from pyspark.sql import functions as sql

    wanted = list(dict.fromkeys(name for name in names if name))
    for name in wanted:
        if name not in frame.columns:
            raise UsageError(f"the data frame has no column {name!r}", hint=f"it has {', '.join(frame.columns)}")
    if not columns.group or not columns.event:
        raise UsageError("counting on Spark needs a column of groups and one of events", hint="name both")
    return frame.select(*wanted).withColumn(ROW, sql.monotonically_increasing_id())


def arrived(batches: Iterable[Any]) -> Any | None:
    """Return the rows of a partition as one table in the order of arrival, without their numbers; None of none."""
    rows = [batch for batch in batches if batch.num_rows]
    return pa.Table.from_batches(rows).sort_by(ROW).drop_columns([ROW]) if rows else None
