"""Every template on Spark: whole users in each partition, prepared once, counted there and added up.

Partitions are prepared by the embedded reader into a folder that all executors reach; each round of counting maps them
into memory again. Users are never split, so that their first, second and later groups are known in their partition.
Source: https://spark.apache.org/docs/latest/api/python/ (`DataFrame.mapInArrow`).
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow

from telic.errors import NotEnoughData
from telic.opportunities.model import Exclusion, Floats, Hypothesis, Ints
from telic.opportunities.plan import Table
from telic.opportunities.read.columns import Columns
from telic.opportunities.read.source import Rows
from telic.opportunities.scale.conform import Facts, conformed, facts, joined
from telic.opportunities.scale.rounds import Counts, Round, Said, answer, rounds
from telic.opportunities.scale.rows import ROW, arrived, numbered
from telic.opportunities.template import Template

pa: Any = pyarrow
_USER = "telic_user"
_SCHEMA = "part bigint, said binary"


@dataclass(frozen=True)
class Counted:
    """What all hypotheses of some templates count over all events.

    Parameters
    ----------
    support : shape (H,)
        Groups of each.
    known, totals : shape (K, H)
        Of each KPI: groups for which it is defined, and the sum of it over them.
    groups, events
        How many there are.
    """

    hypotheses: tuple[Hypothesis, ...]
    support: Ints
    known: Ints
    totals: Floats
    groups: int
    events: int
    exclusions: tuple[Exclusion, ...]


def count(
    frame: Any,
    columns: Columns,
    templates: Sequence[Template],
    *,
    kpis: Sequence[str] = (),
    least: int = 1,
    folder: Path,
    grouping: str = "session",
    partitions: int = 0,
    table: Table | None = None,
) -> Counted:
    """Return what the embedded engine counts of every hypothesis of some templates.

    Parameters
    ----------
    frame
        A ``pyspark.sql.DataFrame``; its order is the order of arrival.
    columns
        What its columns mean; a group and an event are needed.
    kpis
        In the language.
    least
        Groups that a hypothesis needs.
    folder
        Where partitions are prepared; every executor reaches it. What was prepared there before is not prepared again.
    partitions
        Into how many parts users are spread; each has to fit into an executor's memory. 0 for Spark's own.
    table
        What the events are called in the SQL of hypotheses.

    Raises
    ------
    UsageError
        A column is not there, or a KPI cannot be asked.
    NotEnoughData
        No row can be used.
    """
    folder = folder.absolute()  # workers may stand elsewhere
    parts = prepared(frame, columns, folder=folder, grouping=grouping, partitions=partitions)
    if not parts:
        raise NotEnoughData("the data frame has no row with a group and an event", hint="look at its columns")
    all_of = joined([parts[number] for number in sorted(parts)])
    begin = Round(dict(enumerate(templates)), tuple(kpis), least, all_of.groups, table or Table())
    spark, order = frame.sparkSession, sorted(parts)

    def ask(asked: Round) -> list[Said]:
        numbers = spark.createDataFrame([(number,) for number in order], "part bigint")
        spread = numbers.repartitionByRange(len(order), "part")
        found = spread.mapInArrow(_Answers(folder, all_of, asked, order[0]), _SCHEMA).collect()
        return [pickle.loads(row["said"]) for row in sorted(found, key=lambda row: row["part"])]

    return _counted(rounds(ask, begin), all_of, len(kpis))


def prepared(frame: Any, columns: Columns, *, folder: Path, grouping: str, partitions: int) -> dict[int, Facts]:
    """Prepare the partitions of a data frame in a folder; return the facts of those that have events, by number."""
    from pyspark.sql import functions as sql

    named = (columns.group, columns.event, columns.time, columns.user, *columns.attributes, *columns.numbers)
    taken = numbered(frame, columns, named)
    along = sql.col(columns.group)
    if columns.user and columns.user != columns.group:
        taken, along = _with_users(taken, columns), sql.col(_USER)
    spread = taken.repartition(*([partitions] if partitions else []), along).drop(_USER)
    found = spread.mapInArrow(_Prepares(folder, columns, grouping), _SCHEMA).collect()
    return {row["part"]: pickle.loads(row["said"]) for row in found}


def _with_users(frame: Any, columns: Columns) -> Any:
    """Return the frame with whose group each row is of: its first known user, or the group's own id.

    Most groups say one user in every row; only the others are looked up.
    """
    from pyspark.sql import functions as sql

    user, group = sql.col(columns.user).cast("string"), sql.col(columns.group)
    when = sql.struct(*(sql.col(name) for name in (columns.time, ROW) if name))
    nobody = sql.concat(sql.lit("\x00"), group.cast("string"))
    said = frame.groupBy(group).agg(
        sql.min_by(user, sql.when(user.isNotNull(), when)).alias("first"),
        (sql.min(user) != sql.max(user)).alias("several"),
        sql.max(user.isNull()).alias("missing"),
    )
    odd = said.filter(sql.col("missing") | sql.col("several")).select(
        group, sql.coalesce("first", nobody).alias(_USER)
    )  # fmt: skip
    joined = frame.join(odd, columns.group, "left")
    return joined.withColumn(_USER, sql.coalesce(sql.col(_USER), user))


@dataclass(frozen=True)
class _Prepares:
    """Prepares a partition's events in a folder of its own, and says its facts."""

    folder: Path
    columns: Columns
    grouping: str

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        from pyspark import TaskContext

        from telic.opportunities.store import folder
        from telic.opportunities.store.assemble import assemble

        context: Any = TaskContext.get()
        number = int(context.partitionId())
        to = self.folder / f"part-{number}"
        table = arrived(batches)
        if table is None:
            return
        try:
            made = assemble(
                Rows("partition", table), self.columns, grouping=self.grouping, progress=_unheard, threads=1
            )
        except NotEnoughData:  # every row lacks something: the embedded engine leaves them out too
            return
        folder.write(made, self.columns, (), to)
        yield _row(number, facts(made.prepared(), self.columns.attributes))


@dataclass(frozen=True)
class _Answers:
    """Answers a round over the partitions whose numbers come."""

    folder: Path
    all_of: Facts
    asked: Round
    first: int

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        from telic.opportunities.store import folder

        for batch in batches:
            for number in batch.column(0).to_pylist():
                events = conformed(folder.read(self.folder / f"part-{number}").parts.prepared(), self.all_of)
                yield _row(number, answer(events, self.asked, first=number == self.first))


def _row(number: int, said: Facts | Said) -> Any:
    columns = [pa.array([number], pa.int64()), pa.array([pickle.dumps(said)], pa.binary())]
    return pa.RecordBatch.from_arrays(columns, ["part", "said"])


def _counted(answers: dict[int, Counts], all_of: Facts, kpis: int) -> Counted:
    each = list(answers.values())
    none = np.zeros((kpis, 0))
    return Counted(
        tuple(hypothesis for counts in each for hypothesis in counts.hypotheses),
        np.concatenate([np.zeros(0, np.int64), *(counts.support for counts in each)]),
        np.concatenate([none.astype(np.int64), *(counts.known.reshape(kpis, -1) for counts in each)], axis=1),
        np.concatenate([none, *(counts.totals.reshape(kpis, -1) for counts in each)], axis=1),
        all_of.groups,
        all_of.events,
        (*all_of.exclusions, *(left for counts in each for left in counts.exclusions)),
    )


def _unheard(share: float) -> None:
    del share
