"""A running simulated world: the same questions as a local one, answered on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from telic.errors import UsageError
from telic.model import plain
from telic.worlds.local.control import Method
from telic.worlds.local.world import AskedWorld
from telic.worlds.simulated.system import SimulatedSystem

ENDING = 5.0  # tasks that were cancelled [s]


class SimulatedWorld(AskedWorld):
    """Asks the system on its loop: from a thread of the loop, or while nobody runs the loop.

    Parameters
    ----------
    methods
        The control socket's table.
    """

    def __init__(self, system: SimulatedSystem, methods: Mapping[str, Method], about: Mapping[str, object]) -> None:
        super().__init__(system.loop_clock, system.telemetry.store(), system.layout.state)
        self.system, self.loop, self.methods = system, system.loop, methods
        self._about = dict(about)

    def about(self) -> dict[str, object]:
        """Return what is up; no process has an id and nothing listens."""
        return {**self._about, "design": self.system.desired.design_folder}

    def design_folder(self) -> Path:
        """Return the folder of the design that runs."""
        return Path(self.system.desired.design_folder)

    def ask(self, method: str, **params: object) -> object:
        """Run a method on the loop until it has answered."""
        if method not in self.methods:
            raise UsageError(f"no method {method!r}", hint=f"known: {', '.join(sorted(self.methods))}")
        return plain(self.loop.ask(self.methods[method](params)))  # type: ignore[arg-type]

    def close(self) -> None:
        """End everything that runs on the loop, and the loop; afterwards only what was read already is known."""
        if self.loop.is_closed():
            return
        self.loop.set_exception_handler(lambda loop, context: None)
        tasks = asyncio.all_tasks(self.loop)
        for each in tasks:
            each.cancel()
        self.loop.run_until_complete(asyncio.wait(tasks, timeout=ENDING))
        self.loop.close()
        self.system.telemetry.close()
