"""What the SQL of a run reads: the source itself where that says the same, else the prepared events as a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow

from telic.opportunities.model import Prepared
from telic.opportunities.plan import DUCKDB, Table, file_relation
from telic.opportunities.read import Columns, Source
from telic.opportunities.read.columns import SAMPLE
from telic.opportunities.read.parquet import Parquet
from telic.opportunities.read.text import one
from telic.opportunities.read.times import times

pa: Any = pyarrow
PIECE = 1 << 22  # events that are looked at at once [1]
_MICROSECOND = 1_000  # [ns]


@dataclass(frozen=True)
class Relation:
    """What the SQL of a run reads.

    Parameters
    ----------
    table
        What the events are called there.
    folder
        Where they lie prepared.
    why
        Why the prepared events are read, in a file of their own; "" where the source itself is.
    """

    table: Table
    folder: Path
    why: str = ""

    @property
    def file(self) -> Path:
        """The file of prepared events."""
        from telic.opportunities.store import flat

        return self.folder / flat.NAME

    def write(self) -> None:
        """Write the file of prepared events, where it is what is read.

        Raises
        ------
        StoreFailed
            It cannot be written.
        """
        from telic.opportunities.store import flat

        if self.why:
            flat.write(self.folder)


def relation(address: str, source: Source, taken: Columns, prepared: Prepared) -> Relation:
    """Return what SQL has to read to see the events as they were prepared.

    Parameters
    ----------
    address
        The source as it was named.
    """
    from telic.opportunities.store import flat  # which loads a compiler

    folder = Path(prepared.folder).absolute()
    mixed = tuple(name for name in prepared.of_groups if name in prepared.of_events)
    unit = _unit(source, taken.time)
    why = _other_format(address, source) or _other_columns(source, taken, unit)
    why = why or _other_rows(source, prepared, mixed) or _other_times(source, taken.time, prepared)
    called = flat.flat(taken) if why else taken
    read = f"read_parquet({DUCKDB.literal(str(folder / flat.NAME))})" if why else file_relation(address)
    stored = "timestamp" if why else unit
    table = Table(read, called.group, called.user, called.time, called.event, unit=stored, mixed=mixed)
    return Relation(table, folder, why)


def _unit(source: Source, name: str) -> str:
    """Return how a source stores times, "" where SQL would have to read texts or fractions."""
    if not name:
        return ""
    clock = times(source.schema.field(name).type, one(source.head(SAMPLE).column(name)))
    return clock.unit if clock else ""


def _other_format(address: str, source: Source) -> str:
    """Return why SQL cannot name the source as one table of the same columns, "" where it can."""
    if not isinstance(source, Parquet):
        return "the source is no Parquet, which alone is read by all in one way"
    read = file_relation(address)
    with duckdb.connect() as connection:
        try:
            files = connection.execute("SELECT file FROM glob(?)", [_pattern(address)]).fetchall()
            there = connection.execute(f"SELECT column_name FROM (DESCRIBE SELECT * FROM {read})").fetchall()
        except duckdb.Error:
            return "DuckDB does not read the source"
    if [Path(str(file)) for (file,) in files] != list(source.paths):
        return "DuckDB reads other files under this name, or in another order"
    if [name for (name,) in there] != list(source.schema.names):
        return "DuckDB gives the columns of the source other names"
    return ""


def _pattern(address: str) -> str:
    return str(Path(address) / "**" / "*.parquet") if Path(address).is_dir() else address


def _other_columns(source: Source, taken: Columns, unit: str) -> str:
    """Return which column SQL would understand otherwise, "" where there is none."""
    for role in ("time", "event", "group"):
        if not getattr(taken, role):
            return f"the source has no column for {role}"
    if not unit:
        return f"times in {taken.time} are texts or fractions"
    for name in (taken.event, taken.group, taken.user, *taken.attributes):
        if name and not _plain(source.schema.field(name).type):
            return f"values of {name} are no texts, whole numbers or truths"
    return ""


def _plain(kind: Any) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return bool(text or pa.types.is_integer(kind) or pa.types.is_boolean(kind))


def _other_rows(source: Source, prepared: Prepared, mixed: Sequence[str]) -> str:
    """Return what was prepared otherwise than it stands in a Parquet source, "" where all is the same."""
    left = [each for each in prepared.exclusions if each.count]
    for what in ("rows", "names", "values"):
        if any(each.what == what for each in left):
            return f"some {what} of the source were left out or are shown otherwise"
    if sum(each.what == "groups" for each in left) > len(mixed):
        return "the users of some groups are missing or several"
    sizes = np.diff(prepared.offsets)
    for name, column in prepared.of_groups.items():
        lacking = int(sizes[np.asarray(column.codes) < 0].sum())
        if name not in mixed and isinstance(source, Parquet) and source.missing(name) != lacking:
            return f"{name} stands in some rows of a group only"
    return ""


def _other_times(source: Source, name: str, prepared: Prepared) -> str:
    """Return why DuckDB would order events otherwise, "" where it would not; of a zone it reads microseconds."""
    kind = source.schema.field(name).type
    if not pa.types.is_timestamp(kind) or kind.tz is None or kind.unit != "ns":
        return ""
    begins = prepared.offsets[:-1]
    for first in range(0, len(prepared.at), PIECE):
        before = max(first - 1, 0)
        gaps = np.diff(prepared.at[before : first + PIECE], prepend=prepared.at[: int(not first)])
        inside = np.ones(len(gaps), np.bool_)
        low, high = np.searchsorted(begins, (first, first + len(gaps)))
        inside[begins[low:high] - first] = False
        if (inside & (gaps > 0) & (gaps < _MICROSECOND)).any():
            return f"times in {name} differ by less than DuckDB reads"
    return ""
