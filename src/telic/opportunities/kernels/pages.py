"""Pages of Parquet columns decoded in place: headers, indices into a dictionary, ids that are hexadecimal digits.

Source: https://github.com/apache/parquet-format/blob/master/Encodings.md (PLAIN, RLE/bit-packing hybrid), and
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md for headers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from telic.opportunities.kernels.compiled import Array, Whole, compiled, word_at
from telic.opportunities.kernels.keys import hex_word, last_word, mixed

u64: Any = np.uint64
i64: Any = np.int64
U: Any = np.uintp  # an index that is never negative saves a test


@compiled
def page_header(file: Array, at: int, end: int, path: Array, found: Array) -> Whole:
    """Read one page's header; return what follows it, or -1 where it is not as expected.

    Parameters
    ----------
    path
        Scratch: a field for each level of nesting.
    found : shape (10,)
        Filled: kind, bytes as they were, bytes as they lie; then the fields 1 to 7 of what is said of its kind (flags
        as 0 and 1); -1 for what is not said.
    """
    for index in range(len(found)):
        found[index] = -1
    depth = 0
    path[0] = 0
    while at < end:
        byte = i64(file[U(at)])
        at += 1
        if byte == 0:
            if depth == 0:
                return i64(at)
            depth -= 1
            continue
        kind = byte & 15
        if byte >> 4:
            path[depth] += byte >> 4
        else:
            field, at = _varint(file, at, end)
            path[depth] = (field >> 1) ^ -(field & 1)
        value = i64(-1)
        if kind <= 2:
            value = i64(kind == 1)
        elif kind == 3:
            at += 1
        elif kind <= 6:
            value, at = _varint(file, at, end)
            value = (value >> 1) ^ -(value & 1)
        elif kind == 7:
            at += 8
        elif kind == 8:
            size, at = _varint(file, at, end)
            at = at + size if 0 <= size < end else i64(-1)
        elif kind == 12:
            depth += 1
            if depth == len(path):
                return i64(-1)
            path[depth] = 0
        else:
            return i64(-1)
        if at < 0:
            return i64(-1)
        if depth == 0 and 1 <= path[0] <= 3:
            found[path[0] - 1] = value
        elif depth == 1 and kind != 12 and (path[0] == 5 or path[0] == 7 or path[0] == 8) and 1 <= path[1] <= 7:
            found[2 + path[1]] = value
    return i64(-1)


@compiled
def _varint(file: Array, at: int, end: int) -> Whole:
    """Return a number and what follows it; -1 for the latter where it does not end."""
    value, shift = i64(0), i64(0)
    while 0 <= at < end and shift < 63:
        byte = i64(file[U(at)])
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, i64(at)
    return i64(0), i64(-1)


@compiled
def plain_texts(page: Array, count: int, offsets: Array, out: Array) -> bool:
    """Take the texts of a page apart from their lengths; return whether the page holds `count` of them.

    Parameters
    ----------
    offsets : shape (count + 1,)
        Filled: where each text begins.
    out
        Filled: the texts, one behind the other; at least as long as the page.
    """
    at, to = i64(0), i64(0)
    for index in range(count):
        if at + 4 > len(page):
            return False
        size = i64(page[at]) | i64(page[at + 1]) << 8 | i64(page[at + 2]) << 16 | i64(page[at + 3]) << 24
        at += 4
        if at + size > len(page):
            return False
        offsets[index] = to
        for place in range(size):
            out[to + place] = page[at + place]
        at += size
        to += size
    offsets[count] = to
    return True


@compiled
def plain_digits(page: Array, count: int, size: int, digits: Array, out: Array) -> bool:
    """Fill `out` with the mixed number that each text of a page says; return whether all of them say one.

    Parameters
    ----------
    page
        Each text's length in four bytes, then the text.
    size
        How many digits each has, at most 16.
    digits : shape (256,)
        What each byte is worth; 255 where it is no digit.
    """
    wrong, step, rest = u64(0), size + 4, u64(4 * (size - 8))
    if count * step > len(page):
        return False
    address = u64(page.ctypes.data)
    for index in range(count):
        at = u64(index * step)
        if size >= 8:
            wrong |= (word_at(address, at) & u64(0xFFFFFFFF)) ^ u64(size)
            upper, bad = hex_word(word_at(address, at + u64(4)))
            lower, worse = hex_word(word_at(address, at + u64(step - 8)))
            value = (upper << rest) | (lower & ((u64(1) << rest) - u64(1)))
            wrong |= bad | worse
        else:
            value = u64(0)
            for place in range(4):
                wrong |= u64(page[U(at + u64(place))]) ^ u64(size * (place == 0))
            for place in range(4, step):
                digit = u64(digits[U(page[U(at + u64(place))])])
                wrong |= digit & u64(0xF0)
                value = (value << u64(4)) | (digit & u64(15))
        out[index] = mixed(value)
    return bool(wrong == u64(0))


@compiled
def coded(page: Array, at: int, width: int, keys: Array, known: int, count: int, out: Array) -> bool:
    """Fill `out` with the keys that the indices of a page point to; return whether the page held enough of them.

    Parameters
    ----------
    page, at
        Bytes, and where the first run begins.
    width
        Bits of an index, at most 32.
    keys
        Of the dictionary, at least ``2 ** width`` of them, so that no index is looked at before it is followed.
    known
        How many of them the dictionary has.
    """
    done, size, most = i64(0), len(page), u64(0)
    while done < count:
        header, at = _varint(page, at, size)
        if at < 0 or header < 2:
            return False
        if header & 1 == 0 or width == 0:  # one index, many times
            value = u64(0)
            for place in range(0 if header & 1 else (width + 7) // 8):
                if at >= size:
                    return False
                value |= u64(page[U(at)]) << u64(8 * place)
                at += 1
            if value >= u64(known):
                return False
            many = min((header >> 1) * (8 if header & 1 else 1), count - done)
            key = keys[U(value)]
            for index in range(many):
                out[U(done + index)] = key
        else:
            many = min((header >> 1) * 8, count - done)
            if (many * width + 7) // 8 > size - at:
                return False
            most = max(most, _unpack(page, at, width, keys, out[done : done + many]))
            at += (header >> 1) * width
        done += many
    return bool(most < u64(known) or count == 0)


@compiled
def _unpack(page: Array, at: int, width: int, keys: Array, out: Array) -> Whole:
    """Fill `out` with the keys of indices that lie bit behind bit from byte `at` on; return the largest index."""
    low, most, bits = (u64(1) << u64(width)) - u64(1), u64(0), u64(width)
    address, size = u64(page.ctypes.data), len(page)
    whole = min(len(out), max(0, (size - 8 - at) * 8 // width + 1))  # whose eight bytes are all in the page
    begin = address + u64(at)
    for index in range(whole):
        bit = u64(index) * bits
        value = (word_at(begin, bit >> u64(3)) >> (bit & u64(7))) & low
        most = max(most, value)
        out[U(index)] = keys[U(value)]
    for index in range(whole, len(out)):
        bit = u64(index) * bits
        held = last_word(address, u64(at) + (bit >> u64(3)), u64(size), u64(size))
        value = (held >> (bit & u64(7))) & low
        most = max(most, value)
        out[U(index)] = keys[U(value)]
    return most
