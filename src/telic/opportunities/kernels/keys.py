"""Ids of groups as numbers of 64 bits: exact where they fit, hashed where they do not."""

from __future__ import annotations

from typing import Any

import numpy as np

from telic.opportunities.kernels.compiled import Array, Whole, byte_at, compiled, word_at

u64: Any = np.uint64
U: Any = np.uintp  # an index that is never negative saves a test
_A, _B = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_UN_A = np.uint64(pow(int(_A), -1, 1 << 64))  # their inverses: odd numbers have one modulo 2^64
_UN_B = np.uint64(pow(int(_B), -1, 1 << 64))
_LONG = np.uint64(0x9E3779B97F4A7C15)


@compiled
def mixed(key: Whole) -> Whole:
    """Return another number for each `key`, spread evenly.

    Source: the finaliser of MurmurHash3, a bijection, https://github.com/aappleby/smhasher (public domain).
    """
    key ^= key >> u64(33)
    key *= _A
    key ^= key >> u64(33)
    key *= _B
    return key ^ (key >> u64(33))


@compiled
def unmixed(key: Whole) -> Whole:
    """Return the number that `mixed` made this of."""
    key ^= key >> u64(33)
    key *= _UN_B
    key ^= key >> u64(33)
    key *= _UN_A
    return key ^ (key >> u64(33))


@compiled
def unmix_all(keys: Array, out: Array) -> None:
    """Fill `out` with `unmixed` of each key."""
    for index in range(len(keys)):
        out[index] = unmixed(keys[index])


@compiled
def mix_all(keys: Array, out: Array) -> None:
    """Fill `out` with `mixed` of each key."""
    for index in range(len(keys)):
        out[index] = mixed(u64(keys[index]))


@compiled
def hex_word(word: Whole) -> Whole:
    """Return what eight lower-case hexadecimal digits say, and 0, or another number where not all are digits.

    Parameters
    ----------
    word
        The digits as they lie in memory, the first in the lowest byte.
    """
    value = (word & u64(0x0F0F0F0F0F0F0F0F)) + ((word >> u64(6)) & u64(0x0101010101010101)) * u64(9)
    letters = ((value + u64(0x0606060606060606)) >> u64(4)) & u64(0x0101010101010101)
    wrong = (value & u64(0xF0F0F0F0F0F0F0F0)) | (word ^ (value + u64(0x3030303030303030) + letters * u64(39)))
    value = ((value << u64(4)) | (value >> u64(8))) & u64(0x00FF00FF00FF00FF)
    value = ((value << u64(8)) | (value >> u64(16))) & u64(0x0000FFFF0000FFFF)
    return ((value << u64(16)) | (value >> u64(32))) & u64(0xFFFFFFFF), wrong


@compiled
def pack_digits(offsets: Array, address: Whole, size: Whole, digits: Array, out: Array) -> bool:
    """Fill `out` with the mixed number that each text says in lower-case hexadecimal digits, if all do.

    Parameters
    ----------
    offsets, address
        The texts.
    size
        How many digits each has, at most 16.
    digits : shape (256,)
        What each byte is worth; 255 where it is no digit.
    """
    wrong, long, rest = u64(0), size >= u64(8), (size - u64(8)) << u64(2)
    for index in range(len(out)):
        at = u64(offsets[index])
        if u64(offsets[index + 1]) - at != size:
            return False
        value = u64(0)
        if long:
            upper, bad = hex_word(word_at(address, at))
            lower, worse = hex_word(word_at(address, at + size - u64(8)))
            value = (upper << rest) | (lower & ((u64(1) << rest) - u64(1)))
            wrong |= bad | worse
        else:
            for place in range(size):
                digit = u64(digits[U(byte_at(address, at + u64(place)))])
                wrong |= digit & u64(0xF0)
                value = (value << u64(4)) | (digit & u64(15))
        out[index] = mixed(value)
    return bool(wrong == u64(0))


@compiled
def hash_texts(offsets: Array, address: Whole, limit: Whole, out: Array) -> None:
    """Fill `out` with a hash of each text; different texts may share one.

    Parameters
    ----------
    offsets : shape (N + 1,)
        Where a text begins [bytes].
    address, limit
        Of the first byte, and how many bytes may be read from there.
    """
    for index in range(len(out)):
        at, end = u64(offsets[index]), u64(offsets[index + 1])
        value = (end - at) * _LONG
        while end - at >= u64(8):
            value = mixed(value ^ word_at(address, at)) + _LONG
            at += u64(8)
        if end > at:
            value = mixed(value ^ last_word(address, at, end, limit)) + _LONG
        out[index] = mixed(value)


@compiled
def last_word(address: Whole, at: Whole, end: Whole, limit: Whole) -> Whole:
    """Return fewer than eight bytes as a number."""
    if at + u64(8) <= limit:
        return word_at(address, at) & ((u64(1) << ((end - at) << u64(3))) - u64(1))
    if end < u64(8):
        value = u64(0)
        for index in range(end - at):
            value |= byte_at(address, at + u64(index)) << u64(8 * index)
        return value
    return word_at(address, end - u64(8)) >> ((u64(8) - (end - at)) << u64(3))


@compiled
def differing(offsets: Array, address: Whole, numbers: Array, of_offsets: Array, of_address: Whole) -> Whole:
    """Return how many texts differ from the one that stands for their group.

    Parameters
    ----------
    offsets, address
        The texts.
    numbers
        The group of each; negative where it has none.
    of_offsets, of_address
        The texts that stand for groups.
    """
    count = 0
    for index in range(len(numbers)):
        number = numbers[index]
        if number < 0:
            continue
        at, end = u64(offsets[index]), u64(offsets[index + 1])
        other, last = u64(of_offsets[number]), u64(of_offsets[number + 1])
        if end - at != last - other:
            count += 1
            continue
        while end - at >= u64(8) and word_at(address, at) == word_at(of_address, other):
            at += u64(8)
            other += u64(8)
        while end > at and byte_at(address, at) == byte_at(of_address, other):
            at += u64(1)
            other += u64(1)
        count += end != at
    return count
