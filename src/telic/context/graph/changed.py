"""What was changed before the trouble began, near where it was reported."""

from __future__ import annotations

from collections.abc import Sequence

from telic.context.changes.frames import Frame, frames
from telic.context.changes.recent import Recent, nearness, recent
from telic.context.graph.graph import EventGraph
from telic.context.graph.words import clock
from telic.context.seen import Seen
from telic.model.topology import reach


def changed_before(seen: Seen, graph: EventGraph) -> list[Recent]:
    """Return the changes that were in force when the trouble was reported, the most suspicious first.

    Parameters
    ----------
    graph
        Of what was seen; a change around the lines of code that its log patterns name or come from weighs more.
    """
    place, calls = seen.symptom.entity, seen.calls
    callers: dict[str, list[str]] = {}
    for caller, callees in calls.items():
        for each in callees:
            callers.setdefault(each, []).append(caller)
    changes = seen.recording.changes()
    known = dict.fromkeys(
        (*(each.name for each in seen.topology.entities), *(each.entity for each in changes if each.kind == "deploy"))
    )
    near = nearness(place, known, reach(calls, place), reach(callers, place))
    near.pop("", None)  # nobody knows where
    return recent(changes, reported_at(seen), near, frames=_frames(seen, graph))


def reported_at(seen: Seen) -> float:
    """Return when the trouble was reported, or the moment that is looked at if that is earlier [s since the epoch]."""
    if seen.recording.cut and not seen.symptom.onset:  # nobody had reported it yet
        return seen.window.end
    first = min((each.time for each in seen.recording.alerts), default=seen.window.end)
    return min(seen.symptom.onset or first, seen.window.end)


def changes_in_words(found: Sequence[Recent], before: float, most: int = 5) -> list[str]:
    """Return one line for each of the first `most` changes, below one that says before when [s since the epoch]."""
    if not found:
        return []
    lines = [f"  {each.candidate.change.id[:12]} {each.candidate.change.summary[:80]}: {each.why}" for each in found]
    more = [f"  and {len(found) - most} more"] if len(found) > most else []
    return [f"changed before {clock(before)}, nearest and latest first", *lines[:most], *more]


def _frames(seen: Seen, graph: EventGraph) -> list[Frame]:
    found: list[Frame] = []
    for each in graph.nodes:
        if each.kind == "log pattern":
            template = seen.templates.get(each.what)
            found += frames(f"{template.example if template else each.what} {each.source}")
    return found
