"""Patterns to tokens and back: words and delimiters, and the empty value between a pair of delimiters."""

from __future__ import annotations

import re

from telic.context.logs.masking import MARK, UNIT

DELIMITERS = frozenset("=:,;()[]{}<>|\"'")
Row = tuple[str, ...]

# A value's unit after one blank is of its token, so that "3 ms" and "00:03" are one token each.
_PIECES = re.compile(rf"[=:,;()\[\]{{}}<>|\"']|[^\s=:,;()\[\]{{}}<>|\"']+(?:(?<=\x00)[ ]{UNIT})?", re.ASCII)
_CLOSES = {"(": ")", "[": "]", "{": "}", "<": ">"}
_AFTER_NOTHING = frozenset(["", ",", ";", ")", "]", "}"])
_VALUE = re.compile(rf"[\x00.:,_/+\-#%*]*\x00[\x00.:,_/+\-#%*]*(?: {UNIT})?")
_WORD = re.compile(r"[A-Za-z]+(?:[_\-][A-Za-z]+)*[.!?]*")


def places(pattern: str) -> list[tuple[int, int]]:
    """Return where each token of `pattern` begins and ends; an empty value between delimiters has no width."""
    found: list[tuple[int, int]] = []
    spans = [each.span() for each in _PIECES.finditer(pattern)]
    for at, (start, stop) in enumerate(spans):
        found.append((start, stop))
        piece = pattern[start:stop]
        following = pattern[slice(*spans[at + 1])] if at + 1 < len(spans) else ""
        if _encloses_nothing(piece, following):
            found.append((stop, stop))
    return found


def tokens(pattern: str, most: int) -> Row:
    """Return the words and delimiters of `pattern`, at most `most`; what is beyond becomes one value.

    >>> tokens("on: (a.b) [] user=", 11)
    ('on', ':', '(', 'a.b', ')', '[', '', ']', 'user', '=', '')
    """
    pieces = _PIECES.findall(pattern)
    found: list[str] = []
    for piece, following in zip(pieces, [*pieces[1:], ""], strict=bool(pieces)):
        found.append(piece)
        if _encloses_nothing(piece, following):
            found.append("")
        if len(found) > most:
            return (*found[:most], MARK)
    return tuple(found)


def _encloses_nothing(piece: str, following: str) -> bool:
    return _CLOSES.get(piece) == following or (piece == "=" and following in _AFTER_NOTHING)


def is_value(token: str) -> bool:
    """Whether `token` is nothing but a value: a mark with at most punctuation around it and a unit, or empty."""
    return not token or _VALUE.fullmatch(token) is not None


def is_word(token: str) -> bool:
    """Whether `token` is made of letters, several such joined by ``_`` or ``-`` included."""
    return _WORD.fullmatch(token) is not None


def head(token: str) -> str:
    """Return what stands before the first value in `token`."""
    return token.partition(MARK)[0]
