"""The stores' servers as processes: what a supervisor starts, and what signals and quotas do to them."""

from __future__ import annotations

import asyncio

from telic.errors import UsageError
from telic.worlds.simulated.memory_server import MemoryServer
from telic.worlds.simulated.postgres import SimulatedPostgres

POSTGRES_START = 0.35  # until it takes connections [s]
STARTS = {"valkey": 0.05, "nats": 0.05}  # the same [s]
_SHUTDOWN = 0.1  # a fast one [s]
_STILL = 1e-6  # share of a CPU that is as good as none [1]


class PostgresServer:
    """PostgreSQL, from its start to its end; a `process.Body`."""

    def __init__(self, server: SimulatedPostgres, loop: asyncio.AbstractEventLoop) -> None:
        self._server, self._share = server, 1.0
        server.kill()
        self._coming = loop.call_later(POSTGRES_START, server.start)

    @property
    def ready(self) -> bool:
        """Whether it takes connections."""
        return self._server.running

    async def terminate(self) -> None:
        """Shut down fast, as on SIGINT."""
        await asyncio.sleep(_SHUTDOWN)

    def kill(self) -> None:
        """Be gone, with every connection."""
        self._coming.cancel()
        self._server.cpu_share = 1.0
        self._server.kill()

    def stop(self) -> None:
        """Stand still: no statement gets anywhere."""
        self._share, self._server.cpu_share = self._server.cpu_share, _STILL

    def resume(self) -> None:
        """Go on."""
        self._server.cpu_share = self._share

    def throttle(self, share: float) -> None:
        """Run on a share of one CPU."""
        self._share = self._server.cpu_share = share

    def cpu_seconds(self) -> float:
        """Return what statements have computed [s]."""
        return self._server.cpus.seconds

    def kept_seconds(self) -> float:
        """Return 0: nobody measures it."""
        return 0.0


class PlainServer:
    """Valkey or NATS, from its start to its end; a `process.Body`."""

    def __init__(self, name: str, server: MemoryServer, loop: asyncio.AbstractEventLoop) -> None:
        self._name, self._server = name, server
        server.kill()
        self._coming = loop.call_later(STARTS[name], server.start)

    @property
    def ready(self) -> bool:
        """Whether it answers."""
        return self._server.running

    async def terminate(self) -> None:
        """Shut down."""
        await asyncio.sleep(_SHUTDOWN)

    def kill(self) -> None:
        """Be gone; what is kept stays."""
        self._coming.cancel()
        self._server.kill()

    def stop(self) -> None:
        """Answer nothing; connections stay."""
        self._server.stop()

    def resume(self) -> None:
        """Answer again."""
        self._server.move()

    def throttle(self, share: float) -> None:
        """Refuse what the simulation does not have."""
        raise UsageError(f"a simulated {self._name} has no CPU of its own", hint="throttle a service or postgres")

    def cpu_seconds(self) -> float:
        """Return 0: its work is part of a command's time."""
        return 0.0

    def kept_seconds(self) -> float:
        """Return 0: nobody measures it."""
        return 0.0
