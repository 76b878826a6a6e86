"""Text to tokens: words, 'texts', `names`, numbers, durations and marks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from telic.opportunities.language.place import Extent, Written

NANOSECONDS = {
    "ns": 1,
    "us": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
    "d": 86_400 * 10**9,
    "w": 604_800 * 10**9,
}
_SPELLED = {"second": "s", "minute": "m", "hour": "h", "day": "d", "week": "w", "millisecond": "ms", "min": "m"}
MAX_CHARACTERS = 4_000
"""Longest text of one KPI or hypothesis [characters]; it is meant to be read."""

LONGEST = 2**62
"""Longest duration [ns], some 146 years: times are 64-bit numbers."""

WORD = r"[^\W\d][\w$]*(?:[.:][\w$]+)*"
"""A plain word; a dot or colon within it belongs to it: ``case:protected``."""
_ALSO = {"==": "=", "<>": "!="}  # marks that other languages have
_SHAPES = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?)(?P<unit>[A-Za-z]+)?"
    r"|(?P<text>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")"
    r"|(?P<name>`(?:[^`]|``)+`)"
    rf"|(?P<word>{WORD})"
    r"|(?P<mark>\.\.|<=|>=|!=|==|<>|[-+*/<>=()\[\],:|])"
)


@dataclass(frozen=True)
class Token:
    """A piece of text; of a text or a name, `text` is what stands between the quotes."""

    kind: Literal["word", "name", "text", "number", "duration", "mark", "end"]
    text: str
    extent: Extent


def tokens(written: Written) -> tuple[Token, ...]:
    """Cut a text into tokens; the last is of kind ``end``.

    Raises
    ------
    InvalidQuestion
        A character without a meaning, a quote without its other half, an unknown unit.

    Examples
    --------
    >>> [each.text for each in tokens(Written("count of 'a' > 2"))]
    ['count', 'of', 'a', '>', '2', '']
    """
    text = written.text
    if len(text) > MAX_CHARACTERS:
        raise written.mistake(
            f"this has more than {MAX_CHARACTERS} characters",
            (MAX_CHARACTERS, MAX_CHARACTERS),
            hint="ask in several questions",
        )
    found: list[Token] = []
    at = 0
    while at < len(text):
        shape = _SHAPES.match(text, at)
        if shape is None:
            raise _strange(written, at)
        at = shape.end()
        if shape["space"] is None:
            found.append(_token(written, shape))
    return (*found, Token("end", "", (len(text), len(text))))


def _token(written: Written, shape: re.Match[str]) -> Token:
    extent = shape.span()
    if shape["number"] is not None:
        if shape["unit"] is None:
            return Token("number", shape["number"], extent)
        duration(written, shape["number"], shape["unit"], extent)
        return Token("duration", shape[0], extent)
    for kind in ("text", "name"):
        if shape[kind] is not None:
            quote, inside = shape[kind][0], shape[kind][1:-1]
            return Token("text" if kind == "text" else "name", inside.replace(quote * 2, quote), extent)
    return Token("word" if shape["word"] is not None else "mark", _ALSO.get(shape[0], shape[0]), extent)


def _strange(written: Written, at: int) -> Exception:
    character = written.text[at]
    if character in "'\"`":
        return written.mistake(
            f"this {character} has no other half", (at, len(written.text)), hint=f"close it with {character}"
        )
    if character in "&!~":
        return written.mistake(f"{character!r} has no meaning here", (at, at + 1), hint="write and, or, not")
    return written.mistake(
        f"{character!r} has no meaning here", (at, at + 1), hint="put names of events between ' and '"
    )


def unit_of(word: str) -> str:
    """Return the unit that a word means, or "": ``minutes`` is ``m``."""
    plain = word if word in NANOSECONDS or word in _SPELLED else word.removesuffix("s")
    return plain if plain in NANOSECONDS else _SPELLED.get(plain, "")


def duration(written: Written, number: str, unit: str, extent: Extent) -> int:
    """Read a duration [ns].

    Raises
    ------
    InvalidQuestion
        No such unit, or longer than a century.
    """
    if not unit_of(unit):
        raise written.mistake(f"{unit!r} is no unit of time", extent, hint=f"one of {', '.join(NANOSECONDS)}: 10m")
    exact = Decimal(number) * NANOSECONDS[unit_of(unit)]
    if exact > LONGEST:
        raise written.mistake("this is longer than a century", extent, hint="give a shorter time")
    return int(exact)
