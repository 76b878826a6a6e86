"""A template: the constant text of a kind of log line with ``<*>`` where values stand."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from telic.context.logs.masking import MARK, VARIABLE, values
from telic.context.logs.tokens import is_value, places
from telic.context.logs.variables import Kind, common_kind

TemplateId = int

_CONSTANT = re.compile(r"[^0-9]*[A-Za-z][^0-9]*[0-9]{1,3}[^0-9]*")
_UNIT = re.compile(r"[<>~]?-?[0-9.,:/_\-]+( [A-Za-z]+)")
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


def pieces(pattern: str, most: int) -> tuple[list[Piece], str]:
    """Return the tokens of `pattern` in their places, at most `most`, and what follows the last."""
    found, end = [], 0
    for column, (start, stop) in enumerate(places(pattern)):
        if column == most:
            found.append(Piece(pattern[end:start], pattern[start:], column))
            return found, ""
        found.append(Piece(pattern[end:start], pattern[start:stop], column))
        end = stop
    return found, pattern[end:]


def raw_tokens(pattern: str, line: str, most: int) -> list[str]:
    """Return the tokens of `line`, whose pattern is `pattern`, with the values in them."""
    found = iter(values(line))
    return [_filled(piece.token, found) for piece in pieces(pattern, most)[0]]


def _filled(token: str, found: Iterator[str]) -> str:
    parts = token.split(MARK)
    return "".join([parts[0], *(next(found, VARIABLE) + part for part in parts[1:])])


def rendered(
    pattern: str, variable: Container[int], examples: Sequence[Sequence[str]], most: int
) -> tuple[str, tuple[Kind, ...]]:
    """Return the text of a template and the kinds of its values.

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
    kinds: list[Kind] = []
    found, rest = pieces(pattern, most)
    for piece in found:
        seen = sorted({each[piece.column] for each in examples if piece.column < len(each)})
        shown = VARIABLE if piece.column == most else _shown(piece, piece.column in variable, seen)
        if VARIABLE in shown:
            before, after = shown.split(VARIABLE)
            kinds.append(common_kind([each[len(before) : len(each) - len(_glued(after))] for each in seen]))
        text += piece.before, shown
    return "".join([*text, rest]), tuple(kinds)


def _shown(piece: Piece, varies: bool, seen: Sequence[str]) -> str:
    if varies:
        return VARIABLE
    if MARK not in piece.token:
        return piece.token
    if len(seen) == 1 and not is_value(piece.token) and _CONSTANT.fullmatch(seen[0]):
        return seen[0]
    around = _AROUND.fullmatch(piece.token)
    before, after = (around.group(1), around.group(3)) if around else ("", "")
    units = {found.group(1) if (found := _UNIT.fullmatch(each[: len(each) - len(after)])) else "" for each in seen}
    return f"{before}{VARIABLE}{units.pop() if len(units) == 1 else ''}{after}"


def _glued(after: str) -> str:
    """Return what of the text after a value is not its unit."""
    return after.partition(" ")[0] if not after.startswith(" ") else _AROUND.sub(r"\3", after, count=1)
