"""A running simulated world: the same questions as a local one, answered on virtual time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from telic.errors import UsageError
from telic.model import Store, plain
from telic.worlds.local.control import Method
from telic.worlds.local.world import AskedWorld
from telic.worlds.simulated.loop import LoopClock
from telic.worlds.simulated.system import SimulatedSystem


class SimulatedWorld(AskedWorld):
    """Asks the system on its loop: from a thread of the loop, or while nobody runs the loop.

    Parameters
    ----------
    methods
        The control socket's table.
    store
        What has been exported of the telemetry.
    """

    def __init__(
        self, system: SimulatedSystem, methods: Mapping[str, Method], store: Store, about: Mapping[str, object]
    ) -> None:
        super().__init__(system.loop_clock, store, system.layout.state)
        self.system, self.loop = system, system.loop
        self._methods, self._about = methods, dict(about)

    @property
    def loop_clock(self) -> LoopClock:
        """The world's time."""
        return self.system.loop_clock

    def about(self) -> dict[str, object]:
        """Return what is up; no process has an id and nothing listens."""
        return {**self._about, "design": self.system.desired.design_folder}

    def design_folder(self) -> Path:
        """Return the folder of the design that runs."""
        return Path(self.system.desired.design_folder)

    def ask(self, method: str, **params: object) -> object:
        """Run a method on the loop until it has answered."""
        if method not in self._methods:
            raise UsageError(f"no method {method!r}", hint=f"known: {', '.join(sorted(self._methods))}")
        return plain(self.loop.ask(self._methods[method](params)))  # type: ignore[arg-type]

    def close(self) -> None:
        """Let go of the world; it stands still until somebody runs its loop."""
