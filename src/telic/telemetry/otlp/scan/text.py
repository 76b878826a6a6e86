"""Text as JSON and the store's columns have it, compiled: strings, hex, base64, numbers, fixed words."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from telic.telemetry.otlp.scan.decimals import as_double, put_double
from telic.telemetry.otlp.scan.machine import (
    HIGH,
    LOW,
    QUOTES,
    SLASHES,
    SPACES,
    load32,
    load64,
    store16,
    store32,
    store64,
)
from telic.telemetry.otlp.scan.wire import Array, U, Whole, Word, compiled, int64


class Words(NamedTuple):
    """Fixed texts: their bytes one after the other, and where each begins; the last number is the end."""

    text: Array
    at: Array


def words(texts: tuple[str, ...]) -> Words:
    """Return fixed texts as compiled code takes them."""
    data = [each.encode() for each in texts]
    ends = np.cumsum([0, *map(len, data)]).astype(np.int64)
    return Words(np.frombuffer(b"".join(data) + b"\0", np.uint8).copy(), ends)


def _escapes() -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    made = np.zeros(256, np.uint8)
    made[:32] = 1  # \u00XX
    for byte, letter in {8: "b", 9: "t", 10: "n", 12: "f", 13: "r", 34: '"', 92: "\\"}.items():
        made[byte] = ord(letter)
    return made


_ESCAPE = _escapes()
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8).copy()
_PAIRS = np.array([int.from_bytes(f"{byte:02x}".encode(), "little") for byte in range(256)], np.uint16)
_BASE64 = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", np.uint8).copy()
NULL, TRUE, FALSE, _NAN, _INFINITY, _MINUS_INFINITY = range(6)
_FIXED = words(("null", "true", "false", '"NaN"', '"Infinity"', '"-Infinity"'))


@compiled
def put_bytes(data: Array, at: int, end: int, out: Array, to: int) -> Whole:
    """Copy bytes, a word at a time; the last words overlap, so that nothing beyond is touched."""
    size = end - at
    if size >= 8:
        last, index = size - 8, int64(0)
        while index < last:
            store64(out, to + index, load64(data, at + index))
            index += 8
        store64(out, to + last, load64(data, at + last))
        return to + size
    if size >= 4:
        store32(out, to, load32(data, at))
        store32(out, to + size - 4, load32(data, at + size - 4))
        return to + size
    for index in range(size):
        out[U(to + index)] = data[U(at + index)]
    return to + size if size > 0 else to


@compiled
def put_byte(byte: int, out: Array, to: int) -> Whole:
    """Write one byte."""
    out[to] = byte
    return to + 1


@compiled
def put_one(texts: Words, index: int, out: Array, to: int) -> Whole:
    """Write one of the fixed texts."""
    return put_bytes(texts.text, texts.at[index], texts.at[index + 1], out, to)


@compiled
def put_word(index: int, out: Array, to: int) -> Whole:
    """Write `NULL`, `TRUE` or `FALSE`."""
    return put_one(_FIXED, index, out, to)


@compiled
def put_string(data: Array, at: int, end: int, out: Array, to: int) -> Whole:
    """Write a JSON string; `out` has room for six times its bytes."""
    out[to] = 34
    to = put_escaped(data, at, end, out, to + 1)
    out[to] = 34
    return to + 1


@compiled
def _special(word: Word) -> Word:
    """Return bits that are set only where one of eight bytes may not stand in a JSON string as it is.

    Source: S. E. Anderson, "Bit Twiddling Hacks" (hasless, haszero), https://graphics.stanford.edu/~seander/bithacks.html
    """
    quotes, slashes = word ^ QUOTES, word ^ SLASHES
    return (((word - SPACES) & ~word) | ((quotes - LOW) & ~quotes) | ((slashes - LOW) & ~slashes)) & HIGH


@compiled
def put_escaped(data: Array, at: int, end: int, out: Array, to: int) -> Whole:
    """Write what stands between the quotes of a JSON string."""
    size = end - at
    if size >= 8:  # copied while it is looked at, and once more in the rare case that it may not stay as it is
        last, index, special = size - 8, int64(0), np.uint64(0)
        while index < last:
            word = load64(data, at + index)
            special |= _special(word)
            store64(out, to + index, word)
            index += 8
        word = load64(data, at + last)
        store64(out, to + last, word)
        if special | _special(word) == np.uint64(0):
            return to + size
    else:
        found = np.uint8(0)
        for index in range(size):
            byte = data[U(at + index)]
            found |= np.uint8(byte < 32) | np.uint8(byte == 34) | np.uint8(byte == 92)
        if found == 0:
            return put_bytes(data, at, end, out, to)
    for index in range(at, end):
        byte = data[U(index)]
        escape = _ESCAPE[byte]
        if escape == 0:
            out[U(to)] = byte
            to += 1
        elif escape == 1:
            out[to], out[to + 1], out[to + 2], out[to + 3] = 92, 117, 48, 48
            out[to + 4], out[to + 5] = _HEX[byte >> 4], _HEX[byte & 15]
            to += 6
        else:
            out[to], out[to + 1] = 92, escape
            to += 2
    return to


@compiled
def put_hex(data: Array, at: int, end: int, out: Array, to: int) -> Whole:
    """Write bytes in hex."""
    for index in range(at, end):
        store16(out, to, _PAIRS[data[U(index)]])
        to += 2
    return to


@compiled
def put_base64(data: Array, at: int, end: int, out: Array, to: int) -> Whole:
    """Write bytes in base64 as a JSON string."""
    out[to] = 34
    to += 1
    while at < end:
        size = min(end - at, 3)
        word = int64(data[at]) << 16
        if size > 1:
            word |= int64(data[at + 1]) << 8
        if size > 2:
            word |= int64(data[at + 2])
        out[to], out[to + 1] = _BASE64[(word >> 18) & 63], _BASE64[(word >> 12) & 63]
        out[to + 2] = _BASE64[(word >> 6) & 63] if size > 1 else 61
        out[to + 3] = _BASE64[word & 63] if size > 2 else 61
        at, to = at + 3, to + 4
    out[to] = 34
    return to + 1


@compiled
def put_number(bits: int, out: Array, to: int) -> Whole:
    """Write the double with these 64 bits, or the name of what JSON has no number for."""
    value = as_double(bits)
    if np.isfinite(value):
        return put_double(value, out, to)
    word = int64(_NAN) if np.isnan(value) else int64(_INFINITY) if value > 0 else int64(_MINUS_INFINITY)
    return put_one(_FIXED, word, out, to)
