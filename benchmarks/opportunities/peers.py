"""The same question to other engines, each asked in the best way known: all distinct 3-grams, sessions counted once.

Every function reads the Parquet file and returns the packed grams, and in how many faulty and normal sessions they are.
Sources of the ways: measured for this benchmark; lists, windows and packed numbers were tried in each engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from telic.opportunities.model import Ints

THREADS = 2


@dataclass(frozen=True)
class Counted:
    """Distinct grams of three names, each as (first * 256 + second) * 256 + third, ascending, and their sessions."""

    grams: Ints
    faulty: Ints
    normal: Ints

    def same(self, other: Counted) -> bool:
        """Whether both counted the same."""
        pairs = ((self.grams, other.grams), (self.faulty, other.faulty), (self.normal, other.normal))
        return all(np.array_equal(ours, theirs) for ours, theirs in pairs)


@dataclass(frozen=True)
class Question:
    """A file and what is known of it.

    Parameters
    ----------
    names
        Event names, at most 256; their places are their codes.
    ordered
        Whether rows are in order of time; whoever can make use of that may.
    """

    path: Path
    names: Sequence[str]
    ordered: bool


Ask = Callable[[Question], Counted]


def sorted_by_gram(grams: Any, faulty: Any, normal: Any) -> Counted:
    """Return counts in the order of grams."""
    found = np.asarray(grams).astype(np.int64)
    order = np.argsort(found)
    return Counted(found[order], np.asarray(faulty).astype(np.int64)[order], np.asarray(normal).astype(np.int64)[order])


def polars(question: Question) -> Counted:
    """Sort by session (and time where needed), shift, count distinct pairs of session and gram."""
    import polars as pl

    codes = {name: code for code, name in enumerate(question.names)}
    frame = pl.scan_parquet(question.path)
    event = pl.col("event").replace_strict(codes, return_dtype=pl.UInt32)
    if question.ordered:
        frame = frame.select("session_id", "faulty", event).sort("session_id", maintain_order=True)
    else:
        frame = frame.select("session_id", "timestamp", "faulty", event).sort("session_id", "timestamp")
    same = pl.col("session_id") == pl.col("session_id").shift(2)
    gram = pl.col("event").shift(2) * 65_536 + pl.col("event").shift(1) * 256 + pl.col("event")
    found = (
        frame.with_columns(gram.alias("gram"))
        .filter(same)
        .select("session_id", "gram", "faulty")
        .unique(["session_id", "gram"])
        .group_by("gram")
        .agg(pl.col("faulty").sum().alias("f"), (~pl.col("faulty")).sum().alias("n"))
        .collect()
    )
    return sorted_by_gram(found["gram"], found["f"], found["n"])


def polars_numbered(question: Question) -> Counted:
    """Sort numbers of sessions instead of their texts: a dense rank first, and one packed key of session and gram."""
    import polars as pl

    codes = {name: code for code, name in enumerate(question.names)}
    event = pl.col("event").replace_strict(codes, return_dtype=pl.UInt64)
    wanted = ["session_id", "faulty"] if question.ordered else ["session_id", "timestamp", "faulty"]
    frame = pl.read_parquet(question.path, columns=[*wanted, "event"]).with_columns(event)
    if frame.schema["session_id"] == pl.String:
        frame = frame.with_columns(pl.col("session_id").cast(pl.Categorical).to_physical())
    frame = frame.with_columns(pl.col("session_id").cast(pl.UInt64))
    frame = frame.sort("session_id", *([] if question.ordered else ["timestamp"]), maintain_order=question.ordered)
    gram = pl.col("event").shift(2) * 65_536 + pl.col("event").shift(1) * 256 + pl.col("event")
    key = (pl.col("session_id") * 2 + pl.col("faulty").cast(pl.UInt64)) * (1 << 24) + gram
    both = frame.select(key.alias("key"), (pl.col("session_id") == pl.col("session_id").shift(2)).alias("same"))
    distinct = both.filter(pl.col("same")).select(pl.col("key").unique())
    found = distinct.select((pl.col("key") % (1 << 24)).alias("gram"), (pl.col("key") // (1 << 24) % 2).alias("f"))
    counts = found.group_by("gram").agg(pl.col("f").sum(), pl.len().alias("all"))
    return sorted_by_gram(counts["gram"], counts["f"], counts["all"] - counts["f"])


def duckdb_lists(question: Question) -> Counted:
    """Collect each session's events in order of time, and count the distinct grams of the list."""
    return _duckdb(
        question,
        """
        WITH sessions AS (
            SELECT any_value(faulty) AS faulty, list(code ORDER BY timestamp) AS codes
            FROM coded GROUP BY session_id HAVING count(*) > 2),
        grams AS (
            SELECT faulty, unnest(list_distinct([codes[i] * 65536 + codes[i + 1] * 256 + codes[i + 2]
                FOR i IN range(1, len(codes) - 1)])) AS gram FROM sessions)
        SELECT gram, count(*) FILTER (faulty) AS f, count(*) FILTER (NOT faulty) AS n FROM grams GROUP BY gram
        """,
    )


