"""A template: the constant text of a kind of log line with ``<*>`` where values stand."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache

from telic.context.logs.masking import MARK, VARIABLE, values
from telic.context.logs.tokens import is_value, places
from telic.context.logs.variables import Kind, common_kind

TemplateId = int

_CONSTANT = re.compile(r"[^0-9]*[A-Za-z#][0-9]{1,3}[^0-9]*")
_AROUND = re.compile(r"([^\w\x00]*)(.*?)([^\w\x00]*)", re.DOTALL)


@dataclass(frozen=True)
class Template:
    """A kind of log line.

    Parameters
    ----------
    id
        Its number within its miner; stays while the template is refined.
    text
        Constant text with ``<*>`` where values stand. A token with a value in it is a value as a whole.
    count
        Lines mined.
    kinds
        Of the values, in order; the kind that holds for all examples.
    example
        A line.
    """

    id: TemplateId
    text: str
    count: int
    kinds: tuple[Kind, ...]
    example: str

    @property
    def key(self) -> str:
        """The same for the same text in every miner and process: 16 hexadecimal digits."""
        return hashlib.blake2b(self.text.encode(), digest_size=8).hexdigest()

    @property
    def constants(self) -> tuple[str, ...]:
        """The literal parts of the text, blanks stripped, in order."""
        return tuple(part for each in self.text.split(VARIABLE) if (part := each.strip()))


@dataclass(frozen=True)
class Piece:
    """A token in its place.

    Parameters
    ----------
    before
        What stands between it and the token before.
    token
        As in the pattern.
    column
        Its number within the row.
    """

    before: str
    token: str
    column: int


@lru_cache(maxsize=4096)
def pieces(pattern: str, most: int) -> tuple[tuple[Piece, ...], str]:
    """Return the tokens of `pattern` in their places, at most `most`, and what follows the last."""
    found, end = [], 0
    for column, (start, stop) in enumerate(places(pattern)):
        if column == most:
            found.append(Piece(pattern[end:start], pattern[start:], column))
            return tuple(found), ""
        found.append(Piece(pattern[end:start], pattern[start:stop], column))
        end = stop
    return tuple(found), pattern[end:]


def raw_tokens(pattern: str, line: str, most: int) -> list[str]:
    """Return the tokens of `line`, whose pattern is `pattern`, with the values in them."""
    found = iter(values(line))
    return [_filled(piece.token, found) for piece in pieces(pattern, most)[0]]


def _filled(token: str, found: Iterator[str]) -> str:
    parts = token.split(MARK)
    return "".join([parts[0], *(next(found, VARIABLE) + part for part in parts[1:])])


@dataclass(frozen=True)
class Rendered:
    """A template as text.

    Parameters
    ----------
    text
        With ``<*>`` for the values.
    kinds
        Of the values, in order.
    places
        Where the values are: the columns, and the punctuation before and after within the token.
    """

    text: str
    kinds: tuple[Kind, ...]
    places: tuple[tuple[int, str, str], ...]

    def values(self, raw: Sequence[str]) -> list[str]:
        """Return the values among the `raw` tokens of a line, in order."""
        return [
            raw[column].removeprefix(before).removesuffix(after)
            for column, before, after in self.places
            if column < len(raw)
        ]


def rendered(pattern: str, variable: Container[int], examples: Sequence[Sequence[str]], most: int) -> Rendered:
    """Return a template as text.

    Parameters
    ----------
    pattern
        One of its patterns.
    variable
        Columns in which its patterns differ.
    examples
        The raw tokens of some of its lines, by column.
    most
        Tokens of a row; what is beyond is one value.
    """
    text: list[str] = []
    at: list[tuple[int, str, str]] = []
    found, rest = pieces(pattern, most)
    for piece in found:
        seen = {each[piece.column] for each in examples if piece.column < len(each)}
        varies = piece.column in variable or piece.column == most
        shown = _shown(piece, varies, seen)
        if VARIABLE in shown:
            at.append((piece.column, *_around(piece, varies)))
        text += piece.before, shown
    found_kinds = _kinds(at, examples)
    return Rendered("".join([*text, rest]), found_kinds, tuple(at))


def _kinds(at: Sequence[tuple[int, str, str]], examples: Sequence[Sequence[str]]) -> tuple[Kind, ...]:
    return tuple(
        common_kind([each[column].removeprefix(before).removesuffix(after) for each in examples if column < len(each)])
        for column, before, after in at
    )


def _around(piece: Piece, varies: bool) -> tuple[str, str]:
    """Return the punctuation before and after the value that `piece` is."""
    found = None if varies or " " in piece.token else _AROUND.fullmatch(piece.token)
    return (found.group(1), found.group(3)) if found else ("", "")


def _shown(piece: Piece, varies: bool, seen: AbstractSet[str]) -> str:
    if varies:
        return VARIABLE
    if MARK not in piece.token:
        return piece.token
    if len(seen) == 1 and not is_value(piece.token) and _CONSTANT.fullmatch(only := next(iter(seen))):
        return only
    before, after = _around(piece, varies)
    _, blank, unit = piece.token.partition(" ")
    return f"{before}{VARIABLE}{blank}{unit}{after}"
