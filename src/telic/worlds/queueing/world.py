"""A run of the model as a world on virtual time: topology, state, changes and telemetry; nothing can be done to it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from telic.errors import ActionRefused, UsageError
from telic.model import Action, Change, Design, Edge, Entity, InstanceState, ServiceState, State, Topology, Undo, Window
from telic.worlds.local.world import AskedWorld
from telic.worlds.queueing.run import Run
from telic.worlds.queueing.store import ModelStore
from telic.worlds.queueing.telemetry import START, VERSION
from telic.worlds.simulated.clock import LoopClock
from telic.worlds.simulated.loop import VirtualLoop

WHY = "the queueing model has no processes, configuration or versions"


class ModelWorld(AskedWorld):
    """A world over a run that goes on as a virtual loop's time does.

    Parameters
    ----------
    run
        What happens.
    design
        Of what is modelled.
    state_folder
        Where whoever operates keeps a journal.
    """

    def __init__(self, run: Run, design: Design, state_folder: Path) -> None:
        self.run, self.design, self.loop = run, design, VirtualLoop()
        self._told: list[Change] = []
        super().__init__(LoopClock(self.loop, START), ModelStore(run, self.catch_up), state_folder)

    def catch_up(self) -> None:
        """Let the run go on to the loop's time."""
        self.run.until(self.loop.time())

    def about(self) -> dict[str, object]:
        """Return what is up; nothing listens."""
        return {"system": self.design.system, "isolation": "queueing", "started": START}

    def design_folder(self) -> Path:
        """Return the folder of the design, the empty path where it was made up."""
        return self.design.folder

    def ask(self, method: str, **params: object) -> object:
        """Refuse: nobody answers methods."""
        raise UsageError(f"{method}: {WHY}", hint="use the simulated or the local world")

    def topology(self) -> Topology:
        """Return services, stores and edges; the entry first."""
        design = self.design
        names = sorted((each.name for each in design.services), key=lambda name: name != design.entry)
        entities = [Entity(name, "service") for name in names]
        entities += [Entity(f"{name}-1", "instance", name) for name in names]
        entities += [Entity(store, "store") for store in design.stores]
        edges = dict.fromkeys(design.edges)
        kinds = [Edge(caller, callee, "uses" if callee in design.stores else "calls") for caller, callee in edges]
        return Topology(design.system, tuple(entities), tuple(kinds), design.entry)

    def state(self) -> State:
        """Return that every service is there: the model has nothing that could be gone."""
        services = {each.name: _state(each.name) for each in self.design.services}
        return State(self.design.system, self.clock.time(), services)

    def changes(self, window: Window) -> list[Change]:
        """Return what was told, oldest first."""
        return [each for each in self._told if window.start <= each.time < window.end]

    @property
    def told(self) -> int:
        """How many changes were told [1]."""
        return len(self._told)

    def tell(self, change: Change) -> None:
        """Write a change into the log; the model does not change by it."""
        self._told.append(change)

    def release_files(self, service: str) -> Mapping[str, str]:
        """Return no sources: the model runs none."""
        return {}

    def dry_run(self, action: Action) -> str:
        """Refuse every action."""
        raise ActionRefused(f"{action}: {WHY}", hint="claim what is wrong; nothing can be mended here")

    def apply(self, action: Action) -> Undo:
        """Refuse every action."""
        raise ActionRefused(f"{action}: {WHY}", hint="claim what is wrong; nothing can be mended here")

    def close(self) -> None:
        """End what runs on the loop, and forget everything."""
        if self.loop.is_closed():
            return
        self.loop.set_exception_handler(lambda loop, context: None)
        if tasks := asyncio.all_tasks(self.loop):
            for each in tasks:
                each.cancel()
            self.loop.run_until_complete(asyncio.wait(tasks, timeout=1.0))
        self.loop.close()
        self._store.close()  # type: ignore[attr-defined]


def _state(service: str) -> ServiceState:
    instance = InstanceState(f"{service}-1", 1, "ready", VERSION, START)
    return ServiceState(service, VERSION, "", 1, {}, {}, (instance,))
