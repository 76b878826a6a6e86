"""Reads Parquet columns from their pages: the plain kinds that events have, at a third of the general reader's time.

What is unusual is left to the general reader: missing values, nested columns, other encodings, other kinds. Source:
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift (PageHeader).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow

from telic.opportunities.model import Codes, Ints

pa: Any = pyarrow
Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]

_DATA, _DICTIONARY, _DATA_V2 = 0, 2, 3  # kinds of pages
_PLAIN, _CODED = 0, (2, 8)  # encodings
_KIND, _PLAIN_SIZE, _PACKED_SIZE, _COUNT, _ENCODING, _ENCODING_V2 = 0, 1, 2, 3, 4, 6  # places in what a header says
_LEVELS_V2, _PACKED_V2 = (7, 8), 9
_CODECS = {"ZSTD": "zstd", "SNAPPY": "snappy", "GZIP": "gzip", "BROTLI": "brotli"}
_HEXADECIMAL = re.compile(r"[0-9a-f]{1,16}")
WORTH: Bytes = np.asarray([b"0123456789abcdef".find(byte) & 255 for byte in range(256)], np.uint8)
"""What each byte is worth as a lower-case hexadecimal digit; 255 where it is none."""
_DEEPEST = 8
_FEW = 128  # texts whose places need but a byte, with a sign [1]
_ROOM = 1 << 16  # keys up to which a dictionary is filled up, however few it has; writers use no bit too many [1]
PAGE_MAX = 1 << 30  # bytes of a page: writers keep to a megabyte [bytes]
TEXTS_MAX = (1 << 31) - 1  # bytes of a dictionary's texts [bytes]


class Unusual(Exception):
    """Something that is left to the general reader."""


class Page(NamedTuple):
    """One page: kind, how many values, their encoding, and its bytes without levels, decompressed."""

    kind: int
    values: int
    encoding: int
    body: Bytes


def digits(file: Bytes, chunk: Any, *, optional: bool) -> tuple[int, Words] | None:
    """Return how many digits each text has, and their numbers, mixed; None where the general reader has to read.

    Parameters
    ----------
    file
        The file's bytes, mapped.
    chunk
        ``pyarrow.parquet.ColumnChunkMetaData``.
    optional
        Whether the column's values may be missing.
    """
    from telic.opportunities.kernels.pages import plain_digits

    said = chunk.statistics
    if chunk.physical_type != "BYTE_ARRAY" or said is None or not said.has_min_max:
        return None
    if not isinstance(said.min, str) or not _HEXADECIMAL.fullmatch(said.min):
        return None
    size = len(said.min)

    def plain(page: Page, out: Any) -> bool:
        return bool(plain_digits(page.body, page.values, size, WORTH, out))

    try:
        return size, _values(file, chunk, optional, np.dtype(np.uint64), plain)
    except (Unusual, pa.ArrowException, OSError):
        return None  # the general reader says what is wrong with it


def small_numbers(file: Bytes, chunk: Any, *, optional: bool) -> Codes | None:
    """Return whole numbers of 64 bits in half of them; None where one does not fit, or the general reader has to read.

    Half the bytes are written, and read by all who come after; what is more, a dictionary stays in a core's cache.
    """

    def plain(page: Page, out: Codes) -> bool:
        if len(page.body) < 2 * out.nbytes:
            return False
        wide = page.body[: 2 * out.nbytes].view(np.int64)
        out[:] = wide
        return bool((out == wide).all())

    try:
        found: Codes = _values(file, chunk, optional, np.dtype(np.int32), plain)
    except (Unusual, pa.ArrowException, OSError):
        return None  # the general reader says what is wrong with it
    return found


def column(file: Bytes, chunk: Any, kind: Any, *, optional: bool, encoded: bool) -> Any | None:
    """Return a column of a row group as an Arrow array; None where the general reader has to read.

    Parameters
    ----------
    kind
        The column's ``pyarrow.DataType``.
    encoded
        Whether text is wanted as dictionary and indices.
    """
    try:
        if chunk.physical_type == "INT64" and (kind == pa.int64() or pa.types.is_timestamp(kind)):
            return _array(kind, _values(file, chunk, optional, np.dtype(np.int64), _plain_numbers))
        if chunk.physical_type == "BOOLEAN":
            return _truths(file, chunk, optional)
        if chunk.physical_type == "BYTE_ARRAY" and encoded and kind in (pa.string(), pa.binary()):
            return _texts(file, chunk, optional, kind)
    except (Unusual, pa.ArrowException, OSError):
        return None  # the general reader says what is wrong with it
    return None


def _array(kind: Any, values: Ints | Codes) -> Any:
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])


def _plain_numbers(page: Page, out: Ints) -> bool:
    if len(page.body) < out.nbytes:
        return False
    out.view(np.uint8)[:] = page.body[: out.nbytes]
    return True


def _values(file: Bytes, chunk: Any, optional: bool, kind: Any, plain: Any) -> Any:
    """Return the values of a chunk, of which plain pages are read by `plain`."""
    return _filled(_pages(file, chunk, optional), np.empty(chunk.num_values, kind), np.zeros(0, kind), plain)


def _filled(pages: Iterable[Page], found: Any, keys: Any, plain: Any) -> Any:
    """Fill `found` from pages, `keys` being what indices mean until a dictionary comes."""
    from telic.opportunities.kernels.pages import coded

    kind, known, done = found.dtype, len(keys), 0
    for page in pages:
        if page.kind == _DICTIONARY:
            keys, known = np.empty(page.values, kind), page.values
            good = plain(page, keys)
        else:
            out = found[done : done + page.values]
            done += page.values
            if page.encoding == _PLAIN:
                good = len(out) == page.values and plain(page, out)
            else:
                width = _width(page, known)
                keys = filled_up(keys, width)
                good = coded(page.body, 1, width, keys, known, page.values, out)
        if not good:
            raise Unusual
    if done != len(found):
        raise Unusual
    return found


def _width(page: Page, known: int) -> int:
    """Return how many bits an index of a page has into a dictionary of so many keys."""
    if page.encoding not in _CODED or not len(page.body) or 1 << int(page.body[0]) > max(_ROOM, 4 * known):
        raise Unusual
    return int(page.body[0])


def filled_up(keys: Any, width: int) -> Any:
    """Return keys with a place for every index of so many bits."""
    lacking = (1 << width) - len(keys)
    return keys if lacking <= 0 else np.concatenate([keys, np.zeros(lacking, keys.dtype)])


def _texts(file: Bytes, chunk: Any, optional: bool, kind: Any) -> Any:
    """Return texts as a dictionary and indices, where all pages have indices."""
    from telic.opportunities.kernels.pages import plain_texts

    pages = _pages(file, chunk, optional)
    first = next(pages, None)
    if first is None or first.kind != _DICTIONARY or len(first.body) > TEXTS_MAX:
        raise Unusual
    offsets, data = np.zeros(first.values + 1, np.int32), np.empty(len(first.body), np.uint8)
    if not plain_texts(first.body, first.values, offsets, data):
        raise Unusual
    known = pa.Array.from_buffers(kind, first.values, [None, pa.py_buffer(offsets), pa.py_buffer(data)])
    index = pa.int8() if first.values <= _FEW else pa.int32()
    keys = np.arange(first.values, dtype=index.to_pandas_dtype())  # they are their places
    found = _filled(pages, np.empty(chunk.num_values, keys.dtype), keys, lambda page, out: False)
    return pa.DictionaryArray.from_arrays(_array(index, found), known, safe=False)  # no index is beyond `known`


def _truths(file: Bytes, chunk: Any, optional: bool) -> Any:
    """Return truth values, where pages of single bits fit together without being moved."""
    bodies, done = [], 0
    for page in _pages(file, chunk, optional):
        size = (page.values + 7) // 8
        if page.kind == _DICTIONARY or page.encoding != _PLAIN or done % 8 or len(page.body) < size:
            raise Unusual
        bodies.append(page.body[:size])
        done += page.values
    if done != chunk.num_values:
        raise Unusual
    return pa.Array.from_buffers(pa.bool_(), done, [None, pa.py_buffer(np.concatenate([*bodies, np.zeros(1, np.uint8)]))])  # fmt: skip  # noqa: E501


def _pages(file: Bytes, chunk: Any, optional: bool) -> Iterator[Page]:
    from telic.opportunities.kernels.pages import page_header

    if optional and (chunk.statistics is None or chunk.statistics.null_count != 0):
        raise Unusual
    at = chunk.data_page_offset
    if chunk.has_dictionary_page and chunk.dictionary_page_offset is not None:
        at = min(at, chunk.dictionary_page_offset)
    end = at + chunk.total_compressed_size
    if not 0 <= at <= end <= len(file) or (chunk.compression not in _CODECS and chunk.compression != "UNCOMPRESSED"):
        raise Unusual
    codec = pa.Codec(_CODECS[chunk.compression]) if chunk.compression in _CODECS else None
    path, said, most = np.zeros(_DEEPEST, np.int64), np.zeros(10, np.int64), chunk.num_values
    while at < end:
        at = int(page_header(file, at, end, path, said))
        header = said.tolist()
        kind, plain, packed, count = header[_KIND], header[_PLAIN_SIZE], header[_PACKED_SIZE], header[_COUNT]
        if at < 0 or not 0 <= packed <= end - at or not 0 <= plain <= PAGE_MAX or not 0 <= count <= most:
            raise Unusual
        body = file[at : at + packed]
        at += packed
        if kind == _DATA_V2:
            levels = max(0, header[_LEVELS_V2[0]]) + max(0, header[_LEVELS_V2[1]])
            if levels > min(plain, packed):
                raise Unusual
            raw = body[levels:]
            yield Page(kind, count, header[_ENCODING_V2], _opened(codec, raw, plain - levels) if header[_PACKED_V2] else raw)  # fmt: skip  # noqa: E501
            continue
        if kind not in (_DATA, _DICTIONARY):
            raise Unusual
        raw = _opened(codec, body, plain)
        if kind == _DATA and optional:  # none is missing, so that nobody needs the levels
            raw = raw[4 + int.from_bytes(raw[:4].tobytes(), "little") :]
        yield Page(kind, count, header[_ENCODING], raw)


def _opened(codec: Any, body: Bytes, size: int) -> Bytes:
    """Return bytes as they were; whoever wrote them may have left them so."""
    if codec is None:
        return body
    return np.frombuffer(codec.decompress(pa.py_buffer(body), size), np.uint8)
