"""Whether bytes are certainly a message that the protobuf library accepts, compiled; nothing is built on the way.

The library has the last word: what is not certain here (an unknown field, another wire type than the one declared, a
number written longer than it has to be, deep nesting) is asked of it, and so is everything that is wrong.
Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from telic.telemetry.otlp.scan.machine import HIGH, load64
from telic.telemetry.otlp.scan.wire import Array, U, Whole, compiled, int64, span_of

FIELDS = 32  # numbers of fields that are looked up; OTLP's lie below [1]
NESTED = 64  # the library reads on to 100 [1]
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5  # wire types
_BYTES, _TEXT, _MESSAGE, _VARINTS, _FIXED64S, _FIXED32S = range(6)  # what a length is followed by
_KNOWN, _INSIDE, _INDEX = 8, 4, 8  # a bit, and places of bits: what a length is followed by, and of which message

_Field: Any = FieldDescriptor
_WIRE = {
    _VARINT: ("INT32", "INT64", "UINT32", "UINT64", "SINT32", "SINT64", "BOOL", "ENUM"),
    _FIXED64: ("DOUBLE", "FIXED64", "SFIXED64"),
    _FIXED32: ("FLOAT", "FIXED32", "SFIXED32"),
    _LENGTH: ("STRING", "BYTES", "MESSAGE"),
}
_WIRE_OF = {getattr(_Field, f"TYPE_{name}"): wire for wire, names in _WIRE.items() for name in names}
_PACKED = {_VARINT: _VARINTS, _FIXED64: _FIXED64S, _FIXED32: _FIXED32S}
_INSIDE_OF = {_Field.TYPE_STRING: _TEXT, _Field.TYPE_BYTES: _BYTES, _Field.TYPE_MESSAGE: _MESSAGE}


def tables(messages: Sequence[type[Message]]) -> Array:
    """Return what every field of some messages and of all inside them looks like; those given come first.

    Returns
    -------
    int32[messages, `FIELDS`]
        Wire type, `_KNOWN`, what a length is followed by, and the index of the message that it is; 0 for no field.
    """
    found: list[Any] = [each.DESCRIPTOR for each in messages]
    rows: list[list[int]] = []
    for each in found:  # grows meanwhile
        rows.append([0] * FIELDS)
        for field in each.fields:
            if field.message_type is not None and field.message_type not in found:
                found.append(field.message_type)
            if field.number < FIELDS and field.type in _WIRE_OF:
                rows[-1][field.number] = _cell(field, found)
    return np.array(rows, np.int32)


def _cell(field: Any, found: list[Any]) -> int:
    wire = _WIRE_OF[field.type]
    if wire != _LENGTH and field.is_repeated:
        return _LENGTH | _KNOWN | _PACKED[wire] << _INSIDE
    if wire != _LENGTH:
        return wire | _KNOWN
    index = found.index(field.message_type) if field.message_type is not None else 0
    return _LENGTH | _KNOWN | _INSIDE_OF[field.type] << _INSIDE | index << _INDEX


@compiled
def _past_varint(data: Array, at: int, end: int) -> Whole:
    """Return what follows a number of 64 bits; -1 where there is none."""
    for index in range(10):
        if at >= end:
            return int64(-1)
        byte = data[U(at)]
        at += 1
        if byte < 0x80:
            return at if index < 9 or byte <= 1 else int64(-1)
    return int64(-1)


@compiled
def _is_ascii(data: Array, at: int, end: int) -> bool:
    size = end - at
    if size < 8:
        found = np.uint8(0)
        for index in range(at, end):
            found |= data[U(index)]
        return bool(found < 0x80)
    last, words = end - 8, load64(data, end - 8)
    while at < last:
        words |= load64(data, at)
        at += 8
    return bool(words & HIGH == np.uint64(0))


@compiled
def is_utf8(data: Array, at: int, end: int) -> bool:
    """Whether bytes are text (RFC 3629, section 4): no surrogates, nothing longer than it has to be."""
    if _is_ascii(data, at, end):
        return True
    while at < end:
        byte = int64(data[U(at)])
        if byte < 0x80:
            at += 1
            continue
        size = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
        if byte < 0xC2 or byte > 0xF4 or end - at < size:
            return False
        low = 0xA0 if byte == 0xE0 else 0x90 if byte == 0xF0 else 0x80
        high = 0x9F if byte == 0xED else 0x8F if byte == 0xF4 else 0xBF
        if not low <= int64(data[U(at + 1)]) <= high:
            return False
        for index in range(at + 2, at + size):
            if data[U(index)] & 0xC0 != 0x80:
                return False
        at += size
    return True


@compiled
def _are_numbers(data: Array, at: int, end: int, inside: int) -> bool:
    """Whether bytes are numbers, one after the other."""
    if inside != _VARINTS:
        return (end - at) % (8 if inside == _FIXED64S else 4) == 0
    while 0 <= at < end:
        at = _past_varint(data, at, end)
    return at == end


@compiled
def _tag(data: Array, at: int, end: int) -> tuple[Whole, Whole]:
    """Return a tag of one or two bytes, and what follows; 0 where it is longer, or longer than it has to be."""
    tag = int64(data[U(at)])
    if tag < 0x80:
        return tag, at + 1
    more = int64(data[U(at + 1)]) if at + 1 < end else int64(0)
    if more == 0 or more >= 0x80:
        return int64(0), at
    return (tag & 0x7F) | more << 7, at + 2


@compiled
def well_formed(data: Array, fields: Array, message: int, open_: Array) -> bool:
    """Return whether bytes are certainly a message.

    Parameters
    ----------
    data
        The bytes, uint8[n].
    fields, message
        From `tables`, and which of its rows describes the message.
    open_
        Scratch: end and kind of the messages that are not read to their end, int64[`NESTED`, 2].
    """
    at, end, depth = int64(0), int64(len(data)), int64(0)
    while True:
        while at == end:
            if depth == 0:
                return True
            depth -= 1
            end, message = open_[U(depth), 0], open_[U(depth), 1]
        tag, at = _tag(data, at, end)
        if tag >> 3 >= FIELDS:
            return False
        field, wire = int64(fields[U(message), U(tag >> 3)]), tag & 7
        if field == 0 or field & 7 != wire:
            return False
        if wire != _LENGTH:
            at = _past_varint(data, at, end) if wire == _VARINT else at + (8 if wire == _FIXED64 else 4)
            if at < 0 or at > end:
                return False
            continue
        begin, after = span_of(data, at, end)
        if begin < 0:
            return False
        inside, at = (field >> _INSIDE) & 15, after
        if inside == _MESSAGE:
            if depth >= NESTED:
                return False
            open_[U(depth), 0], open_[U(depth), 1] = end, message
            depth += 1
            at, end, message = begin, after, field >> _INDEX
        elif inside == _TEXT:
            if not is_utf8(data, begin, after):
                return False
        elif inside != _BYTES and not _are_numbers(data, begin, after, inside):
            return False
