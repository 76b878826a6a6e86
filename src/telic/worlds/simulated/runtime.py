"""The runtime of a simulated instance: the counterpart of `telic.runtime.live`."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Protocol

from telic.clock import Clock
from telic.runtime import tls
from telic.runtime.client.chain import EdgeClient
from telic.runtime.client.transport import Transport
from telic.runtime.config import Config, LiveConfig
from telic.runtime.consuming import Source
from telic.runtime.ids import TimeOrderedIds
from telic.runtime.ports import Cache, Database, Queue, Scalar
from telic.runtime.telemetry.recorder import Recorder
from telic.runtime.tokens import HmacTokens
from telic.worlds.simulated.background import SimulatedBackground
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.network import Network
from telic.worlds.simulated.streams import stream
from telic.worlds.simulated.transport import Gate, LinkTransport

Settings = Callable[[], Mapping[str, Scalar]]


class MovableDatabase(Database, Protocol):
    """A database behind an address that may change."""

    def move(self) -> None:
        """Use new connections from now on if the address or their number has changed."""
        ...

    def close(self) -> None:
        """Close idle connections now and the others when they are done."""
        ...


class MovableCache(Cache, Protocol):
    """A cache behind an address that may change."""

    def move(self) -> None:
        """Ask again at once."""
        ...


class Messages(Queue, Source, Protocol):
    """Both sides of a queue."""


class StoresOf(Protocol):
    """What gives instances their stores."""

    def queue(self, service: str, settings: Settings, recorder: Recorder, /) -> Messages:
        """Return the queue of one instance."""
        ...

    def database(self, service: str, settings: Settings, recorder: Recorder, /) -> MovableDatabase:
        """Return the database of one instance; `settings` gives those in force now."""
        ...

    def cache(self, service: str, settings: Settings, recorder: Recorder, /) -> MovableCache | None:
        """Return the cache of one instance, or None where its settings name none."""
        ...


class SimulatedRuntime:
    """Implements `telic.runtime.ports.Runtime`.

    Parameters
    ----------
    gate
        Lets calls go out while the process runs.
    seed
        Of the run.
    name
        The instance's; its chances are its own.
    """

    def __init__(
        self,
        live: LiveConfig,
        clock: Clock,
        recorder: Recorder,
        log: logging.Logger,
        *,
        loop: VirtualLoop,
        network: Network,
        stores: StoresOf,
        gate: Gate,
        seed: int,
        name: str,
    ) -> None:
        config = live.now
        self.clock, self.log = clock, log
        threads = int(config.settings.get("background.threads", 2))
        self.background = SimulatedBackground(loop, stream(seed, "background", name), threads=threads)
        self.tokens = HmacTokens(_token_key(config, seed), clock)
        self.ids = TimeOrderedIds(clock, stream(seed, "ids", name).getrandbits)
        self._live, self._recorder, self._stores = live, recorder, stores
        self._network, self._gate, self._seed, self._name = network, gate, seed, name
        self._clients: dict[str, EdgeClient] = {}
        self._database: MovableDatabase | None = None
        self._cache: MovableCache | None = None
        self._queue: Messages | None = None
        live.follow(self._follow)

    @property
    def settings(self) -> Mapping[str, Scalar]:
        """The settings in force now."""
        return self._live.now.settings

    def database(self) -> Database:
        """Return the service's database."""
        if self._database is None:
            live = self._live
            self._database = self._stores.database(live.now.service, lambda: live.now.settings, self._recorder)
        return self._database

    def cache(self) -> Cache | None:
        """Return the system's cache, or None where the settings name none."""
        if self._cache is None and "store.valkey.port" in self.settings:
            self._cache = self._stores.cache(self._live.now.service, lambda: self.settings, self._recorder)
        return self._cache

    def queue(self) -> Messages:
        """Return the system's queue."""
        if self._queue is None:
            self._queue = self._stores.queue(self._live.now.service, lambda: self.settings, self._recorder)
        return self._queue

    def client(self, service: str) -> EdgeClient:
        """Return the client of another service of the system."""
        if service not in self._clients:
            config = self._live.now
            transport: Transport = LinkTransport(
                self._network,
                self._gate,
                service,
                config.address(f"upstream.{service}"),
                tls.peer(config, service),
                self.clock,
            )
            chance = stream(self._seed, "edge", self._name, service).random
            self._clients[service] = EdgeClient(
                service, config.edge(service), transport, self.clock, self._recorder, chance
            )
        return self._clients[service]

    def close(self) -> None:
        """Close what can be closed."""
        if self._database is not None:
            self._database.close()

    def _follow(self, config: Config) -> None:
        for name, client in self._clients.items():
            client.transport.move(config.address(f"upstream.{name}"), tls.peer(config, name))
            client.configure(config.edge(name))
        self.tokens.rekey(_token_key(config, self._seed))
        if self._database is not None:
            self._database.move()
        if self._cache is not None:
            self._cache.move()


def _token_key(config: Config, seed: int) -> bytes:
    """Return the key in the file that the settings name: another name, another key."""
    name = PurePath(str(config.settings.get("token.key_file", ""))).name
    return hashlib.blake2b(f"{config.system} {seed} {name}".encode()).digest()
