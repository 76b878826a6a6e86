"""Kinds of the values in log lines, by how they are written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a value is, by how it is written."""

    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    HEXADECIMAL = "hexadecimal"
    UUID = "uuid"
    ADDRESS = "address"
    """IPv4 or IPv6, with or without a port, or MAC."""
    TIMESTAMP = "timestamp"
    DURATION = "duration"
    SIZE = "size"
    URL = "url"
    PATH = "path"
    LIST = "list"
    QUOTED = "quoted"
    EMPTY = "empty"
    WORD = "word"
    TEXT = "text"


@dataclass(frozen=True)
class Value:
    """A value in a line: how it is written, and what is written."""

    kind: Kind
    text: str


_TIME = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?"
_DATE = r"[0-9]{4}[\-/.][0-9]{1,2}[\-/.][0-9]{1,2}|[0-9]{1,2}[\-/.][0-9]{1,2}[\-/.][0-9]{4}"
_NAMED = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(expression, re.ASCII))
    for kind, expression in [
        (Kind.EMPTY, r""),
        (Kind.QUOTED, r"\"[^\"]*\"|'[^']*'"),
        (Kind.BOOLEAN, r"[Tt]rue|[Ff]alse|TRUE|FALSE"),
        (Kind.INTEGER, r"[+\-]?[0-9]{1,19}"),
        (Kind.FLOAT, r"[+\-]?[0-9]+\.[0-9]+(?:[eE][+\-]?[0-9]+)?|[+\-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?"),
        (Kind.UUID, r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
        (Kind.ADDRESS, r"/?[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]+)?"),
        (Kind.TIMESTAMP, rf"(?:{_DATE})(?:[T_ \-:]?{_TIME}(?:Z|[+\-][0-9:]+)?)?|{_TIME}|{_NAMED}"),
        (Kind.ADDRESS, r"[0-9a-fA-F]{2}(?:[:\-][0-9a-fA-F]{2}){5}|[0-9a-fA-F]{0,4}(?:::?[0-9a-fA-F]{1,4}){2,7}"),
        (Kind.DURATION, r"[<>~]?-?[0-9.,]+ ?(?:ns|us|\u00b5s|ms|s|secs?|seconds?|m|min|minutes?|h|hours?|d|days?)"),
        (Kind.SIZE, r"[<>~]?-?[0-9.,]+ ?(?:[kKMGTP]i?[Bb]?|B|[Bb]ytes?)"),
        (Kind.HEXADECIMAL, r"0[xX][0-9a-fA-F]+|(?=[0-9a-fA-F]*[0-9])[0-9a-fA-F]{4,}"),
        (Kind.URL, r"[A-Za-z][A-Za-z0-9+.\-]*://\S+"),
        (Kind.PATH, r"(?:/|[A-Za-z]:\\|\.{1,2}/)[^\s]*"),
        (Kind.LIST, r"[^\s,]+(?:,[ ]?[^\s,]+)+"),
        (Kind.WORD, r"[A-Za-z_][\w.\-]*"),
    ]
)
_NUMBERS = {Kind.INTEGER, Kind.FLOAT}


def kind_of(value: str) -> Kind:
    """Return the kind of `value`.

    >>> [str(kind_of(each)) for each in ("12", "-1.5", "0x1f", "10.0.0.1:80", "3 ms", "4.2 KB", "/var/log")]
    ['integer', 'float', 'hexadecimal', 'address', 'duration', 'size', 'path']
    """
    return next((kind for kind, expression in _KINDS if expression.fullmatch(value)), Kind.TEXT)


def common_kind(values: Sequence[str]) -> Kind:
    """Return the kind that holds for all of `values`: integers are floats, and what has nothing in common is text."""
    kinds = {kind_of(each) for each in values}
    if len(kinds) > 1:
        kinds.discard(Kind.EMPTY)
    if len(kinds) == 1:
        return kinds.pop()
    if kinds and kinds <= _NUMBERS:
        return Kind.FLOAT
    if kinds and kinds <= {Kind.INTEGER, Kind.HEXADECIMAL}:
        return Kind.HEXADECIMAL
    return Kind.TEXT
