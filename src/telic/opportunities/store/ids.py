"""Ids of groups as they were written, read when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, overload

import numpy as np
import numpy.typing as npt
import pyarrow

from telic.opportunities.kernels.keys import unmix_all
from telic.opportunities.model import Ints
from telic.opportunities.read.text import labels
from telic.opportunities.store.pieces import Piece

pa: Any = pyarrow
_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)


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


def unpacked(keys: npt.NDArray[np.uint64], digits: int) -> Any:
    """Return the ids that mixed keys were made of: numbers, or texts of so many hexadecimal digits."""
    numbers = np.empty(len(keys), np.uint64)
    unmix_all(keys, numbers)
    if not digits:
        return pa.array(numbers.view(np.int64))
    shifts = np.arange(4 * (digits - 1), -1, -4, dtype=np.uint64)
    said = np.empty((len(keys), digits), np.uint8)
    for place, shift in enumerate(shifts):
        said[:, place] = _DIGITS[((numbers >> shift) & np.uint64(15)).astype(np.intp)]
    offsets = np.arange(len(keys) + 1, dtype=np.int64) * digits
    return pa.LargeStringArray.from_buffers(len(keys), pa.py_buffer(offsets), pa.py_buffer(said.ravel()))


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
