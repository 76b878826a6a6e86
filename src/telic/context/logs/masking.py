"""The first level of mining: what is evidently a value in a line is replaced by one mark.

It has steps, so that most of the work is done once a kind of line and not once a line. A line's shape is the line with
each run of digits as one ``0``; a batch is brought to shapes by a few passes over its bytes. A shape with all its
hexadecimal numbers written alike is `plain`. The pattern of a line is what the regular expressions here make of its
plain shape, and depends on that alone.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

VARIABLE = "<*>"
MARK = "\x00"
"""Stands for a value within a pattern; no line that was cleaned holds it."""

UNIT = r"(?:[kKMGT]i?B|B|[Bb]ytes?|[mun]s|s|secs?|seconds?)\b"
"""Of sizes and durations."""
_NUMBER = r"0(?:[.:,_/\-]+0(?![a-fA-F]))*(?:" + UNIT + ")?"
_ITEM = r"[^\s,\[\](){}<>=:;\"']+"
_ITEMS = _ITEM + "(?:,[ ]?" + _ITEM + ")+"
_HASH = "|".join(
    [
        r"[0a-fA-F]*(?:-[0a-fA-F]+){4}(?![A-Za-z0-9])",  # UUID
        r"(?:(?<=0)|[a-fA-F]*0)[a-fA-F]+0[0a-fA-F]*(?![A-Za-z0-9])",  # digits, letters, digits
        r"(?:(?<=0)[a-fA-F]{3,}|[a-fA-F]{4,}0)(?![A-Za-z0-9])",  # digits at one end only
    ]
)
_HEXADECIMAL = _HASH + r"|[0a-fA-F]{0,3}(?:::?[0a-fA-F]{1,4}){3,7}(?![A-Za-z0-9])"  # MAC or IPv6 address
_NOT_PLAIN = re.compile((r"[0a-fA-F](?<![A-Za-z0-9].)(?:" + _HASH + ")").encode(), re.ASCII)
# Every alternative begins with what the character just consumed is: one set of first characters is searched fast.
_COMMON = (
    r"[0a-fA-FJMNOSTW/\-<>~](?:"
    + "|".join(
        [
            r"(?<=/)(?<![\w\x00/]/)[\w.$%@~+\-][^\s,;:'\"\])}>]*",  # path
            r"(?<=[0a-fA-F])(?<![A-Za-z0-9].)(?:" + _HEXADECIMAL + ")",
            r"(?<=0)[xX][0a-fA-F]+",
            r"(?<=0)\.0\.0\.0(?![.\w])",  # IPv4 address; its port is a value of its own
            r"(?<=[A-Za-z_\-.]0)(?:[.,_/\-]+0)*(?=:0(?![:.,]?0))",  # end of a host's name before its port
            r"(?<=0)" + _NUMBER[1:],
            r"(?<=-)(?<![A-Za-z0-9].)" + _NUMBER + "(?![A-Za-z])",
            r"(?<=[<>~])(?<!\S.)" + _NUMBER + "(?![A-Za-z])",
            r"(?<=<)\*>",  # a value in a line that is a template
            r"(?<=[ADFJMNOSTW])(?<![A-Za-z].)(?:on|ue|ed|hu|ri|at|un|an|eb|ar|pr|ay|ul|ug|ep|ct|ov|ec)\b",  # day, month
        ]
    )
    + ")"
)
_EVIDENT = re.compile(_COMMON, re.ASCII)
# Told by a text that must be there, and masked before all else; what stands before the group stays.
_RARE = (
    ("://", re.compile(r"(://)(?:<\*>|[^\s,;'\"\])}>])+"), "://" + MARK),  # URL
    (":\\", re.compile(r"(\b)[A-Za-z]:\\[^\s,;:'\"\])}>]*", re.ASCII), MARK),  # path on Windows
    (",", re.compile(r"(\[)" + _ITEMS + r"(?=\])"), "[" + MARK),  # list
)

_RUN = re.compile("[0-9]+")
_DIGITS = bytes(48 if chr(each).isdigit() and each < 128 else each for each in range(256))
_CONTROL = bytes(each for each in (*range(32), 127) if each not in b"\t\n")
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass
class Cleaned:
    """How many lines were not taken as they came.

    Parameters
    ----------
    truncated
        Lines longer than the limit; their head was mined.
    unprintable
        Lines with control characters or bytes that are not UTF-8; each became U+FFFD.
    multiline
        Records of several lines; the first line that is not empty was mined.
    """

    truncated: int = 0
    unprintable: int = 0
    multiline: int = 0


def decoded(line: str | bytes, counts: Cleaned) -> str:
    """Return `line` as text; bytes that are not UTF-8 stay visible as U+FFFD."""
    if isinstance(line, str):
        return line
    try:
        return line.decode()
    except UnicodeDecodeError:
        counts.unprintable += 1
        return line.decode("utf-8", "replace")


def clean(line: str, longest: int, counts: Cleaned) -> str:
    """Return the one printable line of at most `longest` characters that stands for `line`."""
    if "\n" in line:
        counts.multiline += 1
        line = next((each for each in line.split("\n") if each.strip()), "")
    if len(line) > longest:
        counts.truncated += 1
        line = line[:longest]
    line = line.rstrip("\r")
    if _UNPRINTABLE.search(line):
        counts.unprintable += 1
        line = _UNPRINTABLE.sub("\ufffd", _COLOUR.sub("", line))
    return line


@dataclass(frozen=True)
class Batch:
    """Lines made ready.

    Parameters
    ----------
    lines
        Clean.
    shapes
        UTF-8 of each line with each run of digits as one ``0``.
    hashes
        CRC-32 of the UTF-8 of each line, shape ``(n,)``.
    """

    lines: Sequence[str]
    shapes: list[bytes]
    hashes: NDArray[np.uint32]


def ready(lines: Sequence[str], longest: int, counts: Cleaned) -> Batch:
    """Return `lines`, at least one, made ready.

    Parameters
    ----------
    lines
        Records; see `clean` for what becomes of odd ones.
    longest
        Characters of a line that are looked at.
    counts
        Raised by what was cleaned.
    """
    joined = _joined(lines, longest)
    if joined is None:
        lines = [clean(each, longest, counts) for each in lines]
        joined = "\n".join(lines).encode()
    hashes = np.array([crc32(each) for each in joined.split(b"\n")], np.uint32)
    joined = joined.translate(_DIGITS).replace(b"00000000", b"0").replace(b"0000", b"0").replace(b"00", b"0")
    while b"00" in joined:
        joined = joined.replace(b"00", b"0")
    return Batch(lines, joined.split(b"\n"), hashes)


def _joined(lines: Sequence[str], longest: int) -> bytes | None:
    """Return `lines` as one text, or None when one of them has to be cleaned."""
    joined = "\n".join(lines)
    if joined.count("\n") != len(lines) - 1 or (len(joined) > longest and max(map(len, lines)) > longest):
        return None
    try:
        encoded = joined.encode()
    except UnicodeEncodeError:
        return None
    return encoded if len(encoded.translate(None, _CONTROL)) == len(encoded) else None


def plain(shape: bytes) -> bytes:
    """Return `shape`, or several that line ends part, with all hexadecimal numbers, hashes and UUIDs alike.

    >>> plain(b"id 0ab0cd0 of 0fe0-0a-baed-0-0c0f")
    b'id 0a0 of 0a0'
    """
    return _NOT_PLAIN.sub(b"0a0", shape)


def pattern(shape: bytes) -> str:
    """Return a plain `shape` with its evident values replaced by `MARK`.

    >>> pattern(b"GET /a/b from 0.0.0.0:0 took -0.0 ms on Sun, id 0a0").replace(MARK, "*")
    'GET * from *:* took * ms on *, id *'
    """
    text = shape.decode()
    for sign, expression, masked in _RARE:
        if sign in text:
            text = expression.sub(masked, text)
    return _EVIDENT.sub(MARK, text)


def values(line: str) -> list[str]:
    """Return what the marks in the pattern of a clean `line` stand for."""
    shape = _RUN.sub("0", line)
    spans: list[tuple[int, int]] = []
    for sign, expression, _ in _RARE:
        if sign in shape:
            spans += [(each.end(1), each.end()) for each in expression.finditer(shape)]
            shape = expression.sub(_same_length, shape)
    spans += [each.span() for each in _EVIDENT.finditer(shape)]
    ahead, found, end = _offsets(line), [], 0
    for start, stop in sorted(spans, key=lambda each: (each[0], -each[1])):
        if start >= end:  # otherwise it lies within the one before
            found.append(line[start + ahead(start) : stop + ahead(stop)])
            end = stop
    return found


def _same_length(found: re.Match[str]) -> str:
    """Return what masks a match without moving what follows."""
    return found.group(1) + MARK * (found.end() - found.end(1))


def _offsets(line: str) -> Callable[[int], int]:
    """Return a function from a place in the shape of `line` to how much further that place is in the line."""
    ends, gained = [0], [0]
    for run in _RUN.finditer(line):
        longer = run.end() - run.start() - 1
        if longer:
            gained.append(gained[-1] + longer)
            ends.append(run.end() - gained[-1])
    return lambda place: gained[bisect_right(ends, place) - 1]
