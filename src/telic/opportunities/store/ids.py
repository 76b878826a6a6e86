"""Ids of groups as they were written, read when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, overload

import numpy as np
import pyarrow

from telic.opportunities.model import Ints
from telic.opportunities.read.text import labels
from telic.opportunities.store.pieces import Piece

pa: Any = pyarrow


class Ids(Sequence[str]):
    """Texts of an Arrow array.

    Parameters
    ----------
    size
        How many there are.
    made
        Returns the array; called when the first one is asked for.
    """

    def __init__(self, size: int, made: Callable[[], Any]) -> None:
        self._size, self._made, self._array = size, made, None

    @property
    def array(self) -> Any:
        """The ids as an Arrow array."""
        if self._array is None:
            self._array = self._made()
        return self._array

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            start, stop, step = index.indices(self._size)
            if step == 1:
                return labels(self.array.slice(start, max(0, stop - start)))[0]
            return [self[each] for each in range(start, stop, step)]
        if not -self._size <= index < self._size:
            raise IndexError(index)
        return labels(self.array.slice(index % self._size, 1))[0][0]


def at_rows(pieces: Sequence[Piece], rows: Ints) -> Any:
    """Return the ids that stand in some rows of a source, as an Arrow array in the order of `rows`."""
    firsts = np.asarray([piece.first for piece in pieces], np.int64)
    owner = np.searchsorted(firsts, rows, side="right") - 1
    by_owner = np.argsort(owner, kind="stable")
    cuts = np.searchsorted(owner[by_owner], np.arange(len(pieces) + 1))
    parts = []
    for number, piece in enumerate(pieces):
        local = rows[by_owner[cuts[number] : cuts[number + 1]]] - piece.first
        parts.append(
            _plain(piece.groups.take(pa.array(local))) if piece.groups is not None else pa.array(local + piece.first)
        )
    if not parts:
        return pa.array([], pa.string())
    back = np.empty(len(rows), np.int64)
    back[by_owner] = np.arange(len(rows))
    together = pa.chunked_array(parts).combine_chunks()
    return together if np.array_equal(back, np.arange(len(back))) else together.take(pa.array(back))


def _plain(array: Any) -> Any:
    return array.cast(array.type.value_type) if pa.types.is_dictionary(array.type) else array
