"""The simulated replica of PostgreSQL: a server of its own that shows data as of when it replayed last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from telic.worlds.local.replica import RESUME
from telic.worlds.simulated.database import SimulatedDatabase
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.memory import SystemData
from telic.worlds.simulated.postgres import SimulatedPostgres

LAG = 0.0045  # of a replica that replays, which reads do not show; live, the median of 200 writes [s]


class SimulatedReplica:
    """Data of all services as a replica has them.

    Parameters
    ----------
    server
        Where its statements compute.
    data
        What services keep, on the primary.

    Attributes
    ----------
    paused
        Since when nothing is replayed [s on the loop's scale]; None while it replays.
    """

    def __init__(self, loop: VirtualLoop, server: SimulatedPostgres, data: SystemData) -> None:
        self._loop, self._data = loop, data
        self.server = server
        self.paused: float | None = None
        self._then: dict[str, dict[str, object]] = {}  # by service, while it is paused

    @property
    def lag(self) -> float:
        """How far it is behind [s]."""
        return LAG if self.paused is None else LAG + self._loop.time() - self.paused

    def pause(self, still: bool) -> None:
        """Replay nothing from now on, or catch up and go on; either is harmless twice."""
        if not still:
            self.paused, self._then = None, {}
        elif self.paused is None:
            self.paused, self._then = self._loop.time(), self._data.copies()

    def repairs(self) -> list[str]:
        """Return the statements after which it replays again; none where it does."""
        return [] if self.paused is None else [RESUME]

    def state(self, service: str, memory: type[Any]) -> dict[str, object]:
        """Return the attributes of the memory store of `service` as the replica has them."""
        if self.paused is not None:
            if service not in self._then:  # nobody had asked it for anything: it had what the seed gave it
                self._then[service] = self._data.seeded(service, memory)
            return self._then[service]
        return self._data.state(service, memory)


class Reading:
    """One service's way to the replica.

    Parameters
    ----------
    asked
        Whether the service's settings send reads there now.
    database
        The service's connections to it.
    """

    def __init__(self, replica: SimulatedReplica, asked: Callable[[], bool], database: SimulatedDatabase) -> None:
        self.replica, self.asked = replica, asked
        self.perform, self.move, self.close = database.perform, database.move, database.close
