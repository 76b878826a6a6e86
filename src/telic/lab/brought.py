"""A course on a system that somebody brought: its own programs, their own telemetry, real load and real faults."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from telic.errors import UsageError, WorldError
from telic.lab import journey
from telic.lab.course import Tell, Told
from telic.lab.fault import Fault, fault
from telic.lab.journey import Journey
from telic.lab.timing import timed
from telic.model import Design, Intent
from telic.model.intent import EntityType
from telic.registry import near_names
from telic.settings import Settings
from telic.worlds.brought import FILE, folder_of
from telic.worlds.brought.designing import described, written
from telic.worlds.local import launch, proc
from telic.worlds.local.harm import LocalHarm

SUPERVISOR = "telic.worlds.brought.supervisor"
HEARD_WITHIN = 15.0  # the entry's first span, once users come [s]
LOOK = 0.25  # [s]
PLAYS: Mapping[str, str] = {
    "hang": "SIGSTOP to the program and to what it started",
    "crash": "SIGKILL; it is started again",
    "scaled-to-zero": "the program is ended and not started again",
    "cpu-starvation": "a share of one processor, by a cgroup or by stopping it again and again",
    "gc-pauses": "it is stopped for part of a second, again and again",
    "surge": "many times as many users",
    "network": "the address in the caller's environment leads through a proxy that delays or drops",
    "network-jitter": "the same proxy, another delay each time",
    "connection-reset": "the same proxy cuts answers off",
    "half-open": "the same proxy falls silent",
    "partition-oneway": "the same proxy drops one way",
    "link-flapping": "the same proxy drops, now and then",
    "bandwidth": "the same proxy lets few bytes pass",
}
"""Kinds of faults that mean something to programs of which only start command, address and telemetry are known."""
ON_EDGES = tuple(kind for kind, words in PLAYS.items() if "proxy" in words)
UNKNOWN = "Telic knows neither the code nor the settings nor the stores of a system that somebody brought"


def require(kind: str) -> None:
    """Raise `UsageError` where a kind does not play on a brought system."""
    if kind not in fault:
        raise UsageError(f"no fault {kind!r}", hint=near_names(kind, fault))
    if kind not in PLAYS:
        raise UsageError(f"{kind} does not play on a brought system: {UNKNOWN}", hint=f"these play: {', '.join(PLAYS)}")


def refuse_elsewhere(app: str, world: str) -> None:
    """Raise `UsageError`: a brought system runs in the local world only."""
    raise UsageError(
        f"{app} is a system of its own programs, which the {world} world cannot run",
        hint="play it live: --world local",
    )


def intent_of(design: Design) -> Intent:
    """Return what a brought system promises: its objectives, and nothing of its data."""
    return Intent(
        design.system, "", (), (), (), (), (), (), (), design.workloads, design.objectives, (), hash=design.intent_hash
    )


def prepared(app: str) -> Design:
    """Return the design of the system that `app` brings."""
    folder = folder_of(app)
    if folder is None:
        raise UsageError(f"{app} brings no system", hint=f"name a folder with a {FILE}")
    return written(folder, Settings.read().home / "designs")


class BroughtHarm(LocalHarm):
    """Hurts programs with everything that they started, and refuses the kinds that mean nothing to them."""

    def require(self, kind: str) -> None:
        """Refuse a kind that does not play here, with the reason."""
        require(kind)
        if kind in ON_EDGES and not self.state().links:
            raise UsageError(
                f"{kind}: no edge of {self.state().system} has an address that can lead through a proxy",
                hint='say by which variable it is given: [services.NAME.calls_by] callee = "VARIABLE"',
            )

    def prepare(self, culprit: Fault) -> None:
        """Refuse an edge whose address is not given by a variable."""
        edge = getattr(culprit, "edge", "")
        if edge and edge not in (links := self.state().links):
            raise UsageError(f"{culprit.name}: no proxy on {edge}", hint=near_names(edge, links))

    def _pids(self, service: str) -> list[int]:
        return [member for pid in super()._pids(service) for member in proc.family(pid)]


class BroughtCourse(Journey):
    """A loaded system of somebody's own programs."""

    @cached_property
    def harm(self) -> LocalHarm:
        """What hurts this world; cycles that it runs end with the journey."""
        return BroughtHarm.attach(self.world.state_folder)

    def settle(self) -> None:
        """Wait until users are served and the entry's telemetry arrives.

        Raises
        ------
        WorldError
            No server span of the entry came, though users did.
        """
        super().settle()
        entry, end = self.design.entry, time.monotonic() + HEARD_WITHIN
        asked = "SELECT count(*) AS spans FROM spans WHERE service = ? AND kind = 'server'"
        while not int(str(self.world.store().query(asked, (entry,))[0]["spans"])):
            if time.monotonic() > end:
                raise self._unheard(entry)
            time.sleep(LOOK)

    def things(self, entity: EntityType) -> Sequence[object]:
        """Return nothing: what its programs keep is their own."""
        return ()

    def _unheard(self, entry: str) -> WorldError:
        rows = self.world.store().query("SELECT service, kind, count(*) AS n FROM spans GROUP BY ALL ORDER BY ALL")
        seen = ", ".join(f"{row['n']} {row['kind']} spans of {row['service']}" for row in rows) or "no span at all"
        users = self.record().summary()
        return WorldError(
            f"no span of kind server of {entry} arrived within {HEARD_WITHIN:g} s of load, but {seen}; users: {users}",
            hint="send OTLP over HTTP to OTEL_EXPORTER_OTLP_ENDPOINT as OTEL_SERVICE_NAME, at least twice a second",
        )


@contextmanager
def start(
    design: Design,
    settings: Settings,
    tell: Tell,
    *,
    workload: str = "normal",
    rate: float | None = None,
    shape: str = "constant",
    seed: int = 1,
) -> Iterator[BroughtCourse]:
    """Start and load a brought system with nobody at work; it is down at the end, and where this process is killed.

    Raises
    ------
    WorldError
        A program ended or did not get ready, a port is taken, or no telemetry arrives; everything is down again.
    """
    timings: dict[str, float] = {}
    leashes: list[launch.Leash] = []
    if (found := described(design.folder)) is not None and found.app.network == "host":
        settings = replace(settings, isolation="processes")
    with ExitStack() as ends:
        with timed(timings, "ready"):
            world = launch.up(
                design,
                settings,
                fresh=True,
                on_step=lambda text: tell(Told(time.time(), "step", text)),
                on_leash=leashes.append,
                supervisor=SUPERVISOR,
            )
        for each in leashes:
            ends.callback(each.close)
        ends.callback(_down, settings.system(design.system), timings)
        course = ends.enter_context(
            journey.loaded(
                BroughtCourse, world, design, tell, workload=workload, rate=rate, shape=shape, seed=seed, operate=False
            )
        )
        course.timings = timings
        yield course


def _down(state: Path, timings: dict[str, float]) -> None:
    with timed(timings, "down"):
        launch.down(state)
