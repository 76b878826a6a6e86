"""What hurts a run: the triggers of trials, as changes of the model's arrays at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args

from telic.errors import UsageError

Kind = Literal["load", "capacity", "flush", "error", "pause", "delay"]


@dataclass(frozen=True)
class Trigger:
    """One condition from `at` on for `seconds`.

    `value` is the factor of the load, the share of the capacity that is left, the share of calls that fail, the share
    of each `every` [s] that a service still runs, or what each call to it takes longer [s].
    """

    kind: Kind
    at: float  # since the start of the run [s]
    seconds: float = 0.0  # a flush has no length
    value: float = 1.0
    service: str = ""
    every: float = 1.0  # of pauses [s]

    @property
    def end(self) -> float:
        """When it is over [s]."""
        return self.at + self.seconds


def trigger_of(inject: Mapping[str, object], at: float) -> Trigger:
    """Return what a trial of an intent injects, as a trigger that begins at `at` [s].

    Examples
    --------
    >>> trigger_of({"capacity": {"service": "hotel", "to": 0.25}, "for": 5.0}, 12.0)
    Trigger(kind='capacity', at=12.0, seconds=5.0, value=0.25, service='hotel', every=1.0)
    """
    kind = next((each for each in get_args(Kind) if each in inject), None)
    if kind is None:
        raise UsageError(f"cannot inject {', '.join(inject) or 'nothing'}", hint=f"one of {', '.join(get_args(Kind))}")
    given, seconds = inject[kind], float(str(inject.get("for", 0.0)))
    if not isinstance(given, Mapping):
        return Trigger(cast(Kind, kind), at, seconds, 1.0 if kind == "flush" else float(str(given)))
    value = given.get("to", given.get("p", given.get("by", 1.0)))
    every = float(str(given.get("every", 1.0)))
    return Trigger(cast(Kind, kind), at, seconds, float(str(value)), str(given.get("service", "")), every)
