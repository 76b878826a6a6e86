"""Stack traces as data, and which of them are the same failure."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from telic.context.logs.masking import VARIABLE

Language = Literal["java", "python", "go", "node", "csharp"]

_TELLING = 8
"""Frames, from the failing one out, by which two traces are the same."""
_MADE = re.compile(r"\$\$?(?:Lambda|EnhancerBy\w+|FastClass\w*|Proxy|SpringCGLIB)[\w$/.]*|0x[0-9a-f]+|\d+")


@dataclass(frozen=True)
class Frame:
    """A call on the stack."""

    function: str
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class Trace:
    """An exception with its stack, the failing call first.

    Parameters
    ----------
    language
        What printed it.
    kind
        The exception's type.
    message
        What it says.
    frames
        At most `FRAMES`.
    cause
        The exception that led to this one.
    """

    language: Language
    kind: str
    message: str
    frames: tuple[Frame, ...] = ()
    cause: Trace | None = None

    @property
    def root(self) -> Trace:
        """The exception that everything began with."""
        trace = self
        while trace.cause is not None:
            trace = trace.cause
        return trace

    @property
    def key(self) -> str:
        """The same for the same failure: types and innermost functions, without lines, values and made-up names."""
        root = self.root
        functions = [_MADE.sub("", each.function or each.file) for each in root.frames[:_TELLING]]
        said = "\n".join([self.language, self.kind, root.kind, *functions])
        return hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=8).hexdigest()


@dataclass(frozen=True)
class Failure:
    """Traces of one failure.

    Parameters
    ----------
    key
        As in `Trace.key`.
    count
        How often.
    first
        The place of the first among what was given.
    example
        That one.
    """

    key: str
    count: int
    first: int
    example: Trace


def failures(traces: Iterable[Trace]) -> list[Failure]:
    """Return `traces` grouped by failure, the most frequent first."""
    groups: dict[str, list[tuple[int, Trace]]] = defaultdict(list)
    for at, trace in enumerate(traces):
        groups[trace.key].append((at, trace))
    grouped = [Failure(key, len(some), *some[0]) for key, some in groups.items()]
    return sorted(grouped, key=lambda each: (-each.count, each.first))


def without_values(message: str) -> str:
    """Return `message` with its numbers as values.

    >>> without_values("key 17 of 0x2f not found")
    'key <*> of <*> not found'
    """
    return re.sub(r"0x[0-9a-fA-F]+|\d+", VARIABLE, message)
