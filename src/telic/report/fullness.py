"""Which resource of a run was full: by itself, or behind another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from telic.report.record import RunRecord
from telic.telemetry.queries.holding import Held, held
from telic.telemetry.queries.saturation import Peak, bottlenecks, full_services, peaks

LASTING = 2.0  # shorter than this is a burst, not a full service [s]


@dataclass(frozen=True)
class Fullness:
    """How full services were over a whole run.

    Attributes
    ----------
    peaks
        One row a service, the longest full first; none where telemetry says nothing.
    causes
        Services that were full and waited for no other full one.
    behind
        Services that filled up because they waited for one of those.
    held
        What held the slots of each cause.
    """

    peaks: tuple[Peak, ...]
    causes: tuple[str, ...]
    behind: tuple[str, ...]
    held: Mapping[str, Held]

    def __str__(self) -> str:
        if not self.peaks:
            return "Nobody measured how full services were."
        known = {each.service: each for each in self.peaks}
        if not self.causes:
            most = max(self.peaks, key=lambda each: (each.most, each.mean))
            return (
                f"No service was full for {LASTING:.0f} s. The fullest second was {most.service}'s: "
                f"{most.most:.0%} of {_slots(most)} taken."
            )
        full = [f"{name} ({_slots(known[name])}) for {known[name].full:.0f} s" for name in self.causes]
        behind = f" Behind it filled up: {', '.join(self.behind)}." if self.behind else ""
        spent = "".join(f" Of the time of {name}'s slots then {found}." for name, found in self.held.items())
        return f"Full: {', '.join(full)}.{behind}{spent}"


def fullness(run: RunRecord) -> Fullness:
    """Return how full the services of `run` were."""
    found = peaks(run.saturation)
    full = full_services(found, LASTING)
    causes = bottlenecks(full, run.topology)
    spent = {name: held(name, run.saturation, run.waited) for name in causes}
    return Fullness(
        tuple(found),
        tuple(causes),
        tuple(each for each in full if each not in causes),
        {name: each for name, each in spent.items() if each is not None},
    )


def _slots(peak: Peak) -> str:
    return f"{peak.slots:.0f} slot{'' if peak.slots == 1 else 's'}"
