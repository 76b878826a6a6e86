"""The shortest text of a double that reads back as the same double, compiled.

R. Giulietti, "The Schubfach way to render doubles" (2020), sections 8 to 10, with the 126-bit powers of ten of its
appendix. The form is that of `msgspec.json`: ``1.0``, ``1e16``, ``0.00001``.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from telic.telemetry.otlp.scan.wire import Array, Whole, compiled, int64

_LOWEST, _HIGHEST = -292, 324  # decimal exponents of the powers that are needed
SPACE = 25  # what a double takes at most [bytes]


def _powers() -> np.ndarray[tuple[int, int], np.dtype[np.uint64]]:
    """Return 10^k as floor(10^k * 2^-r) + 1 with 126 bits, as two words of 63."""
    made = np.empty((_HIGHEST - _LOWEST + 1, 2), np.uint64)
    for k in range(_LOWEST, _HIGHEST + 1):
        shift = ((k * 913124641741) >> 38) - 125
        exact = 10 ** max(k, 0) if shift < 0 else 10**k >> shift  # 10^k itself where it is a whole number
        g = ((exact << -shift) // 10 ** max(-k, 0) if shift < 0 else exact) + 1
        made[k - _LOWEST] = g >> 63, g & (2**63 - 1)
    return made


_POWERS = _powers()
_U = np.uint64
_MASK63 = _U(2**63 - 1)


_intrinsic: Any = numba.extending.intrinsic


@_intrinsic
def _bits(typingctx, value):  # type: ignore[no-untyped-def]
    """Reinterpret a double as its 64 bits."""
    from llvmlite import ir  # type: ignore[import-untyped]

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.bitcast(arguments[0], ir.IntType(64))

    return numba.types.int64(numba.types.float64), generate


@_intrinsic
def as_double(typingctx, value):  # type: ignore[no-untyped-def]
    """Reinterpret 64 bits as a double."""
    from llvmlite import ir

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.bitcast(arguments[0], ir.DoubleType())

    return numba.types.float64(numba.types.int64), generate


@compiled
def _high(a: int, b: int) -> Whole:
    """Return the upper 64 bits of a product of two unsigned numbers."""
    low = _U(0xFFFFFFFF)
    a0, a1, b0, b1 = a & low, a >> _U(32), b & low, b >> _U(32)
    middle = a1 * b0 + ((a0 * b0) >> _U(32))
    other = a0 * b1 + (middle & low)
    return a1 * b1 + (middle >> _U(32)) + (other >> _U(32))


@compiled
def _scaled(g1: int, g0: int, cp: int) -> Whole:
    """Return cp * g, rounded to odd."""
    z = ((g1 * cp) >> _U(1)) + _high(g0, cp)
    w = _high(g1, cp) + (z >> _U(63))
    return w | (((z & _MASK63) + _MASK63) >> _U(63))


@compiled
def shortest(value: float) -> tuple[Whole, Whole]:
    """Return digits and decimal exponent of a finite double above 0: value = digits * 10^exponent."""
    bits = _bits(value)
    exponent = (bits >> int64(52)) & int64(0x7FF)
    c = bits & int64(0xFFFFFFFFFFFFF)
    if exponent > 0:
        q = exponent - int64(1075)
        c |= int64(1) << int64(52)
    else:
        q = int64(-1074)
    odd = _U(c & int64(1))
    cb = _U(c) << _U(2)
    cbr = cb + _U(2)
    if c != int64(1) << int64(52) or q == int64(-1074):
        cbl = cb - _U(2)
        k = (q * int64(661971961083)) >> int64(41)
    else:
        cbl = cb - _U(1)
        k = (q * int64(661971961083) - int64(274743187321)) >> int64(41)
    h = _U(q + ((-k * int64(913124641741)) >> int64(38)) + int64(2))
    g1, g0 = _POWERS[-k - _LOWEST, 0], _POWERS[-k - _LOWEST, 1]
    vb, vbl, vbr = _scaled(g1, g0, cb << h), _scaled(g1, g0, cbl << h), _scaled(g1, g0, cbr << h)
    s = vb >> _U(2)
    if s >= _U(10):
        short = s // _U(10) * _U(10)
        above = short + _U(10)
        lower_in, upper_in = vbl + odd <= short << _U(2), (above << _U(2)) + odd <= vbr
        if lower_in != upper_in:
            return int64(short if lower_in else above), k
    t = s + _U(1)
    lower_in, upper_in = vbl + odd <= s << _U(2), (t << _U(2)) + odd <= vbr
    if lower_in != upper_in:
        return int64(s if lower_in else t), k
    twice = (s + t) << _U(1)
    return int64(s if vb < twice or (vb == twice and s & _U(1) == _U(0)) else t), k


@compiled
def put_integer(value: int, out: Array, at: int) -> Whole:
    """Write a signed 64-bit number."""
    if value < 0:
        out[at] = 45
        at += 1
    left = _U(-value) if value < 0 else _U(value)
    size, other = int64(1), left
    while other >= _U(10):
        other //= _U(10)
        size += 1
    for index in range(size - 1, -1, -1):
        out[at + index] = np.uint8(_U(48) + left % _U(10))
        left //= _U(10)
    return at + size


@compiled
def put_double(value: float, out: Array, at: int) -> Whole:
    """Write a finite double."""
    bits = _bits(value)
    if bits < 0:
        out[at] = 45
        at += 1
        value = -value
    if value == 0.0:
        out[at], out[at + 1], out[at + 2] = 48, 46, 48
        return at + 3
    digits, exponent = shortest(value)
    while digits % int64(10) == 0:
        digits //= int64(10)
        exponent += 1
    end = put_integer(digits, out, at)
    size = end - at
    point = size + exponent  # where the decimal point stands among the digits
    if exponent >= 0 and point <= 16:
        for _ in range(exponent):
            out[end] = 48
            end += 1
        out[end], out[end + 1] = 46, 48
        return end + 2
    if 0 < point <= 16:
        for index in range(end, at + point, -1):
            out[index] = out[index - 1]
        out[at + point] = 46
        return end + 1
    if -5 < point <= 0:
        zeros = 2 - point
        for index in range(size - 1, -1, -1):
            out[at + zeros + index] = out[at + index]
        for index in range(zeros):
            out[at + index] = 48
        out[at + 1] = 46
        return end + zeros
    if size > 1:
        for index in range(end, at + 1, -1):
            out[index] = out[index - 1]
        out[at + 1] = 46
        end += 1
    out[end] = 101
    return put_integer(point - 1, out, end + 1)
