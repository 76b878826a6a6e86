"""Names and words in code, logs and summaries, brought to one form so that they can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from telic.context.changes import vocabulary

_NAME = re.compile(r"[A-Za-z_$][\w$]*(?:-[A-Za-z]\w+)*")
_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_QUOTED = re.compile(r"""["'`\[<(«]([A-Za-z_][\w.\-/:]{1,60})["'`\])>»]""")
_STRING = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'|`([^`]*)`")
_COMMENT = re.compile(
    r"(?<![:\w])//.*$|^\s*#(?!\[|include|define|if|endif).*$|(?<=\s)#\s.*$|^\s*--\s.*$|/\*.*?\*/|^\s*\*\s.*$"
)

COMMON = frozenset(vocabulary.table("common")["words"].split())
"""Words that say nothing about which change is meant."""


def split(name: str) -> tuple[str, ...]:
    """Return the words of a name, small.

    Examples
    --------
    >>> split("defaultMaxConns"), split("db.pool.max_in_use")
    (('default', 'max', 'conns'), ('db', 'pool', 'max', 'in', 'use'))
    """
    return tuple(each.lower() for each in _PARTS.findall(name))


def names(text: str) -> Iterator[str]:
    """Yield every identifier of a text as it is written."""
    for found in _NAME.finditer(text):
        yield found.group()


def compound(name: str) -> bool:
    """Return whether a name has several words, at least one of them no common one: rare enough to mean one thing."""
    parts = split(name)
    return len(parts) > 1 and any(each not in COMMON and len(each) > 2 for each in parts)


def key(name: str) -> str:
    """Return the form in which names are compared: words without case, joined by underscores.

    Examples
    --------
    >>> key("PutItem") == key("put_item") == key("put-item")
    True
    """
    return "_".join(split(name))


def telling(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the telling compound names of a text, as keys, and its telling single words."""
    several: set[str] = set()
    single: set[str] = set()
    for name in names(text):
        if compound(name):
            several.add(key(name))
        single.update(each for each in split(name) if each not in COMMON and len(each) > 2)
    return frozenset(several), frozenset(single)


def quoted(text: str) -> frozenset[str]:
    """Return what a message puts in quotes or brackets, as keys: a message quotes the thing that it misses.

    Examples
    --------
    >>> sorted(quoted('relation "user_favorites" does not exist; field [title]'))
    ['title', 'user_favorites']
    """
    return frozenset(key(each) for each in _QUOTED.findall(text))


def strings(text: str) -> tuple[str, ...]:
    """Return the string literals of a line of code."""
    return tuple("".join(found.groups("")) for found in _STRING.finditer(text))


def bare(text: str) -> str:
    """Return a line of code without its comment."""
    return _COMMENT.sub("", text).strip()


def bag(lines: Iterable[str]) -> dict[str, int]:
    """Count the names of lines of code, comments left out."""
    counts: dict[str, int] = {}
    for line in lines:
        for name in names(bare(line)):
            counts[name] = counts.get(name, 0) + 1
    return counts
