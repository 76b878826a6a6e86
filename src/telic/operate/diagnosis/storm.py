"""The four signs of a storm that feeds itself, of the last seconds and of the time before the onset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from telic.model import Topology, Window
from telic.operate.diagnosis.asking import Asking
from telic.telemetry.queries import (
    Attempts,
    EntryStep,
    OperationStep,
    Peak,
    Served,
    attempts,
    entry_load,
    peaks,
    saturation,
    wasted_work,
)

LATELY = 2.0  # how much of the newest time counts as now [s]
LEAST = 0.6  # of it that says anything [s]
SIGMAS = 2.0  # of a Poisson count [1]
ROUNDING = 1e-6  # [s]
STEP = 0.5  # of slots and queues: as often as they are measured [s]


@dataclass(frozen=True)
class Flow:
    """How work went through the system in one window."""

    window: Window
    entry: Sequence[EntryStep] = ()
    edges: Mapping[str, Attempts] = field(default_factory=dict)
    served: Mapping[str, Served] = field(default_factory=dict)
    full: Mapping[str, Peak] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """For how long of the window users were there [s]."""
        return sum(min(STEP, self.window.end - each.start) for each in self.entry) or self.window.seconds

    @property
    def offered(self) -> float:
        """What users asked for, retries not counted [calls/s]: the upper quartile of steps, for load may just begin."""
        asked = sorted(each.asked for each in self._whole)
        return asked[(3 * len(asked)) // 4] / STEP if asked else 0.0

    @property
    def goodput(self) -> float:
        """Good answers [1/s]."""
        return median(each.good for each in self._whole) / STEP if self._whole else 0.0

    @property
    def answered(self) -> float:
        """Good answers for what users asked for [1]."""
        asked = sum(each.asked for each in self.entry)
        return sum(each.good for each in self.entry) / asked if asked else 1.0

    @property
    def _whole(self) -> Sequence[EntryStep]:
        return [each for each in self.entry if each.start + STEP <= self.window.end + ROUNDING]

    def throughput(self, service: str) -> float:
        """Return what a service finished, whether anybody waited for it or not [1/s]."""
        found = self.served.get(service)
        return found.served / self.seconds if found and self.seconds > 0 else 0.0

    def wasted(self, service: str) -> float:
        """Return the share of what a service finished that nobody waited for any more [1]."""
        found = self.served.get(service)
        return found.wasted / found.served if found and found.served else 0.0

    def slot_time(self, service: str) -> float:
        """Return how long a request held its slot [s]; 0 where nothing says so."""
        full, rate = self.full.get(service), self.throughput(service)
        return full.mean * full.slots / rate if full and rate > 0 else 0.0

    def attempts(self, edge: str) -> float:
        """Return the attempts for each call over an edge [1]."""
        found = self.edges.get(edge)
        first = found.calls - found.resends if found else 0
        return found.calls / first if found and first > 0 else 1.0

    def amplification(self, topology: Topology, service: str) -> float:
        """Return by how much retries multiply a call on the worst way from the entry to `service` [1]."""
        return self._amplified(topology, service, frozenset())

    def _amplified(self, topology: Topology, service: str, seen: frozenset[str]) -> float:
        callers = [each for each in topology.callers(service) if each not in seen]
        return max(
            (
                self.attempts(f"{each}->{service}") * self._amplified(topology, each, seen | {service})
                for each in callers
            ),
            default=1.0,
        )


NOTHING = Flow(Window(0.0, 0.0))
"""What is known of a time that telemetry does not tell of."""


@dataclass(frozen=True)
class Storm:
    """Now against before."""

    now: Flow
    before: Flow

    @property
    def load(self) -> float | None:
        """How much users ask for, compared with before [1]; None where one of the two is not known."""
        asked, usual = sum(each.asked for each in self.now.entry), self.before.offered * self.now.seconds
        return asked / usual if asked and usual > 0 else None

    @property
    def surely(self) -> float:
        """The least that `load` may be [1]: few requests may come close together by chance."""
        asked = sum(each.asked for each in self.now.entry)
        usual = self.before.offered * self.now.seconds
        return (asked - SIGMAS * asked**0.5) / usual if usual > 0 else 0.0


def storm_of(asking: Asking, before: Flow | None, entry: str, within: float) -> Storm | None:
    """Compare how work flows in a window with how it flowed before; None where the window is too short to tell."""
    return None if asking.window.seconds < LEAST else Storm(flow(asking, entry, within, "lately"), before or NOTHING)


def flow(asking: Asking, entry: str, within: float, when: str) -> Flow:
    """Ask how work went through the system in one window.

    Parameters
    ----------
    within
        Users want their answer in so long [s].
    when
        In words.
    """
    on_edges = asking.ask("attempts", f"attempts on every edge {when}", attempts)
    served = asking.ask("wasted", f"work that somebody waited for, and work for nobody, {when}", wasted_work)
    return _flow(asking, entry, within, when, {each.service: each for each in served}, on_edges)


def past(asking: Asking, entry: str, within: float, served: Sequence[OperationStep]) -> Flow:
    """Ask the same of the time before the onset, in which nobody looks for retries and waste.

    Parameters
    ----------
    served
        Requests of every service in that window.
    """
    done: dict[str, Served] = {}
    for each in served:
        known = done.get(each.service, Served(each.service))
        done[each.service] = replace(known, served=known.served + each.count - each.errors)
    return _flow(asking, entry, within, "before the onset", done, ())


def _flow(
    asking: Asking, entry: str, within: float, when: str, served: Mapping[str, Served], on_edges: Sequence[Attempts]
) -> Flow:
    at_entry = asking.ask(
        "load",
        f"what users asked for and got {when}",
        lambda store, window: entry_load(store, window, entry, within, STEP),
    )
    steps = asking.ask("full", f"slots and queues {when}", lambda store, window: saturation(store, window, STEP))
    return Flow(
        asking.window,
        at_entry,
        {each.name: each for each in on_edges},
        served,
        {each.service: each for each in peaks(steps)},
    )
