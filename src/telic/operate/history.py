"""States of a world over the last minute: what one state cannot show, such as whether a process uses CPU."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from telic.model import InstanceState, State

KEPT = 120  # states [1]
STOPPED = frozenset({"T", "t"})  # kernel states of a process that a signal or a tracer stopped
NOTHING = 1e-4  # CPU that a process uses for being stopped [s]


@dataclass(frozen=True)
class Motion:
    """How one process fared between two states."""

    seconds: float  # between the states [s]
    cpu: float  # used [cores]
    held: float  # share of the time it was kept from running: stopped or throttled [1]
    letters: tuple[str, ...]  # kernel state in each state seen


class History:
    """Keeps the last states; the newest is the truth of now.

    States are added on one thread while a diagnosis looks at them on another: every look is at a copy of the list.
    """

    def __init__(self, states: Iterable[State] = ()) -> None:
        self._states: deque[State] = deque(states, maxlen=KEPT)
        self.well_since = 0.0  # end of the last incident [s since the Unix epoch]
        self.explained: set[str] = set()  # ids of changes that brought an incident which is over

    def add(self, state: State) -> None:
        """Remember one more state."""
        self._states.append(state)

    def states(self, start: float = 0.0) -> Sequence[State]:
        """Return the states since `start` [s since the Unix epoch], oldest first."""
        return [each for each in list(self._states) if each.time >= start]

    def motion(self, service: str, start: float, end: float = float("inf")) -> Motion | None:
        """Say how the process of `service` that runs at `end` fared since `start`; None where one state is too few.

        A process that was replaced in between counts from its start.
        """
        seen = self._seen(service, start, end)
        if not seen:
            return None
        same = _same(seen)
        last_time, last = same[-1]
        first_time, first = same[0]
        seconds = last_time - first_time
        if seconds < 0.4:
            return None
        return Motion(
            seconds,
            max(0.0, last.cpu_seconds - first.cpu_seconds) / seconds,
            min(1.0, max(0.0, last.throttled_seconds - first.throttled_seconds) / seconds),
            tuple(each.process_state for _, each in same),
        )

    def stopped_since(self, service: str, start: float) -> float | None:
        """Return since when the process of `service` is stopped and has used no CPU [s since the Unix epoch].

        None where it runs, and where fewer than two of the states since `start` show it. A duty cycle of stops is none:
        it lets the process run a little between any two states.
        """
        states = _same(self._seen(service, start))
        run: list[float] = []
        for time, each in reversed(states):
            if each.process_state not in STOPPED or states[-1][1].cpu_seconds - each.cpu_seconds > NOTHING:
                break
            run.append(time)
        return run[-1] if len(run) > 1 else None

    def suspect(self, start: float) -> bool:
        """Whether states since `start` say that something is wrong, whatever users feel of it.

        An exit that nobody asked for, a process that is not ready or waits to be started again, a port that is no link,
        a designed grant that is missing.
        """
        recent = self.states(start)
        if not recent:
            return False
        last = recent[-1]
        return (
            any(self.exits(name, start) for name in last.services)
            or any(
                each.phase in ("unready", "backoff")
                for state in recent
                for service in state.services.values()
                for each in service.instances
            )
            or any(each.active not in each.ports for each in last.links.values())
            or any(each.missing_grants for each in last.stores.values())
        )

    def exits(self, service: str, start: float) -> int:
        """Return how many exits that nobody asked for happened since `start`, as restart counters tell."""
        newest: dict[str, int] = {}
        known: dict[str, int] = {}
        first: InstanceState | None = None  # of those since
        for state in reversed(self.states()):  # what is old is looked at only until it is known
            if state.time < start and (not newest or known.keys() >= newest.keys()):
                break
            seen = _of(state, service)
            for each in reversed(seen):
                (newest if state.time >= start else known).setdefault(each.name, each.restarts)
            if state.time >= start and seen:
                first = seen[0]
        if first is not None and not known:
            known = {first.name: first.restarts}
        return sum(max(0, restarts - known.get(name, 0)) for name, restarts in newest.items())

    def _seen(self, service: str, start: float, end: float = float("inf")) -> list[tuple[float, InstanceState]]:
        """Return the processes of `service` in the states between two times, oldest first."""
        return [
            (state.time, each)
            for state in list(self._states)
            if start <= state.time <= end
            for each in _of(state, service)
            if each.pid
        ]


def _same(seen: Sequence[tuple[float, InstanceState]]) -> list[tuple[float, InstanceState]]:
    """Return what was seen of the process that was seen last."""
    return [(time, each) for time, each in seen if (each.pid, each.started) == (seen[-1][1].pid, seen[-1][1].started)]


def _of(state: State, service: str) -> tuple[InstanceState, ...]:
    return state.services[service].instances if service in state.services else ()
