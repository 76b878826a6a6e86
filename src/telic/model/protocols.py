"""The seams: what a world shows, what it lets be done to it, and who does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, Unpack

from telic.model.action import Action, Undo
from telic.model.incident import Diagnosis, Incident
from telic.model.topology import Change, Scalar, State, Topology, Window

if TYPE_CHECKING:  # a service's runtime and asyncio: whoever reads an incident needs none of it
    from telic.clock import Clock
    from telic.model.design import Design
    from telic.model.weather import WeatherGiven

Row = Mapping[str, object]


class Store(Protocol):
    """Telemetry, read-only: tables ``spans``, ``logs``, ``metrics`` (docs/reference/contracts.md)."""

    def query(self, sql: str, params: Sequence[Scalar] = (), *, limit: int = 10_000, timeout: float = 5.0) -> list[Row]:
        """Run one SELECT with ``?`` placeholders; at most `limit` rows [1] within `timeout` [s]."""
        ...


class Observed(Protocol):
    """Enough for context and diagnosis; a recorded incident is only this."""

    @property
    def clock(self) -> Clock:
        """Return the time of this world."""
        ...

    def topology(self) -> Topology:
        """Return services, instances, stores and who calls whom."""
        ...

    def state(self) -> State:
        """Return desired and observed state, configuration, policies and versions."""
        ...

    def changes(self, window: Window) -> list[Change]:
        """Return what people and machines changed in `window`, oldest first."""
        ...

    def store(self) -> Store:
        """Return the telemetry."""
        ...


class World(Observed, Protocol):
    """Where a design runs."""

    def deploy(self, design: Design) -> None:
        """Start `design`, or move what runs to it."""
        ...

    def dry_run(self, action: Action) -> str:
        """Say what `action` would change, in words; raise where its precondition does not hold."""
        ...

    def apply(self, action: Action) -> Undo:
        """Carry out one action; called by the guard alone."""
        ...

    def close(self) -> None:
        """Let go of the world; it runs on."""
        ...


class Harm(Protocol):
    """What hurts a world, at its real layer; only the lab holds it.

    Every call takes effect at once; `heal` methods return to what was before.
    """

    def signal(self, service: str, name: str) -> None:
        """Send a signal (``STOP``, ``CONT``, ``KILL``) to every process of `service`."""
        ...

    def throttle(self, service: str, share: float) -> str:
        """Let today's processes of `service` have `share` [1] of one CPU; 1.0 heals.

        Returns the means: ``cgroup`` or ``signals``.
        """
        ...

    def link(self, edge: str, **weather: Unpack[WeatherGiven]) -> None:
        """Give an edge's primary link a `telic.model.weather.Weather`; no arguments heal it."""
        ...

    def limit(
        self, service: str, *, files: int = 0, memory: float = 0.0, life: float = 0.0, stall: float = 0.0
    ) -> None:
        """Let the processes of `service` have less; no arguments heal it.

        `files`: today's processes open none while they have so many [1] open or more, and their connections are cut.
        `memory`: each process may take so many bytes more than it has; then the kernel kills it, or where there is a
        `stall` lets it stand still for so long [s] before it gets them.
        `life`: each is killed after so many seconds. The last two hold for later processes too, for as long as this
        harm lives.
        """
        ...

    def skew(self, service: str, seconds: float) -> None:
        """Let the wall clock of today's processes of `service` be `seconds` ahead (below 0: behind); 0 heals."""
        ...

    def expire(self, service: str, ago: float) -> None:
        """Let the certificate that `service` presents have run out `ago` [s], and end the connections to it; 0 heals.

        Nobody changed anything, so no change is logged.
        """
        ...

    def store(self, name: str, trouble: str, *, on: str = "", size: float = 1.0) -> None:
        """Bring about a trouble of the store called `name`, or take it back where `size` is 0.

        PostgreSQL's: ``login``, ``role``, ``connections``, ``password`` (on a role; its next password lies beside the
        first in a file called as that and ``-2``); ``read-only``; ``commit`` (`size` [s] longer); ``lock``, ``table``
        (on ``schema.table``); ``index`` (on ``schema.table.index``; it is not used, and there are `size` rows more that
        nobody asks for); ``column``, ``check`` (on ``schema.table.column``).
        """
        ...

    def capacity(self, service: str, share: float) -> None:
        """Give `service` a `share` [1] of the slots that it declares, as another machine would; 1.0 heals.

        Nobody changed anything, so no change is logged.
        """
        ...

    def flush(self, store: str) -> None:
        """Empty the cache called `store`."""
        ...

    def pause(self, service: str, share: float, *, every: float = 1.0) -> None:
        """Let today's processes of `service` stand still for a `share` [1] of every `every` [s], in one piece; 0 heals.

        So does a collector of garbage, or a neighbour that takes the CPU.
        """
        ...

    def revoke(self, service: str, table: str, privileges: str = "ALL") -> None:
        """Take `privileges` on ``schema.table`` from the role of `service`."""
        ...

    def grant(self, service: str, table: str, privileges: str = "ALL") -> None:
        """Give them back."""
        ...

    def push_config(self, service: str, changes: Mapping[str, Scalar], *, author: str, summary: str) -> Change:
        """Push a configuration revision as a colleague would."""
        ...

    def push_policy(self, target: str, changes: Mapping[str, object], *, author: str, summary: str) -> Change:
        """Push another policy of an edge or a service as a colleague would: fields of its wiring to new values."""
        ...

    def scale(self, service: str, replicas: int, *, author: str, summary: str) -> Change | None:
        """Let `service` run with 0 or 1 processes as a colleague would; None where it does so already."""
        ...

    def load(self, name: str, **order: str | float) -> None:
        """Send the load called `name` besides the usual one; without an order it ends.

        Parameters
        ----------
        order
            ``rate`` [requests/s]; ``shape``; ``mix`` such as ``F1=3,F5=1``; ``keys``: how many there are to choose
            from, the most popular ones [1]; ``seed``.
        """
        ...

    def deploy(self, service: str, edits: Mapping[str, str], *, author: str, summary: str) -> Change:
        """Deploy a version whose files differ by `edits` (path in the release to new text) as a colleague would."""
        ...

    def roll_out(self, service: str, edits: Mapping[str, str], *, author: str, summary: str) -> Change:
        """Deploy as `deploy` does, but the old process ends first, and nobody waits until the new one is ready."""
        ...

    def release_files(self, service: str) -> Mapping[str, str]:
        """Return the source files of the version of `service` that runs now."""
        ...

    def restore(self, service: str, change: Change) -> None:
        """Take back what `push_config` or `deploy` did, if it is still in force."""
        ...

    def state(self) -> State:
        """Return the world's state, for choosing a place."""
        ...

    def topology(self) -> Topology:
        """Return the world's topology, for choosing a place."""
        ...


class Actor(Protocol):
    """Whoever decides what to do about an incident: statistics, a person, a language model."""

    def diagnose(self, incident: Incident, world: Observed) -> Diagnosis:
        """Name the cause, with evidence."""
        ...

    def decide(self, incident: Incident, diagnosis: Diagnosis) -> Sequence[Action]:
        """Return what to try, in order."""
        ...
