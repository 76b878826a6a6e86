"""Contiguous k-grams counted in a table with a place for every one that could be."""

from __future__ import annotations

from typing import Any

import numpy as np

from telic.opportunities.kernels.compiled import Array, Whole, compiled

i64: Any = np.int64
i32: Any = np.int32
U: Any = np.uintp  # an index that is never negative saves a test


@compiled
def count_grams(
    tokens: Array, offsets: Array, first: int, last: int, k: int, bits: Whole, table: Array, values: Array, sums: Array
) -> None:
    """Count in how many groups each k-gram is.

    Parameters
    ----------
    tokens, offsets
        Tokens of events, and where groups begin.
    first, last
        The groups to look at.
    k, bits
        How long a gram is, and how many bits a token takes in its code.
    table : shape (2 ** (k * bits), 2)
        Zeros; filled with the last group that had the gram, from 1, and how many groups had it.
    values, sums
        A number of each group, and filled with the sum of it over the groups of a gram; both may be empty.
    """
    mask = (i64(1) << (i64(k) * i64(bits))) - i64(1)
    weighted = len(values) > 0
    for number in range(first, last):
        begin, end = offsets[number], offsets[number + 1]
        if end - begin < k:
            continue
        code, stamp = i64(0), i32(number + 1)
        value = values[number] if weighted else 0.0
        weighs = value != 0.0  # sums lie elsewhere in memory: what adds nothing is not fetched
        for index in range(begin, begin + k - 1):
            code = (code << i64(bits)) | i64(tokens[U(index)])
        for index in range(begin + k - 1, end):
            code = ((code << i64(bits)) | i64(tokens[U(index)])) & mask
            if table[U(code), 0] != stamp:
                table[U(code), 0] = stamp
                table[U(code), 1] += i32(1)
                if weighs:
                    sums[U(code)] += value


@compiled
def fill_grams(
    tokens: Array, offsets: Array, first: int, last: int, k: int, bits: Whole, rows: Array, cursor: Array, out: Array
) -> None:
    """Write the groups of each k-gram.

    Parameters
    ----------
    rows : shape (2 ** (k * bits),)
        Which row a gram is; negative where nobody asks for it.
    cursor : shape (H, 2)
        The last group of each row, from 1, and where its next one goes; moved on.
    """
    mask = (i64(1) << (i64(k) * i64(bits))) - i64(1)
    for number in range(first, last):
        begin, end = offsets[number], offsets[number + 1]
        if end - begin < k:
            continue
        code, stamp = i64(0), i64(number + 1)
        for index in range(begin, begin + k - 1):
            code = (code << i64(bits)) | i64(tokens[U(index)])
        for index in range(begin + k - 1, end):
            code = ((code << i64(bits)) | i64(tokens[U(index)])) & mask
            row = rows[U(code)]
            if row >= 0 and cursor[U(row), 0] != stamp:
                cursor[U(row), 0] = stamp
                out[U(cursor[U(row), 1])] = i32(number)
                cursor[U(row), 1] += 1


@compiled
def project(names: Array, offsets: Array, table: Array, out: Array, ends: Array) -> Whole:
    """Write the tokens of events and where groups begin, without those that have none; return how many remain.

    Parameters
    ----------
    table
        The token of each name, negative where events of that name are left out.
    """
    to = i64(0)
    ends[0] = 0
    for number in range(len(offsets) - 1):
        for index in range(offsets[number], offsets[number + 1]):
            token = table[names[index]]
            if token >= 0:
                out[to] = token
                to += 1
        ends[number + 1] = to
    return to
