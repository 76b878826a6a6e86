"""What manners of failing are known, and what tells each of them: the table ``manners.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files

KEYS = ("general", "effects", "added", "settings", "turns", "states", "errors", "events", "shows")
_NUMBERS = re.compile(r": (-?\d+(?:\.\d+)?)\D* -> (-?\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class Manner:
    """One narrow cause, and what tells it from others of the same general kind.

    Parameters
    ----------
    name
        In the field's words: ``"n-plus-one"``.
    general
        Mechanisms that it may be a case of; none: of any.
    effects
        What changes do, as `read_effects` calls it, to how strongly it speaks for this manner [nat].
    added
        What stands in lines that a change adds.
    settings
        What a setting's change looks like: ``key: old -> new``.
    turns
        ``more`` or ``less``: which way its number has to turn; empty where both ways do it, or it is no number.
    states
        SQLSTATEs, or their beginnings, that a store answers.
    errors
        Error types and messages where requests are harmed.
    events
        What the supervisor said of processes of the place.
    shows
        Features of telemetry (names of `shown.FEATURES`) to their weight where they are there; one that is named with a
        minus speaks for it where it is missing [nat].
    """

    name: str
    general: frozenset[str] = frozenset()
    effects: Mapping[str, float] = field(default_factory=dict)
    added: re.Pattern[str] | None = None
    settings: re.Pattern[str] | None = None
    turns: str = ""
    states: tuple[str, ...] = ()
    errors: re.Pattern[str] | None = None
    events: re.Pattern[str] | None = None
    shows: Mapping[str, float] = field(default_factory=dict)

    def set_by(self, diff: str) -> str:
        """Return the line of a setting's change that does it; empty where none does.

        Examples
        --------
        >>> pool = Manner("pool-too-small", settings=re.compile("^[a-z.]*pool:", re.M), turns="less")
        >>> pool.set_by("store.pool: 8 -> 2"), pool.set_by("store.pool: 3 -> 4")
        ('store.pool: 8 -> 2', '')
        """
        if self.settings is None:
            return ""
        lines = (line for line in diff.splitlines() if self.settings.search(line) and self._turned(line))
        return next(lines, "")

    def _turned(self, line: str) -> bool:
        numbers = _NUMBERS.search(line)
        if not self.turns or numbers is None:
            return True
        old, new = map(float, numbers.groups())
        return new > old if self.turns == "more" else new < old or old == 0  # of most limits 0 means none


@lru_cache(maxsize=1)
def known() -> tuple[Manner, ...]:
    """Return all manners of the table.

    Raises
    ------
    ValueError
        A row has a key that nobody reads.
    """
    rows = tomllib.loads(files(__package__).joinpath("manners.toml").read_text(encoding="utf-8"))
    return tuple(_manner(name, row) for name, row in rows.items())


def _manner(name: str, row: Mapping[str, object]) -> Manner:
    if unknown := sorted(set(row) - set(KEYS)):
        raise ValueError(f"manners.toml, [{name}]: nobody reads {', '.join(unknown)}; known: {', '.join(KEYS)}")
    return Manner(
        name,
        frozenset(_texts(row, "general")),
        _weights(row, "effects"),
        _pattern(row, "added"),
        _pattern(row, "settings"),
        str(row.get("turns", "")),
        tuple(_texts(row, "states")),
        _pattern(row, "errors"),
        _pattern(row, "events"),
        _weights(row, "shows"),
    )


def _texts(row: Mapping[str, object], key: str) -> list[str]:
    found = row.get(key, ())
    return [str(each) for each in found] if isinstance(found, list | tuple) else []


def _weights(row: Mapping[str, object], key: str) -> dict[str, float]:
    found = row.get(key, {})
    return {str(name): float(str(weight)) for name, weight in found.items()} if isinstance(found, dict) else {}


def _pattern(row: Mapping[str, object], key: str) -> re.Pattern[str] | None:
    alternatives = _texts(row, key)
    return re.compile("|".join(alternatives), re.IGNORECASE | re.MULTILINE) if alternatives else None
