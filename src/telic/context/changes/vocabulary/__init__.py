"""What names and messages mean, as tables that people can read and extend: patterns, troubles, subjects, effects."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any


@lru_cache(maxsize=64)
def table(name: str, package: str = __name__) -> Mapping[str, Any]:
    """Return the table ``<name>.toml`` of a package."""
    return tomllib.loads(files(package).joinpath(f"{name}.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1024)
def pattern(name: str) -> re.Pattern[str]:
    """Return a pattern of ``patterns.toml`` by ``section.name``.

    Examples
    --------
    >>> bool(pattern("call.batch").search("db.BatchWriteItem(ctx, items)"))
    True
    """
    section, _, key = name.partition(".")
    found = table("patterns")[section]
    return any_of(found[key], cased=key in found.get("cased", ()))


def any_of(alternatives: Sequence[str], *, cased: bool = False) -> re.Pattern[str]:
    """Compile alternatives to one pattern."""
    return re.compile("|".join(alternatives), 0 if cased else re.IGNORECASE)


def count(name: str, lines: Sequence[str]) -> int:
    """Return how often a pattern occurs in lines [1]."""
    found = pattern(name)
    return sum(len(found.findall(each)) for each in lines)


def having(name: str, lines: Sequence[str]) -> int:
    """Return how many lines have a pattern [1]."""
    found = pattern(name)
    return sum(1 for each in lines if found.search(each))
