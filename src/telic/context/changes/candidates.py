"""Commits, deploys, flags and the rest brought together: which change was in force, since when, and where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from telic.context.changes import files, words
from telic.context.changes.effects import Reading, read_effects
from telic.model import Change

How = Literal["itself", "carried", "directly", "unknown", "never"]
_SUFFIXES = ("service", "server", "svc", "srv", "app", "api", "worker")
_GENERIC = frozenset(
    {
        "services",
        "service",
        "src",
        "pkg",
        "internal",
        "cmd",
        "app",
        "apps",
        "lib",
        "main",
        "config",
        "db",
        "api",
        "go",
        "py",
    }
)


@dataclass(frozen=True)
class Arrival:
    """When and where a change came into force."""

    time: float  # [s since the Unix epoch]
    entity: str
    how: How


@dataclass(frozen=True)
class Candidate:
    """One change that may be to blame.

    Parameters
    ----------
    change
        What the answer names: the commit where there is one, otherwise the deploy, flag or push itself.
    reading
        What it does.
    arrivals
        Where it came into force, oldest first; none where it never did.
    made
        When it was written [s since the Unix epoch].
    """

    change: Change
    reading: Reading
    arrivals: tuple[Arrival, ...]
    made: float

    @property
    def how(self) -> How:
        """How it came into force first."""
        return self.arrivals[0].how if self.arrivals else "never"

    def before(self, time: float) -> tuple[Arrival, ...]:
        """Return where it was in force at `time` [s since the Unix epoch]."""
        return tuple(each for each in self.arrivals if each.time <= time)


def candidates(changes: Iterable[Change], entities: Sequence[str]) -> tuple[Candidate, ...]:
    """Bring the records of changes together.

    A deploy names the commit that it ships by its id. A commit that no deploy names came with the next deploy of the
    service whose files it touches, or of any service where the files are shared.

    Parameters
    ----------
    changes
        All that is on record, in any order.
    entities
        Names of services, to tell whose a file is.
    """
    known = sorted(changes, key=lambda each: each.time)
    deploys = [each for each in known if each.kind == "deploy"]
    commits = {each.id: each for each in known if each.kind == "commit"}
    switches = [each for each in known if each.kind == "flag"]
    found = [_armed(_commit(each, deploys, entities), switches) for each in commits.values()]
    for each in known:
        if each.kind == "commit" or (each.kind == "deploy" and each.id in commits):
            continue
        reading = read_effects(each.diff, each.files, each.summary)
        how: How = "itself" if each.kind == "deploy" else "directly"
        found.append(Candidate(each, reading, (Arrival(each.time, each.entity, how),), each.time))
    return tuple(sorted(found, key=lambda each: each.made))


def _commit(commit: Change, deploys: Sequence[Change], entities: Sequence[str]) -> Candidate:
    own = [each for each in deploys if each.id == commit.id]
    diff = commit.diff or next((each.diff for each in own if each.diff), "")
    reading = read_effects(diff, commit.files, commit.summary)
    owners = tuple(name for name in entities if any(owns(name, path) for path in reading.paths))
    arrivals = [Arrival(each.time, each.entity, "itself") for each in own]
    if not own:
        arrivals = _carried(commit, reading, deploys, owners)
    if not deploys and not arrivals:
        arrivals = [Arrival(commit.time, name, "unknown") for name in owners or (commit.entity,)]
    return Candidate(commit, reading, tuple(sorted(arrivals, key=lambda each: each.time)), commit.time)


def _armed(candidate: Candidate, switches: Sequence[Change]) -> Candidate:
    """Return the candidate in force only since the flag was switched that its code asks for."""
    named = candidate.reading.names | frozenset(
        words.key(each) for each in words.strings("\n".join(candidate.reading.diff.added))
    )
    times = [each.time for each in switches if words.key(each.id) in named]
    if not times:
        return candidate
    later = [replace(each, time=max(each.time, times[0])) for each in candidate.arrivals]
    return replace(candidate, arrivals=tuple(later))


def _carried(commit: Change, reading: Reading, deploys: Sequence[Change], owners: Sequence[str]) -> list[Arrival]:
    """Return the first deploy of each service after the commit that had to bring it along."""
    common = any(files.shared(path) for path in reading.paths)
    first: dict[str, float] = {}
    for each in deploys:
        theirs = each.entity in owners or any(owns(each.entity, path) for path in reading.paths)
        if each.time >= commit.time and (theirs or (common and not owners)):
            first.setdefault(each.entity, each.time)
    return [Arrival(time, name, "carried") for name, time in first.items()]


def stem(entity: str) -> str:
    """Return what is telling of a service's name.

    Examples
    --------
    >>> stem("recommendationservice"), stem("ts-order-service"), stem("dashboard-svc")
    ('recommendation', 'ts-order', 'dashboard')
    """
    name = entity.lower()
    for suffix in _SUFFIXES:
        shorter = name.removesuffix(suffix).rstrip("-_.")
        if shorter != name and len(shorter) > 2:
            return shorter
    return name


def owns(entity: str, path: str) -> bool:
    """Return whether a file belongs to a service, by the folders of its path.

    Examples
    --------
    >>> owns("recommendationservice", "services/recommendation/rank.go"), owns("cartservice", "pkg/db/pool.go")
    (True, False)
    """
    mine = words.key(stem(entity))
    if not mine or mine in _GENERIC:
        return False
    for part in path.split("/")[:-1]:
        name = words.key(stem(part))
        if (
            name
            and name not in _GENERIC
            and (name == mine or (len(name) > 3 and (name in mine.split("_") or mine in name.split("_"))))
        ):
            return True
    return False