def duckdb_window(question: Question) -> Counted:
    """Look back by windows, and count distinct pairs of session and gram."""
    return _duckdb(
        question,
        """
        WITH grams AS (
            SELECT session_id, faulty, lag(code, 2) OVER w * 65536 + lag(code, 1) OVER w * 256 + code AS gram
            FROM coded WINDOW w AS (PARTITION BY session_id ORDER BY timestamp)),
        once AS (SELECT DISTINCT session_id, faulty, gram FROM grams WHERE gram IS NOT NULL)
        SELECT gram, count(*) FILTER (faulty) AS f, count(*) FILTER (NOT faulty) AS n FROM once GROUP BY gram
        """,
    )


def _duckdb(question: Question, sql: str) -> Counted:
    import duckdb

    with duckdb.connect(config={"threads": str(THREADS)}) as connection:
        connection.execute(f"CREATE TYPE name AS ENUM ({', '.join(_quoted(name) for name in question.names)})")
        connection.execute(
            "CREATE VIEW coded AS SELECT session_id, timestamp, faulty, enum_code(event::name)::INTEGER AS code "
            f"FROM read_parquet({_quoted(str(question.path))})"
        )
        found = connection.execute(sql).fetchnumpy()
    return sorted_by_gram(found["gram"], found["f"], found["n"])


def chdb_packed(question: Question) -> Counted:
    """Collect time and code of each session's events, sort, and count the distinct packed grams."""
    code = f"transform(event, [{', '.join(_quoted(name) for name in question.names)}], range({len(question.names)}), 0)"
    return _chdb(
        f"""
        SELECT gram, countIf(f) AS faulty, countIf(NOT f) AS normal FROM (
            SELECT any(faulty) AS f, arrayMap(x -> x.2, arraySort(groupArray((timestamp, toUInt32({code}))))) AS codes,
                arrayDistinct(arrayMap((a, b, c) -> a * 65536 + b * 256 + c, arrayPopBack(arrayPopBack(codes)),
                    arrayPopBack(arrayPopFront(codes)), arrayPopFront(arrayPopFront(codes)))) AS grams
            FROM file({_quoted(str(question.path))}, Parquet) GROUP BY session_id HAVING length(codes) > 2)
        ARRAY JOIN grams AS gram GROUP BY gram
        """
    )


def chdb_numbers(question: Question) -> Counted:
    """The same with time and code in one number, so that plain numbers are sorted."""
    code = f"transform(event, [{', '.join(_quoted(name) for name in question.names)}], range({len(question.names)}), 0)"
    least = f"(SELECT min(timestamp) FROM file({_quoted(str(question.path))}, Parquet))"
    packed = f"bitShiftLeft(toUInt64(toUnixTimestamp64Nano(timestamp) - toUnixTimestamp64Nano({least})), 8) + {code}"
    return _chdb(
        f"""
        SELECT gram, countIf(f) AS faulty, countIf(NOT f) AS normal FROM (
            SELECT any(faulty) AS f, arrayMap(x -> toUInt32(bitAnd(x, 255)), arraySort(groupArray({packed}))) AS codes,
                arrayDistinct(arrayMap((a, b, c) -> a * 65536 + b * 256 + c, arrayPopBack(arrayPopBack(codes)),
                    arrayPopBack(arrayPopFront(codes)), arrayPopFront(arrayPopFront(codes)))) AS grams
            FROM file({_quoted(str(question.path))}, Parquet) GROUP BY session_id HAVING length(codes) > 2)
        ARRAY JOIN grams AS gram GROUP BY gram
        """
    )


def _chdb(sql: str) -> Counted:
    import io

    import chdb
    import pyarrow

    pa: Any = pyarrow
    engine: Any = chdb
    answer = engine.query(f"{sql} SETTINGS max_threads = {THREADS}", "Arrow").bytes()
    found = pa.ipc.open_file(io.BytesIO(answer)).read_all()
    return sorted_by_gram(*(found.column(name) for name in ("gram", "faulty", "normal")))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


ENGINES: dict[str, Ask] = {
    "polars": polars,
    "polars numbered": polars_numbered,
    "duckdb lists": duckdb_lists,
    "duckdb window": duckdb_window,
    "chdb packed": chdb_packed,
    "chdb numbers": chdb_numbers,
}
