"""What a change does, in values: the effect, the reading it is taken from, and the registry of effect readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from telic.context.changes import files, vocabulary, words
from telic.context.changes.diff import Diff, Hunk, pairs
from telic.context.changes.quantities import Quantity
from telic.registry import Registry


@dataclass(frozen=True)
class Effect:
    """One thing that a change does, and which trouble it can make.

    Parameters
    ----------
    kind
        Name of the reader that found it: ``"constant"``.
    says
        For people: ``"timeout 5 s -> 300 ms"``.
    troubles
        Kind of trouble (a key of `TROUBLES`) to how readily this effect makes it [1].
    force
        How large the effect is: a cache that grows by a fifth is not one that is dropped [1].
    mechanism
        What to call it when it is the cause: ``"timeout too short"``.
    path, heading
        Where: file and function or section.
    before, after
        The values of a changed constant.
    subject
        What the constant is: ``"timeout"``.
    gone, new
        Names that the change takes away or brings, as keys of `words.key`.
    """

    kind: str
    says: str
    troubles: Mapping[str, float] = field(default_factory=dict)
    force: float = 1.0
    mechanism: str = ""
    path: str = ""
    heading: str = ""
    before: Quantity | None = None
    after: Quantity | None = None
    subject: str = ""
    gone: frozenset[str] = frozenset()
    new: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Place:
    """One hunk with what every reader wants to know of it."""

    hunk: Hunk
    summary: str = ""

    @property
    def path(self) -> str:
        """The file."""
        return self.hunk.path

    @property
    def heading(self) -> str:
        """The function or section."""
        return self.hunk.heading

    @property
    def where(self) -> str:
        """The function, section or file, for people."""
        return self.heading or self.path or "code"

    @cached_property
    def names_gone(self) -> frozenset[str]:
        """Telling names that are gone, as keys."""
        return frozenset(words.key(each) for each in self.lost if words.compound(each))

    @cached_property
    def names_new(self) -> frozenset[str]:
        """Telling names that are new, as keys."""
        return frozenset(words.key(each) for each in self.gained if words.compound(each))

    @cached_property
    def kind(self) -> files.FileKind:
        """What kind of file it is."""
        return files.kind(self.hunk.path)

    @cached_property
    def added(self) -> tuple[str, ...]:
        """Added lines without comments and without empty ones."""
        return _code(self.hunk.of("+"))

    @cached_property
    def removed(self) -> tuple[str, ...]:
        """Removed lines without comments and without empty ones."""
        return _code(self.hunk.of("-"))

    @cached_property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Lines that were changed: before and after, without comments; moved lines are none."""
        bare = ((words.bare(old), words.bare(new)) for old, new in pairs(self.hunk))
        return tuple((old, new) for old, new in bare if old != new and old and new)

    @cached_property
    def gained(self) -> Mapping[str, int]:
        """Names to how many more of them there are after the change than before, if more [1]."""
        return _more(words.bag(self.added), words.bag(self.removed))

    @cached_property
    def lost(self) -> Mapping[str, int]:
        """Names to how many fewer of them there are after the change than before, if fewer [1]."""
        return _more(words.bag(self.removed), words.bag(self.added))

    @cached_property
    def text(self) -> str:
        """All that stands in the hunk."""
        return "\n".join(each.text for each in self.hunk.lines)


def makes(
    mechanism: str,
    says: str,
    place: Place,
    *,
    kind: str,
    force: float = 0.9,
    gone: frozenset[str] = frozenset(),
    new: frozenset[str] = frozenset(),
) -> Effect:
    """Return an effect whose troubles stand in ``effects.toml`` under its mechanism."""
    troubles = vocabulary.table("effects")[mechanism]
    return Effect(kind, says, troubles, force, mechanism, place.path, place.heading, gone=gone, new=new)


effect_reader: Registry[Sequence[Effect]] = Registry("effect reader")


def places(diff: Diff, summary: str = "") -> tuple[Place, ...]:
    """Return the places of a diff that belong to what runs: tests, documents and looks are left out."""
    return tuple(Place(each, summary) for each in diff.hunks if not (each.path and files.inert(each.path)))


def _code(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(bare for bare in (words.bare(each) for each in lines) if bare)


def _more(one: Mapping[str, int], two: Mapping[str, int]) -> dict[str, int]:
    return {name: count - two.get(name, 0) for name, count in one.items() if count > two.get(name, 0)}
