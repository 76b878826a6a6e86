"""A number in code or configuration that became another one: limits, pools, caches, intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from telic.context.changes import words
from telic.context.changes.effect import Effect, Place, effect_reader
from telic.context.changes.quantities import Quantity, read
from telic.context.changes.subjects import OTHER, Subject, subject_of

FULL = math.log(2)  # a change by this factor or more has full force [nats]
NOT_HERE = frozenset({"dependency", "lock", "test", "docs", "asset", "ci"})


@effect_reader("constant", example={"diff": "-pool: 50\n+pool: 10"})
def constant(place: Place) -> Sequence[Effect]:
    """Numbers that differ between the two versions of a line; the words of the line say what they are.

    Trouble: that of the subject in the direction of the change. Force: the logarithm of the ratio, full at a factor of
    2.
    """
    if place.kind in NOT_HERE:
        return ()
    found: list[Effect] = []
    for old, new in place.pairs:
        for before, after in _changed(old, new):
            subject = _subject(place, old, new)
            if before.dimension != after.dimension and 0 not in (before.value, after.value):
                continue
            found.append(_effect(place, subject, before, after, new))
    return found + _limits(place)


def _limits(place: Place) -> list[Effect]:
    """Return limits that are no longer set, or that were not set before."""
    one, two = _set(place, place.removed), _set(place, place.added)
    found = []
    for subject, line in one.items():
        if subject not in two and subject.up:
            found.append(_limit(place, subject, line, gone=True))
    for subject, line in two.items():
        if subject not in one and subject.down and (place.removed or place.kind in ("config", "resources")):
            found.append(_limit(place, subject, line, gone=False))
    return found


def _set(place: Place, lines: Sequence[str]) -> dict[Subject, str]:
    found = {}
    for line in lines:
        quantities = read(line)[0]
        subject = subject_of(_said(line))
        if quantities and subject is not OTHER and subject.name not in ("threshold", "version", "port"):
            found[subject] = line
    return found


def _limit(place: Place, subject: Subject, line: str, *, gone: bool) -> Effect:
    return Effect(
        kind="constant",
        says=f"{subject.name} {'no longer set' if gone else 'newly set'} ({line.strip()[:80]})",
        troubles=subject.up if gone else subject.down,
        force=0.8 if gone else 0.6,
        mechanism=f"no {subject.name}" if gone else subject.mechanism(down=True),
        path=place.path,
        heading=place.heading,
        subject=subject.name,
        new=words.telling(line)[0],
    )


def _changed(old: str, new: str) -> Iterator[tuple[Quantity, Quantity]]:
    one, rest = read(old)
    two, other = read(new)
    if len(one) == len(two) and rest.count("#") == other.count("#"):
        yield from ((a, b) for a, b in zip(one, two, strict=True) if a.value != b.value)
    elif len(one) == 1 and len(two) > 1:  # a factor was added
        yield from ((one[0], b) for b in two[-1:] if b.value != one[0].value)


def _subject(place: Place, old: str, new: str) -> Subject:
    """Ask the line first, then what stands around it: a YAML key's parents, the function's name."""
    for said in (_said(new), _said(old)):
        found = subject_of(said)
        if found is not OTHER:
            return found
    around = _said(" ".join((place.heading, _above(place, new))))
    return subject_of(around) if around else OTHER


def _said(text: str) -> str:
    return "_".join(part for name in words.names(text) for part in words.split(name))


def _above(place: Place, line: str) -> str:
    """Return the keys above a line of configuration that it belongs to, and the two lines before it in code."""
    lines = [each.text for each in place.hunk.lines]
    at = next((i for i, each in enumerate(lines) if words.bare(each) == line), 0)
    before = lines[:at]
    if place.kind in ("config", "resources"):
        indent = len(lines[at]) - len(lines[at].lstrip()) if lines else 0
        parents = []
        for each in reversed(before):
            depth = len(each) - len(each.lstrip())
            if each.strip() and depth < indent:
                parents.append(each)
                indent = depth
        return " ".join(parents)
    return " ".join(before[-2:])


def _effect(place: Place, subject: Subject, before: Quantity, after: Quantity, line: str) -> Effect:
    down = after.value < before.value
    if subject.name == "time limit" and after.value == 0:
        down = False  # no limit at all
    ratio = abs(math.log(max(after.value, 1e-9) / max(before.value, 1e-9)))
    single = subject.name in ("port", "version", "threshold") or subject is OTHER
    force = 1.0 if single or 0 in (before.value, after.value) else min(1.0, ratio / FULL)
    return Effect(
        kind="constant",
        says=f"{subject.name} {before} -> {after} ({line.strip()[:80]})",
        troubles=subject.down if down else subject.up,
        force=force,
        mechanism=subject.mechanism(down=down),
        path=place.path,
        heading=place.heading,
        before=before,
        after=after,
        subject=subject.name,
        new=words.telling(line)[0],
    )
