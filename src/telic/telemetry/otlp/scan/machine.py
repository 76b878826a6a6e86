"""Bytes of an array two, four or eight at once, compiled: a string is copied, compared and searched a word at a time.

Nobody checks bounds here; callers do. Numbers are little-endian, whatever the processor is.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

import numpy as np
from numba.extending import intrinsic

ir: Any = importlib.import_module("llvmlite.ir")  # without types, as the next two
types: Any = importlib.import_module("numba.core.types")
cgutils: Any = importlib.import_module("numba.core.cgutils")
_NUMBERS = {2: types.uint16, 4: types.uint32, 8: types.uint64}
LOW, HIGH = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
SPACES, QUOTES, SLASHES = LOW * np.uint64(32), LOW * np.uint64(34), LOW * np.uint64(92)


def _pointer(context: Any, builder: Any, kind: Any, array: Any, at: Any, size: int) -> Any:
    made = context.make_array(kind)(context, builder, array)
    place = cgutils.get_item_pointer(context, builder, kind, made, [at])
    return builder.bitcast(place, ir.IntType(8 * size).as_pointer())


def _ordered(builder: Any, value: Any) -> Any:
    return builder.bswap(value) if sys.byteorder == "big" else value


def _load(size: int) -> Any:
    """Return what reads a number of `size` bytes at any place of an array of bytes."""

    @intrinsic
    def load(typing: Any, array: Any, at: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            place = _pointer(context, builder, signature.args[0], given[0], given[1], size)
            return _ordered(builder, builder.load(place, align=1))

        return _NUMBERS[size](array, types.intp), generate

    return load


def _store(size: int) -> Any:
    """Return what writes a number of `size` bytes at any place of an array of bytes."""

    @intrinsic
    def store(typing: Any, array: Any, at: Any, value: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            place = _pointer(context, builder, signature.args[0], given[0], given[1], size)
            builder.store(_ordered(builder, given[2]), place, align=1)
            return context.get_dummy_value()

        return types.void(array, types.intp, _NUMBERS[size]), generate

    return store


load32, load64 = _load(4), _load(8)
store16, store32, store64 = _store(2), _store(4), _store(8)
