"""Which resource of a run was full: by itself, or behind another one."""

from __future__ import annotations

from dataclasses import dataclass

from telic.report.record import RunRecord
from telic.telemetry.queries.saturation import Peak, bottlenecks, full_services, peaks

BEHIND = "A store, a pool or a processor that made them wait is not told apart here: see the diagnosis."
LASTING = 2.0  # shorter than this is a burst, not a full service [s]


@dataclass(frozen=True)
class Fullness:
    """How full services were over a whole run.

    Attributes
    ----------
    peaks
        One row a service, the longest full first; none where telemetry says nothing.
    causes
        Services that were full and waited for no other full one; whether they waited for a store, a pool or a
        processor, slots do not say.
    behind
        Services that filled up because they waited for one of those.
    """

    peaks: tuple[Peak, ...]
    causes: tuple[str, ...]
    behind: tuple[str, ...]

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
        return f"Full: {', '.join(full)}.{behind} {BEHIND}"


def fullness(run: RunRecord) -> Fullness:
    """Return how full the services of `run` were."""
    found = peaks(run.saturation)
    full = full_services(found, LASTING)
    causes = bottlenecks(full, run.topology)
    return Fullness(tuple(found), tuple(causes), tuple(each for each in full if each not in causes))


def _slots(peak: Peak) -> str:
    return f"{peak.slots:.0f} slot{'' if peak.slots == 1 else 's'}"
