"""Stack frames in messages, and the changes that touched the files and functions that they name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from telic.context.changes import words
from telic.context.changes.diff import Diff

_FRAMES = (
    re.compile(
        r"([\w./$<>*()\-]*?)\(?\b([\w\-]+\.(?:go|py|java|kt|scala|rb|rs|js|jsx|ts|tsx|cs|cpp|cc|c|php|ex)):(\d+)"
    ),
    re.compile(r"File \"([^\"]*?)([\w\-]+\.py)\", line (\d+)(?:, in (\w+))?"),
    re.compile(r"at ([\w.$<>]+)\((\w+\.(?:java|kt|scala)):(\d+)\)"),
)


@dataclass(frozen=True)
class Frame:
    """One place in code that a message names."""

    file: str  # last part of the path
    line: int
    function: str = ""


def frames(text: str) -> tuple[Frame, ...]:
    """Return the stack frames of a message, each once, in order.

    Examples
    --------
    >>> frames("runtime.mapassign -> middleware.(*Limiter).Allow(ratelimit.go:38)")[0]
    Frame(file='ratelimit.go', line=38, function='Allow')
    """
    found: dict[Frame, None] = {}
    for pattern in _FRAMES:
        for each in pattern.finditer(text[:8_000]):
            groups = each.groups()
            said = groups[3] if len(groups) > 3 and groups[3] else groups[0]
            if pattern is _FRAMES[1] and not (len(groups) > 3 and groups[3]):
                said = ""
            function = re.split(r"[.\s/()>]+", said.strip(" .()->"))[-1] if said else ""
            found.setdefault(Frame(groups[1], int(groups[2]), function), None)
    named = {(each.file, each.line) for each in found if each.function}
    return tuple(each for each in found if each.function or (each.file, each.line) not in named)


def touched(frame: Frame, diff: Diff, paths: tuple[str, ...]) -> str:
    """Return how closely a change touches a frame: ``"function"``, ``"file"`` or nothing."""
    hunks = [each for each in diff.hunks if each.path.rsplit("/", 1)[-1] == frame.file]
    for each in hunks:
        near = [line.number for line in each.lines if line.number]
        if near and min(near) - 2 <= frame.line <= max(near) + 2:
            return "function"
        text = " ".join((each.heading, *(line.text for line in each.lines)))
        if frame.function and frame.function in set(words.names(text)):
            return "function"
    return "file" if hunks or any(path.rsplit("/", 1)[-1] == frame.file for path in paths) else ""
