"""Reads a Parquet column of ids from its pages, when all of them are hexadecimal digits of one length.

Source: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift (PageHeader), and for the
compact protocol https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow

pa: Any = pyarrow
Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]

_DATA, _DICTIONARY, _DATA_V2 = 0, 2, 3  # kinds of pages
_PLAIN, _CODED = 0, (2, 8)  # encodings
_CODECS = {"ZSTD": "zstd", "SNAPPY": "snappy", "GZIP": "gzip", "BROTLI": "brotli"}
_HEXADECIMAL = re.compile(r"[0-9a-f]{1,16}")
WORTH: Bytes = np.asarray([b"0123456789abcdef".find(byte) & 255 for byte in range(256)], np.uint8)
"""What each byte is worth as a lower-case hexadecimal digit; 255 where it is none."""
_DEEPEST = 8
PAGE_MAX = 1 << 30  # bytes of a page: writers keep to a megabyte [bytes]


class Unusual(Exception):
    """Something that is left to the general reader."""


@dataclass(frozen=True)
class Page:
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
    from telic.opportunities.kernels.pages import coded_keys, plain_digits

    said = chunk.statistics
    if chunk.physical_type != "BYTE_ARRAY" or said is None or not said.has_min_max or said.null_count != 0:
        return None
    if not isinstance(said.min, str) or not _HEXADECIMAL.fullmatch(said.min):
        return None
    size, done = len(said.min), 0
    found, keys = np.empty(chunk.num_values, np.uint64), np.zeros(0, np.uint64)
    try:
        for page in _pages(file, chunk, optional):
            if page.kind == _DICTIONARY:
                keys = np.empty(page.values, np.uint64)
                good = plain_digits(page.body, 0, page.values, size, WORTH, keys)
            elif done + page.values > len(found):
                return None
            elif page.encoding == _PLAIN:
                good = plain_digits(page.body, 0, page.values, size, WORTH, found[done : done + page.values])
                done += page.values
            elif page.encoding in _CODED and len(page.body) and page.body[0] <= 32:
                out = found[done : done + page.values]
                good = coded_keys(page.body, 1, int(page.body[0]), keys, page.values, out)
                done += page.values
            else:
                return None
            if not good:
                return None
    except (Unusual, pa.ArrowException, OSError):
        return None  # the general reader says what is wrong with it
    return (size, found) if done == len(found) else None


def _pages(file: Bytes, chunk: Any, optional: bool) -> Iterator[Page]:
    at = chunk.data_page_offset
    if chunk.has_dictionary_page and chunk.dictionary_page_offset is not None:
        at = min(at, chunk.dictionary_page_offset)
    end = at + chunk.total_compressed_size
    if end > len(file) or (chunk.compression not in _CODECS and chunk.compression != "UNCOMPRESSED"):
        raise Unusual
    while at < end:
        header, at = _struct(file, at, end)
        kind, plain, packed = header.get(1), header.get(2), header.get(3)
        if not isinstance(plain, int) or not isinstance(packed, int) or min(plain, packed) < 0 or at + packed > end:
            raise Unusual
        about = header.get({_DATA: 5, _DICTIONARY: 7, _DATA_V2: 8}.get(int(kind or 0), -1))
        if not isinstance(about, dict) or plain > PAGE_MAX:
            raise Unusual
        count, encoding = about.get(1, -1), about.get(4 if kind == _DATA_V2 else 2, -1)
        if not 0 <= count <= chunk.num_values:
            raise Unusual
        body = file[at : at + packed]
        at += packed
        if kind == _DATA_V2:
            levels = about.get(5, 0) + about.get(6, 0)
            raw = body[levels:]
            if about.get(7, True):
                raw = _decompressed(raw, plain - levels, chunk.compression)
            yield Page(_DATA_V2, count, encoding, raw)
            continue
        raw = _decompressed(body, plain, chunk.compression)
        if kind == _DATA and optional:  # none is missing, so that nobody needs the levels
            raw = raw[4 + int.from_bytes(raw[:4].tobytes(), "little") :]
        yield Page(int(kind or 0), count, encoding, raw)


def _decompressed(body: Bytes, size: int, compression: str) -> Bytes:
    if compression == "UNCOMPRESSED":
        return body
    return np.frombuffer(pa.Codec(_CODECS[compression]).decompress(pa.py_buffer(body), size), np.uint8)


def _struct(file: Bytes, at: int, end: int, depth: int = 0) -> tuple[dict[int, Any], int]:
    """Return a struct of the compact protocol as values by field, and what follows it."""
    if depth > _DEEPEST:
        raise Unusual
    found: dict[int, Any] = {}
    field = 0
    while True:
        if at >= end:
            raise Unusual
        byte = int(file[at])
        at += 1
        if byte == 0:
            return found, at
        kind = byte & 15
        if byte >> 4:
            field += byte >> 4
        else:
            field, at = _number(file, at, end)
        if kind in (1, 2):
            found[field] = kind == 1
        elif kind in (4, 5, 6):
            found[field], at = _number(file, at, end)
        elif kind == 3:
            at += 1
        elif kind == 7:
            at += 8
        elif kind == 8:
            size, at = _varint(file, at, end)
            at += size
        elif kind == 12:
            found[field], at = _struct(file, at, end, depth + 1)
        else:
            raise Unusual


def _varint(file: Bytes, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end and shift < 64:
        byte = int(file[at])
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at
    raise Unusual


def _number(file: Bytes, at: int, end: int) -> tuple[int, int]:
    value, at = _varint(file, at, end)
    return (value >> 1) ^ -(value & 1), at
