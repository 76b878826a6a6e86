"""What every source of events can do, and the one whose rows lie in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Protocol

import pyarrow

from telic.opportunities.model import Exclusion

pa: Any = pyarrow
PIECE = 1 << 20  # rows of a piece of a table in memory [1]


class Source(Protocol):
    """Rows in pieces; pieces may be read by several threads at once.

    Attributes
    ----------
    name
        What it is called in messages: the file, the address of the table.
    exclusions
        What of it could not be read as rows.
    """

    name: str
    exclusions: tuple[Exclusion, ...]

    @property
    def schema(self) -> Any:
        """The columns, a ``pyarrow.Schema``."""
        ...

    @property
    def sizes(self) -> Sequence[int]:
        """How many rows each piece has."""
        ...

    def key(self) -> str:
        """Return a digest of the content."""
        ...

    def parts(self) -> Sequence[Source]:
        """Return what it is put together from, such as the files of a folder, in order; itself where of one piece."""
        ...

    def head(self, rows: int) -> Any:
        """Return the first rows, at most so many, as a ``pyarrow.Table``."""
        ...

    def read(self, piece: int, names: Sequence[str], *, encoded: bool = False) -> Any:
        """Return columns of a piece as a ``pyarrow.Table``.

        Parameters
        ----------
        encoded
            Whether text should come as dictionary and indices where it is stored so.
        """
        ...

    def ids(self, piece: int, name: str) -> tuple[int, Any] | None:
        """Return a column of ids as numbers, without making texts or more bytes of them than needed.

        Returns
        -------
        tuple or None
            How many hexadecimal digits each text has, and what they say, mixed (uint64); or 0 and whole numbers
            (int32); None where this source cannot say, or not all are such.
        """
        ...


class Rows:
    """A source whose rows are in memory.

    Parameters
    ----------
    name
        What it is called in messages: the file, the address of the table.
    table
        A ``pyarrow.Table``.
    exclusions
        What is not in it.
    """

    def __init__(self, name: str, table: Any, exclusions: tuple[Exclusion, ...] = ()) -> None:
        self.name, self.exclusions = name, exclusions
        self._table = table

    @property
    def schema(self) -> Any:
        """The columns."""
        return self._table.schema

    @property
    def sizes(self) -> Sequence[int]:
        """How many rows each piece has."""
        rows = self._table.num_rows
        return [min(PIECE, rows - first) for first in range(0, rows, PIECE)]

    def key(self) -> str:
        """Return a digest of all rows, in their order."""
        digest = hashlib.sha256(str(self._table.schema.remove_metadata()).encode())
        for column in self._table.combine_chunks().columns:
            for chunk in column.chunks:
                for buffer in chunk.buffers():
                    digest.update(b"" if buffer is None else buffer)
        return digest.hexdigest()

    def parts(self) -> Sequence[Source]:
        """Return itself."""
        return [self]

    def head(self, rows: int) -> Any:
        """Return the first rows."""
        return self._table.slice(0, rows)

    def read(self, piece: int, names: Sequence[str], *, encoded: bool = False) -> Any:
        """Return columns of a piece."""
        return self._table.select(list(names)).slice(piece * PIECE, PIECE)

    def ids(self, piece: int, name: str) -> tuple[int, Any] | None:
        """Return nothing: they are there already."""
        return None
