"""Parquet files, a row group at a time; text that lies as a dictionary is read as one."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet

from telic.errors import UsageError
from telic.opportunities.model import Exclusion
from telic.opportunities.read import pages
from telic.opportunities.read.source import Source

pq: Any = pyarrow.parquet
pa: Any = pyarrow
CODED = 6.0  # bytes a value above which text is no longer stored as a dictionary: it has four for its length [bytes]
BLOCK = 1 << 22
_UNITS = {"ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}


class Parquet:
    """One Parquet file or several of the same columns.

    Parameters
    ----------
    name
        What was asked for: a file, a folder, a pattern.
    paths
        The files, in the order of their rows.
    """

    def __init__(self, name: str, paths: Sequence[Path]) -> None:
        self.name, self.exclusions = name, tuple[Exclusion, ...]()
        self._paths, self._own = tuple(paths), threading.local()
        try:
            self._meta = [pq.read_metadata(path) for path in self._paths]
        except (pa.ArrowException, OSError) as error:
            raise UsageError(f"{name} is no Parquet file: {error}", hint="give the file a fitting ending") from error
        first = self._meta[0].schema.to_arrow_schema()
        for path, meta in zip(self._paths, self._meta, strict=True):
            other = meta.schema.to_arrow_schema()
            if not other.equals(first):
                raise UsageError(
                    f"{path} has other columns than {self._paths[0]}", hint="give files that have the same columns"
                )
        self._schema = first
        self._pieces = [
            (number, index) for number, meta in enumerate(self._meta) for index in range(meta.num_row_groups)
        ]

    @property
    def schema(self) -> Any:
        """The columns."""
        return self._schema

    @property
    def sizes(self) -> Sequence[int]:
        """How many rows each row group has."""
        return [self._meta[number].row_group(index).num_rows for number, index in self._pieces]

    @property
    def paths(self) -> Sequence[Path]:
        """The files, in the order of their rows."""
        return self._paths

    def missing(self, name: str) -> int | None:
        """Return how many rows have no value in a column; None where the files do not say."""
        count = 0
        for piece, (number, index) in enumerate(self._pieces):
            place = self._place(piece, name)
            said = None if place is None else self._meta[number].row_group(index).column(place).statistics
            if said is None or said.null_count is None:
                return None
            count += int(said.null_count)
        return count

    def key(self) -> str:
        """Return a digest of the files' bytes."""
        digest = hashlib.sha256()
        for path in self._paths:
            with path.open("rb") as file:
                while block := file.read(BLOCK):
                    digest.update(block)
        return digest.hexdigest()

    def parts(self) -> Sequence[Source]:
        """Return the files, each as a source."""
        return [self] if len(self._paths) == 1 else [Parquet(str(path), [path]) for path in self._paths]

    def head(self, rows: int) -> Any:
        """Return the first rows."""
        for path, meta in zip(self._paths, self._meta, strict=True):
            if meta.num_rows:
                with pq.ParquetFile(path, metadata=meta, memory_map=True) as file:
                    return pa.Table.from_batches([next(file.iter_batches(batch_size=rows, use_threads=False))])
        return self._schema.empty_table()

    def read(self, piece: int, names: Sequence[str], *, encoded: bool = False) -> Any:
        """Return columns of a row group."""
        fast = {name: column for name in names if (column := self._from_pages(piece, name, encoded)) is not None}
        rest = [name for name in names if name not in fast]
        if not fast:
            return self._generally(piece, rest, encoded)
        if rest:
            read = self._generally(piece, rest, encoded)
            fast |= {name: read[name] for name in rest}
        return pa.table({name: fast[name] for name in names})

    def ids(self, piece: int, name: str) -> tuple[int, Any] | None:
        """Return a column of ids as numbers, from the pages of a row group."""
        place = self._place(piece, name)
        if place is None:
            return None
        chunk, optional = self._chunk(piece, place), self._optional(piece, place)
        if self._schema.field(name).type == pa.int64():
            numbers = pages.small_numbers(*chunk, optional=optional)
            return None if numbers is None else (0, numbers)
        return pages.digits(*chunk, optional=optional)

    def _from_pages(self, piece: int, name: str, encoded: bool) -> Any | None:
        place = self._place(piece, name)
        number, index = self._pieces[piece]
        if place is None or not _same_unit(self._meta[number].schema.column(place), self._schema.field(name).type):
            return None
        coded = encoded and self._is_coded(number, index, name)
        kind, optional = self._schema.field(name).type, self._optional(piece, place)
        return pages.column(*self._chunk(piece, place), kind, optional=optional, encoded=coded)

    def _place(self, piece: int, name: str) -> int | None:
        """Return which of the file's plain columns has a name; None where none has, or values are nested."""
        schema = self._meta[self._pieces[piece][0]].schema
        place = next((at for at in range(len(schema)) if schema.column(at).path == name), None)
        if place is None or schema.column(place).max_repetition_level or schema.column(place).max_definition_level > 1:
            return None
        return place

    def _optional(self, piece: int, place: int) -> bool:
        return bool(self._meta[self._pieces[piece][0]].schema.column(place).max_definition_level == 1)

    def _chunk(self, piece: int, place: int) -> tuple[Any, Any]:
        """Return the mapped file and what it says of a column's part in a row group."""
        number, index = self._pieces[piece]
        mapped = self._own.__dict__.setdefault("mapped", {})
        if number not in mapped:
            mapped[number] = np.memmap(self._paths[number], np.uint8, "r").view(np.ndarray)
        return mapped[number], self._meta[number].row_group(index).column(place)

    def _generally(self, piece: int, names: Sequence[str], encoded: bool) -> Any:
        number, index = self._pieces[piece]
        dictionaries = tuple(name for name in names if encoded and self._is_coded(number, index, name))
        opened = self._own.__dict__.setdefault("files", {})
        key = number, dictionaries
        if key not in opened:
            opened[key] = pq.ParquetFile(
                self._paths[number], metadata=self._meta[number], memory_map=True, read_dictionary=dictionaries
            )
        try:
            return opened[key].read_row_group(index, columns=list(names), use_threads=False)
        except (pa.ArrowException, OSError) as error:
            raise UsageError(
                f"{self._paths[number]}, row group {index}: {error}", hint="the file is damaged"
            ) from error

    def _is_coded(self, number: int, index: int, name: str) -> bool:
        group = self._meta[number].row_group(index)
        for column in range(group.num_columns):
            chunk = group.column(column)
            if chunk.path_in_schema == name:
                texts = chunk.physical_type == "BYTE_ARRAY" and chunk.has_dictionary_page
                return bool(texts and chunk.total_uncompressed_size < CODED * max(chunk.num_values, 1))
        return False


def _same_unit(column: Any, kind: Any) -> bool:
    """Whether numbers of a column mean what its Arrow type says, without being converted."""
    if not pa.types.is_timestamp(kind):
        return True
    said = json.loads(column.logical_type.to_json())
    return bool(said.get("timeUnit") == _UNITS.get(kind.unit))
