"""What changed before the onset, near the cause: a ranked list with reasons, without looking at symptoms."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from telic.context.changes.candidates import Arrival, Candidate, candidates
from telic.context.changes.frames import Frame, touched
from telic.model import Change

HALF_LIFE = 1_800.0  # a change this much older counts half [s]
FAR = 0.2  # nearness of what nobody knows a way to [1]
_FRAMED = {"function": 4.0, "file": 2.0, "": 1.0}  # times more, if it touches a frame [1]


@dataclass(frozen=True)
class Recent:
    """One change that was in force before the onset.

    Parameters
    ----------
    weight
        How much it deserves a look [1]; the sum over a list has no meaning.
    why
        Age, place and what it does, in words.
    """

    candidate: Candidate
    arrival: Arrival
    weight: float
    why: str


def recent(
    changes: Iterable[Change],
    onset: float,
    near: Mapping[str, float],
    *,
    frames: Sequence[Frame] = (),
) -> list[Recent]:
    """Return the changes in force at `onset`, the most suspicious first.

    Parameters
    ----------
    changes
        All that is on record.
    onset
        When the trouble began [s since the Unix epoch].
    near
        Entities to how close they are to the cause: 1 itself, 0 far away [1].
    frames
        Stack frames of the trouble: a change around one of them comes first.
    """
    found = []
    for each in candidates(changes, tuple(near)):
        came = each.before(onset)
        if came:
            found.append(
                _recent(each, max(came, key=lambda arrival: _weight(arrival, onset, near)), onset, near, frames)
            )
    return sorted(found, key=lambda each: -each.weight)


def nearness(place: str, entities: Iterable[str], down: Mapping[str, int], up: Mapping[str, int]) -> dict[str, float]:
    """Return how close entities are to one in the call graph: 1 itself, less for callees, callers, others [1].

    Parameters
    ----------
    down, up
        On whom `place` depends and who depends on it, and in how many steps.
    """
    near = dict.fromkeys(entities, 0.3)
    near |= {name: max(0.3, 0.6 / count) for name, count in up.items()}
    near |= {name: max(0.4, 0.9 - 0.15 * count) for name, count in down.items()}
    return near | {place: 1.0}


def _weight(arrival: Arrival, onset: float, near: Mapping[str, float]) -> float:
    return near.get(arrival.entity, FAR) * math.pow(0.5, (onset - arrival.time) / HALF_LIFE)


def _recent(
    candidate: Candidate, arrival: Arrival, onset: float, near: Mapping[str, float], frames: Sequence[Frame]
) -> Recent:
    reading = candidate.reading
    around = max(
        (touched(each, reading.diff, reading.paths) for each in frames), key=lambda how: _FRAMED[how], default=""
    )
    weight = _weight(arrival, onset, near) * (0.05 + reading.scope) * _FRAMED[around]
    does = reading.effects[0].says if reading.effects else reading.why
    framed = f"; touches the {around} that messages name or come from" if around else ""
    age = f"{(onset - arrival.time) / 60:.0f} min before"
    return Recent(
        candidate, arrival, weight, f"{age}, {arrival.how} at {arrival.entity or 'an unknown place'}: {does}{framed}"
    )
