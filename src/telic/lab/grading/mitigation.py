"""The derived oracle: users well under continued load, the fault gone, nothing taken away, and somebody did it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from telic.lab.grading import users
from telic.lab.grading.grades import Judged
from telic.lab.session import Condition, Episode
from telic.model import ActionRecord


def mitigate(episode: Episode) -> Judged:
    """Judge whether what was wrong was put right; nobody writes an oracle for a scenario."""
    if episode.scenario.healthy:
        return Judged(None, "nothing had to be put right; actions count as false alarms and as harm")
    missed = list(_missed(episode))
    return Judged(not missed, "; ".join(missed) or "users well under load, the fault gone, nothing taken away")


def applied(episode: Episode) -> list[ActionRecord]:
    """Return the actions that were carried out, oldest first."""
    return sorted((each for each in episode.actions if each.applied), key=lambda each: each.applied)


def _missed(episode: Episode) -> Iterator[str]:
    recovery = episode.phases.get("recovery")
    if recovery is None or recovery.end <= recovery.start:
        yield "there was no recovery window"
        return
    first = users.injected(episode)
    if not any(first is not None and first <= each.applied <= recovery.start for each in applied(episode)):
        yield "nobody did anything about it"
    yield from filter(None, (users.unwell(episode, recovery), users.unloaded(episode)))
    yield from _failed(episode.post.conditions)
    yield from _failed(episode.post.invariants)
    yield from (f"taken away: {each}" for each in episode.post.collateral)
    yield from (f"still there: {each}" for each in episode.post.residue)


def _failed(conditions: Iterable[Condition]) -> Iterator[str]:
    for each in conditions:
        if each.holds is None:
            yield f"could not be asked: {each.says}"
        elif not each.holds:
            yield f"does not hold: {each.says}"
