"""All effects of a change, and whether it can have any: what only moves, documents or tests cannot break anything."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from telic.context.changes import files, vocabulary, words
from telic.context.changes.diff import Diff, parse
from telic.context.changes.effect import Effect, Place, effect_reader, places

MOVED = 0.8  # share of names that stay the same where code was only moved [1]
HARMLESS = re.compile(
    r"^(\W*\w+\W+)?(docs?|tests?|style|ci|chore\(ci\)|typo|lint|format|comment|readme)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Reading:
    """What one change does.

    Parameters
    ----------
    effects
        Everything that was found, the strongest first.
    scope
        How much of the change can act at all: 0 for tests, documents and looks, about 0.3 for what logs, moves or is
        not shown, 1 for code and configuration that differ [1].
    why
        Where `scope` comes from, in words.
    names, gone
        Telling names (several words) that the change brings, and those that it takes away.
    singles
        Telling single words of changed lines.
    paths
        Files.
    """

    effects: tuple[Effect, ...]
    scope: float
    why: str
    names: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    singles: frozenset[str] = frozenset()
    paths: tuple[str, ...] = ()
    diff: Diff = field(default_factory=Diff)

    @property
    def code(self) -> bool:
        """Whether code was changed: it may do more than any reader knows; a setting does what it says."""
        return not self.diff.hunks or any(
            files.kind(each.path) in ("code", "other") for each in self.diff.hunks if not files.inert(each.path)
        )


@lru_cache(maxsize=4096)
def read_effects(diff: str, paths: tuple[str, ...] = (), summary: str = "") -> Reading:
    r"""Read what a change does from its diff, its files and, where both are silent, its summary.

    Examples
    --------
    >>> found = read_effects("-max_conns: 50\n+max_conns: 10", ("db.yaml",))
    >>> found.effects[0].says, found.scope
    ('connection or thread pool 50 -> 10 (max_conns: 10)', 1.0)
    """
    parsed = parse(diff, paths) if diff else Diff()
    touched = tuple(dict.fromkeys((*paths, *parsed.paths)))
    alive = places(parsed, summary)
    if touched and all(files.inert(each) for each in touched):
        return Reading((), 0.0, f"only {_kinds(touched)}", paths=touched, diff=parsed)
    if not alive:
        scope, why = (
            (0.05, "documents, tests or style by its summary")
            if HARMLESS.search(summary)
            else (0.3, "its diff is not on record")
        )
        return Reading((), scope, why, paths=touched, diff=parsed)
    found = sorted(
        (each for place in alive for each in _read(place)),
        key=lambda each: -each.force * max(each.troubles.values(), default=0),
    )
    scope, why = _scope(alive, found)
    added, removed = [x for p in alive for x in p.added], [x for p in alive for x in p.removed]
    single = words.telling("\n".join((*added, *removed)))[1]
    before = words.telling("\n".join(removed))[0]
    after = words.telling("\n".join(added))[0]
    return Reading(tuple(found), scope, why, after - before, before - after, single, touched, parsed)


def _read(place: Place) -> list[Effect]:
    from telic.context.changes import readers  # importing it registers them

    return [effect for name in readers.effect_reader for effect in readers.effect_reader.create(name, place=place)]


def _kinds(paths: Sequence[str]) -> str:
    names = {"test": "tests", "docs": "documents", "ci": "build files", "asset": "looks", "lock": "lock files"}
    return " and ".join(sorted({names.get(files.kind(each), "files of another environment") for each in paths}))


def _scope(alive: Sequence[Place], found: Sequence[Effect]) -> tuple[float, str]:
    logs, imports = vocabulary.pattern("scope.logs"), vocabulary.pattern("scope.import")
    lines = [each for place in alive for each in (*place.added, *place.removed)]
    if not lines:
        return 0.0, "only comments and blank lines"
    if all(imports.match(each) for each in lines):
        return 0.1, "only imports and brackets"
    if all(logs.search(each) or imports.match(each) for each in lines):
        return 0.2, "only what is logged or measured"
    if not found:
        same = _same_names(alive)
        if same >= MOVED and _new_names(alive) <= max(3, _old_names(alive) / 2):
            return 0.2, "the same names as before: moved or extracted"
        if all(not place.removed for place in alive):
            return 0.6, "new code"
        return 0.5, "code differs, with no effect that is known to break things"
    return 1.0, f"{len(found)} effect{'s' if len(found) > 1 else ''}"


def _same_names(alive: Sequence[Place]) -> float:
    """Return how much of the names that were removed is there after the change [1]."""
    before: dict[str, int] = {}
    after: dict[str, int] = {}
    for place in alive:
        _add(before, words.bag(place.removed))
        _add(after, words.bag(place.added))
    total = sum(before.values())
    return sum(min(count, after.get(name, 0)) for name, count in before.items()) / total if total else 0.0


def _new_names(alive: Sequence[Place]) -> int:
    return len(
        {name for place in alive for name in place.gained}
        - {name for place in alive for name in words.bag(place.removed)}
    )


def _old_names(alive: Sequence[Place]) -> int:
    return len({name for place in alive for name in words.bag(place.removed)})


def _add(total: dict[str, int], more: Mapping[str, int]) -> None:
    for name, count in more.items():
        total[name] = total.get(name, 0) + count


__all__ = ["Effect", "Reading", "effect_reader", "read_effects"]
