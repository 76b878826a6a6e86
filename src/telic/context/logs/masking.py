"""The first level of mining: what is evidently a value in a line is replaced by one mark, in one pass over a batch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

VARIABLE = "<*>"
MARK = "\x00"
"""Stands for a value within a pattern; no line that was cleaned holds it."""

_UNIT = r"(?:[kKMGT]i?B|B|[Bb]ytes?|[mun\u00b5]s|s|secs?|seconds?)\b"
_EVIDENT = "|".join(
    [
        r"\b[A-Za-z][A-Za-z0-9+.\-]*://[^\s,;'\"\])}>]+",  # URL
        r"(?<![\w\x00])/[\w.$%@~+\-][^\s,;:'\"\])}>]*",  # path
        r"\b[A-Za-z]:\\[^\s,;:'\"\])}>]*",  # path on Windows
        r"\b[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5,}\b",  # MAC address
        r"\b(?=[0-9a-fA-F]*[0-9])[0-9a-fA-F]{8,}(?:-[0-9a-fA-F]{4,})*\b",  # UUID, hash
        r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b",
        r"0[xX][0-9a-fA-F]+",
        r"(?:(?<![A-Za-z0-9])-)?[0-9]+(?:[.:,_/\-]+[0-9]+)*(?:[ ]?" + _UNIT + ")?",  # number, address, time, size
    ]
)
EVIDENT = re.compile(_EVIDENT, re.ASCII)

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


def decoded(line: str | bytes) -> str:
    """Return `line` as text; bytes that are not UTF-8 stay visible as U+FFFD."""
    return line if isinstance(line, str) else line.decode("utf-8", "replace")


def clean(line: str, longest: int, counts: Cleaned) -> str:
    """Return the one printable line of at most `longest` characters that stands for `line`."""
    if "\n" in line:
        counts.multiline += 1
        line = next((each for each in line.split("\n") if each.strip()), "")
    if len(line) > longest:
        counts.truncated += 1
        line = line[:longest]
    if _UNPRINTABLE.search(line.rstrip("\r")):
        counts.unprintable += 1
        line = _UNPRINTABLE.sub("\ufffd", _COLOUR.sub("", line))
    return line.rstrip("\r")


def masked(lines: Sequence[str], longest: int, counts: Cleaned) -> list[str]:
    """Return the pattern of each line: the line with its evident values replaced by `MARK`.

    Parameters
    ----------
    lines
        Records; see `clean` for what becomes of odd ones.
    longest
        Characters of a line that are looked at.
    counts
        Raised by what was cleaned.
    """
    if not lines:
        return []
    joined = "\n".join(lines)
    if _odd(joined, lines, longest):
        joined = "\n".join([clean(each, longest, counts) for each in lines])
    return EVIDENT.sub(MARK, joined).split("\n")


def _odd(joined: str, lines: Sequence[str], longest: int) -> bool:
    if joined.count("\n") != len(lines) - 1 or (len(joined) > longest and max(map(len, lines)) > longest):
        return True
    try:
        encoded = joined.encode()
    except UnicodeEncodeError:
        return True
    return len(encoded.translate(None, _CONTROL)) != len(encoded)
