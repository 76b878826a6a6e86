"""Protobuf's wire format, as far as messages are put together from parts that were serialised before.

The concatenation of serialised parts of a message is the serialised message, so what repeats is serialised once by
the official classes and only ids, times and counts are packed anew.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

_SPAN_HEAD = struct.Struct("<2s16s2s8sBQBQ")  # trace_id=1, span_id=2, start_time_unix_nano=7, end_time_unix_nano=8
_SPAN_HEAD_PARENT = struct.Struct("<2s16s2s8s2s8sBQBQ")  # and parent_span_id=4
_NUMBER = struct.Struct("<BQBQBd")  # start_time_unix_nano=2, time_unix_nano=3, as_double=4


def varint(value: int) -> bytes:
    r"""Encode a number of at least 0 in base 128.

    Examples
    --------
    >>> varint(300)
    b'\xac\x02'
    """
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def delimited(field: int, payload: bytes) -> bytes:
    """Encode `payload` (a message, text or bytes) as field number `field`."""
    return varint(field << 3 | 2) + varint(len(payload)) + payload


def span_head(trace_id: str, span_id: str, parent_id: str, start: int, end: int) -> bytes:
    """Encode what differs from span to span; ids in hexadecimal, times in ns since the epoch."""
    trace, span = bytes.fromhex(trace_id), bytes.fromhex(span_id)
    if parent_id:
        return _SPAN_HEAD_PARENT.pack(
            b"\n\x10", trace, b"\x12\x08", span, b'"\x08', bytes.fromhex(parent_id), 0x39, start, 0x41, end
        )
    return _SPAN_HEAD.pack(b"\n\x10", trace, b"\x12\x08", span, 0x39, start, 0x41, end)


def number_point_head(start: int, end: int, value: float) -> bytes:
    """Encode what changes in a NumberDataPoint; times in ns, `value` in the metric's unit."""
    return _NUMBER.pack(0x11, start, 0x19, end, 0x21, value)


def histogram_point_head(
    start: int, end: int, count: int, total: float, buckets: Sequence[int], low: float, high: float
) -> bytes:
    """Encode what changes in a HistogramDataPoint; times in ns, `total`, `low`, `high` in the metric's unit."""
    size = len(buckets)
    head = struct.pack("<BQBQBQBd", 0x11, start, 0x19, end, 0x21, count, 0x29, total)
    body = b"2" + varint(8 * size) + struct.pack(f"<{size}Q", *buckets)
    return head + body + struct.pack("<BdBd", 0x59, low, 0x61, high)
