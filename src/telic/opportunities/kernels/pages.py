"""Pages of Parquet columns decoded into keys: texts of hexadecimal digits become numbers without being made as texts.

Source: https://github.com/apache/parquet-format/blob/master/Encodings.md (PLAIN, RLE/bit-packing hybrid).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from telic.opportunities.kernels.compiled import compiled
from telic.opportunities.kernels.keys import mixed

Array = Any  # a numpy array whose type numba finds when it compiles
Whole = Any  # a number whose type numba knows

u64: Any = np.uint64
i64: Any = np.int64
U: Any = np.uintp  # an index that is never negative saves a test


@compiled
def plain_digits(page: Array, at: int, count: int, size: int, digits: Array, out: Array) -> bool:
    """Fill `out` with the mixed number that each text of a page says; return whether all of them say one.

    Parameters
    ----------
    page, at
        Bytes, and where the first text begins: its length in four bytes, then the text.
    size
        How many digits each text has, at most 16.
    digits : shape (256,)
        What each byte is worth; 255 where it is no digit.
    """
    wrong, step = u64(0), size + 4
    if at + count * step > len(page):
        return False
    for index in range(count):
        place = U(at + index * step)
        if page[place] != size or page[place + U(1)] != 0 or page[place + U(2)] != 0 or page[place + U(3)] != 0:
            return False
        value = u64(0)
        for each in range(4, step):
            digit = u64(digits[U(page[place + U(each)])])
            wrong |= digit
            value = (value << u64(4)) | (digit & u64(15))
        out[index] = mixed(value)
    return bool(wrong < u64(16))


@compiled
def coded_keys(page: Array, at: int, width: int, keys: Array, count: int, out: Array) -> bool:
    """Fill `out` with the keys that the indices of a page point to; return whether the page held enough of them.

    Parameters
    ----------
    page, at
        Bytes, and where the first run begins.
    width
        Bits of an index, at most 32.
    keys
        Of the dictionary.
    """
    done, low = i64(0), (u64(1) << u64(width)) - u64(1)
    while done < count:
        header, shift = i64(0), i64(0)
        while True:
            if at >= len(page) or shift > 35:
                return False
            byte = i64(page[U(at)])
            at += 1
            header |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        if header & 1 == 0:  # one index, many times
            value = u64(0)
            for place in range((width + 7) // 8):
                if at >= len(page):
                    return False
                value |= u64(page[U(at)]) << u64(8 * place)
                at += 1
            if value >= u64(len(keys)):
                return False
            for _ in range(min(header >> 1, count - done)):
                out[U(done)] = keys[U(value)]
                done += 1
            continue
        held, bits = u64(0), i64(0)
        end = at + (header >> 1) * width
        for _ in range(min((header >> 1) * 8, count - done)):
            while bits < width:
                if at >= len(page):
                    return False
                held |= u64(page[U(at)]) << u64(bits)
                bits += 8
                at += 1
            value = held & low
            held >>= u64(width)
            bits -= width
            if value >= u64(len(keys)):
                return False
            out[U(done)] = keys[U(value)]
            done += 1
        at = end
    return True
