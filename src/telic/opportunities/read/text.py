"""Arrow's arrays of text: one form for all its types, and labels that can be shown."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow

pa: Any = pyarrow


class Texts(NamedTuple):
    """Where texts lie: text ``i`` has the bytes ``offsets[i]:offsets[i + 1]`` behind `address`."""

    offsets: npt.NDArray[np.int32] | npt.NDArray[np.int64]
    address: np.uint64
    limit: np.uint64  # bytes that may be read behind `address`


def one(column: Any) -> Any:
    """Return a column's chunks as one array."""
    if column.num_chunks == 1:
        return column.chunk(0)
    return column.unify_dictionaries().combine_chunks() if column.num_chunks else column.combine_chunks()


def as_text(array: Any) -> Any:
    """Return values of any plain type as text; text, bytes and signed numbers stay what they are."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return pa.DictionaryArray.from_arrays(array.indices, as_text(array.dictionary))
    if pa.types.is_string_view(kind):
        return array.cast(pa.string())
    if pa.types.is_binary_view(kind) or pa.types.is_fixed_size_binary(kind):
        return array.cast(pa.binary())
    number = pa.types.is_integer(kind) and not pa.types.is_uint64(kind)  # those beyond 2^63 are no int64
    plain = pa.types.is_string(kind) or pa.types.is_large_string(kind) or number
    if plain or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return array
    return array.cast(pa.string())


def coded(column: Any) -> tuple[npt.NDArray[np.int8] | npt.NDArray[np.int32], Any]:
    """Return a column's values as indices, -1 where missing, and what they are indices of; few in a byte each."""
    array = one(column)
    if pa.types.is_boolean(array.type):
        plain = len(array) and not array.null_count
        truth = _bits(array) if plain else np.asarray(array.cast(pa.int8()).fill_null(-1))
        return truth, pa.array(["false", "true"])
    array = as_text(array)
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    indices = array.indices.fill_null(-1) if array.indices.null_count else array.indices
    codes = np.asarray(indices)
    return codes if codes.dtype == np.int8 else codes.astype(np.int32, copy=False), array.dictionary


def _bits(array: Any) -> npt.NDArray[np.int8]:
    """Return truth values, none of them missing, in a byte each."""
    bits = np.frombuffer(array.buffers()[1], np.uint8)
    end = array.offset + len(array)
    return np.unpackbits(bits[: (end + 7) // 8], bitorder="little")[array.offset : end].view(np.int8)


def texts(array: Any) -> Texts:
    """Return where the texts of an array lie; `array` has to live as long as they are read."""
    _, offsets, data = array.buffers()
    wide = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
    if offsets is None or data is None:
        return Texts(np.zeros(len(array) + 1, np.int32), np.uint64(0), np.uint64(0))
    begin: Any = np.frombuffer(offsets, np.int64 if wide else np.int32)
    begin = begin[array.offset : array.offset + len(array) + 1]
    return Texts(begin, np.uint64(data.address), np.uint64(data.size))


def labels(values: Any) -> tuple[list[str], list[str]]:
    """Return values as text that can be shown, and those of them that were not UTF-8, escaped.

    Parameters
    ----------
    values
        Distinct values, an Arrow array without missing ones.
    """
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        values = values.cast(pa.large_binary())
    if not pa.types.is_binary(values.type) and not pa.types.is_large_binary(values.type):
        return [_shown(value) for value in values.to_pylist()], []
    shown, odd = [], []
    for value in values.to_pylist():
        try:
            shown.append(value.decode())
        except UnicodeDecodeError:
            shown.append(value.decode(errors="backslashreplace"))
            odd.append(shown[-1])
    return shown, odd


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
