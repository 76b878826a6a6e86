"""Unified diffs as people and tools really write them: hunks of lines, with the file that each belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

LINES_MAX = 20_000  # of one diff that are read [1]
LINE_MAX = 2_000  # characters of one line that are read [1]
SAME = 0.5  # least likeness of a removed and an added line that are one changed line [1]

_HEADER = re.compile(
    r"^(diff --git |index [0-9a-f]+\.\.|new file mode|deleted file mode|similarity |rename |old mode|new mode)"
)
_RANGE = re.compile(r"^@@+ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@+ ?(.*)$")
_LOOSE = re.compile(r"^@@+ *(.*?)(?: *@@+ *(.*))?$")
_PATH = re.compile(
    r"^(?:[ab]/)?((?:[\w.+-]+/)*[\w.+-]+\.[\w+]+|(?:[\w.+-]+/)+[\w.+-]+|Dockerfile|Makefile|CODEOWNERS)$"
)
_ARROW = re.compile(r"^\s*([\w./:-]+)\s*[:=]\s*(.+?)\s*(?:->|=>|→)\s*(.+?)\s*$")

Kind = Literal["+", "-", " "]


@dataclass(frozen=True)
class Line:
    """One line of a hunk; `number` counts in the new file, 0 where the diff does not say."""

    kind: Kind
    text: str
    number: int = 0


@dataclass(frozen=True)
class Hunk:
    """Lines that stand together; `heading` is the function or section that the diff names."""

    path: str
    heading: str
    lines: tuple[Line, ...]

    def of(self, kind: Kind) -> tuple[str, ...]:
        """Return the texts of the lines of one kind."""
        return tuple(each.text for each in self.lines if each.kind == kind)

    @cached_property
    def changed(self) -> bool:
        """Whether any line was added or removed."""
        return any(each.kind != " " for each in self.lines)


@dataclass(frozen=True)
class Diff:
    """What one change did to text."""

    hunks: tuple[Hunk, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that the diff names, in order, each once."""
        return tuple(dict.fromkeys(each.path for each in self.hunks if each.path))

    @property
    def added(self) -> tuple[str, ...]:
        """All added lines."""
        return tuple(text for each in self.hunks for text in each.of("+"))

    @property
    def removed(self) -> tuple[str, ...]:
        """All removed lines."""
        return tuple(text for each in self.hunks for text in each.of("-"))


def parse(text: str, files: Sequence[str] = ()) -> Diff:
    r"""Read a diff; never fails, since a change record is the text of others.

    Git's form is understood, and so are the shorter ones that change logs hold: ``@@ path @@ section``,
    ``@@ path: section``, lines without any header, and ``key: old -> new``.

    Parameters
    ----------
    text
        The diff; lines past `LINES_MAX` and characters past `LINE_MAX` are left out.
    files
        The files of the change where the diff may not name them; the first stands for all that has no name.

    Examples
    --------
    >>> parse("@@ app/db.py @@\n-pool = 50\n+pool = 10").paths
    ('app/db.py',)
    >>> parse("pool.size: 50 -> 10", ["db.yaml"]).added
    ('pool.size: 10',)
    """
    lines = [each[:LINE_MAX] for each in text.splitlines()[:LINES_MAX]]
    first = files[0] if files else ""
    if not any(each.startswith(("+", "-", "@@")) for each in lines):
        return Diff(tuple(_arrows(lines, first)))
    return Diff(tuple(each for each in _hunks(lines, first) if each.changed))


def _hunks(lines: Sequence[str], first: str) -> Iterator[Hunk]:
    path, heading, number = first, "", 0
    gathered: list[Line] = []
    following = [*lines[1:], ""]
    for text, after in zip(lines, following, strict=True):
        if text.startswith("--- ") and after.startswith("+++ "):
            yield Hunk(path, heading, tuple(gathered))
            gathered, path, heading = [], _file(after[4:]) or _file(text[4:]) or first, ""
        elif text.startswith("+++ ") and not gathered:
            continue
        elif text.startswith("@@"):
            yield Hunk(path, heading, tuple(gathered))
            gathered = []
            path, heading, number = _section(text, path)
        elif _HEADER.match(text):
            continue
        else:
            kind: Kind = "+" if text.startswith("+") else "-" if text.startswith("-") else " "
            body = text[1:] if text[:1] in ("+", "-", " ") else text
            gathered.append(Line(kind, body, number))
            number += 1 if number and kind != "-" else 0
    yield Hunk(path, heading, tuple(gathered))


def _section(text: str, path: str) -> tuple[str, str, int]:
    ranged = _RANGE.match(text)
    if ranged:
        return path, ranged.group(2).strip(), int(ranged.group(1))
    loose = _LOOSE.match(text)
    said, more = (loose.group(1) or "", loose.group(2) or "") if loose else ("", "")
    name, _, rest = said.partition(": ")
    named = _PATH.match(name.strip().rstrip(":"))
    if named:
        return named.group(1), " ".join((rest, more)).strip(), 0
    return path, " ".join((said, more)).strip(), 0


def _file(text: str) -> str:
    name = text.split("\t")[0].strip()
    return "" if name == "/dev/null" else re.sub(r"^[ab]/", "", name)


def _arrows(lines: Sequence[str], path: str) -> Iterator[Hunk]:
    for text in lines:
        found = _ARROW.match(text)
        if found:
            key, old, new = found.groups()
            yield Hunk(path, "", (Line("-", f"{key}: {old}"), Line("+", f"{key}: {new}")))


def pairs(hunk: Hunk) -> tuple[tuple[str, str], ...]:
    """Return the removed and added lines that are one line, changed: the likest first, each line once."""
    removed, added = hunk.of("-"), hunk.of("+")
    if len(removed) * len(added) > 4_000:  # a rewrite, not changed lines
        return ()
    likeness = sorted(
        ((_likeness(old, new), -abs(i - j), i, j) for i, old in enumerate(removed) for j, new in enumerate(added)),
        reverse=True,
    )
    left, right, found = set(range(len(removed))), set(range(len(added))), []
    for score, _, i, j in likeness:
        if score >= SAME and i in left and j in right:
            left.remove(i)
            right.remove(j)
            found.append((i, j))
    return tuple((removed[i], added[j]) for i, j in sorted(found))


def _likeness(old: str, new: str) -> float:
    """Return how much of the words of two lines is the same (Dice), where numbers count as one word [1]."""
    one, two = (re.findall(r"[A-Za-z_]+|\d[\w.]*|[^\s\w]", each) for each in (old, new))
    one, two = (["0" if word[0].isdigit() else word for word in each] for each in (one, two))
    if not one or not two:
        return 0.0
    rest = list(two)
    shared = 0
    for word in one:
        if word in rest:
            rest.remove(word)
            shared += 1
    return 2 * shared / (len(one) + len(two))
