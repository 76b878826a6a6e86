"""A run of the model as a world on virtual time: topology, state, changes, telemetry, and the remedies it knows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from telic.errors import ActionRefused, TelicError, UsageError
from telic.model import (
    OPERATOR,
    Action,
    Change,
    Design,
    Edge,
    Entity,
    InstanceState,
    LinkState,
    State,
    StoreState,
    Topology,
    Undo,
    Window,
)
from telic.worlds.local.world import AskedWorld
from telic.worlds.queueing.conditions import STORE
from telic.worlds.queueing.loads import Loads
from telic.worlds.queueing.run import Run
from telic.worlds.queueing.services import Services
from telic.worlds.queueing.store import ModelStore
from telic.worlds.queueing.telemetry import START, VERSION
from telic.worlds.queueing.verbs import Done, meant
from telic.worlds.simulated.clock import LoopClock
from telic.worlds.simulated.loop import VirtualLoop

WHY = "the queueing model runs queues, slots, times and policies, no code and no data"


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
        self.services, self.loads = Services(run, design, START), Loads(run)
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
        """Return how services, stores and links are."""
        self.catch_up()
        held = self.services.conditions
        services = {name: each.state() for name, each in self.services.all.items()}
        links = {
            name: LinkState(name, held.links.get(name, "a"), {"a": 2 * number, "b": 2 * number + 1})
            for number, name in enumerate(self.run.plan.edge_names, start=10_000)
        }
        letter = "T" if STORE in held.starved else "S"
        stores = {
            name: StoreState(name, InstanceState(name, 1, "ready", VERSION, START, process_state=letter))
            for name in self.design.stores
        }
        return State(self.design.system, self.clock.time(), services, stores, links)

    def changes(self, window: Window) -> list[Change]:
        """Return what was told, oldest first."""
        return [each for each in self._told if window.start <= each.time < window.end]

    def tell(self, done: Done, *, author: str, summary: str) -> Change:
        """Do something and write it into the log of changes."""
        self.catch_up()
        number = f"c{len(self._told) + 1}"
        done.does()
        change = Change(
            number, self.clock.time(), done.kind, done.entity, summary, author, done.diff, done.before, done.after
        )
        self._told.append(change)
        return change

    def release_files(self, service: str) -> Mapping[str, str]:
        """Return the sources of the version of a service; the model runs none of them."""
        return self.services.named(service).files

    def dry_run(self, action: Action) -> str:
        """Say what `action` would change; raise `ActionRefused` where the model has nothing that it could act on."""
        done = self._meant(action)
        return f"{done.kind} of {done.entity}: {done.diff or f'{done.before} -> {done.after}'}"

    def apply(self, action: Action) -> Undo:
        """Carry out one action; called by the guard alone."""
        self.tell(self._meant(action), author=OPERATOR, summary=action.reason or str(action))
        return Undo(None)

    def _meant(self, action: Action) -> Done:
        try:
            return meant(self.services, action)
        except ActionRefused:
            raise
        except TelicError as error:
            raise ActionRefused(f"{action}: {error}", hint=error.hint) from error

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
