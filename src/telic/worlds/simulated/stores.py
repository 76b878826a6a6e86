"""All stores of a simulated system, and what each service gets of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePath
from types import ModuleType
from typing import Protocol

import asyncpg

from telic.model import Design
from telic.model.design import FROM_REPLICA, READS, REPLICA, store_key
from telic.runtime.ports import Scalar
from telic.runtime.stores.answers import PostgresAnswers
from telic.runtime.telemetry.recorder import Recorder
from telic.worlds.simulated.cache import SimulatedCache, SimulatedValkey
from telic.worlds.simulated.charging import Charging
from telic.worlds.simulated.database import SimulatedDatabase
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.memory import SystemData, adapt
from telic.worlds.simulated.postgres import SimulatedPostgres
from telic.worlds.simulated.queue import SimulatedNats, SimulatedQueue
from telic.worlds.simulated.replica import Reading, SimulatedReplica
from telic.worlds.simulated.spans import ComputedSpans
from telic.worlds.simulated.store_path import Link
from telic.worlds.simulated.streams import stream

POOL = 3  # connections where the settings say nothing [1]
Settings = Callable[[], Mapping[str, Scalar]]


class Roads(Protocol):
    """What stores need of the network."""

    def path(self, port: int) -> Link | None:
        """Return the link that listens at `port`, or None."""
        ...


class Stores:
    """The stores of one system.

    Parameters
    ----------
    network
        Where links are found by the port that a service's settings name.
    seed
        Of the run.

    Attributes
    ----------
    postgres, valkey, nats
        The servers, to be hurt, stopped and started.
    replica
        Of PostgreSQL; nobody asks it where the design has none.
    data
        What services keep.
    """

    def __init__(self, loop: VirtualLoop, network: Roads, design: Design, seed: int) -> None:
        self._loop, self._network, self._design, self._seed = loop, network, design, seed
        self.postgres = SimulatedPostgres(loop, design, stream(seed, "postgres"))
        self.valkey = SimulatedValkey(loop)
        self.nats = SimulatedNats(loop)
        self.data = SystemData(design, self.postgres.indexes)
        second = SimulatedPostgres(loop, design, stream(seed, REPLICA)) if REPLICA in design.stores else self.postgres
        second.grants, second.troubles = self.postgres.grants, self.postgres.troubles  # catalogues are replayed too
        self.replica = SimulatedReplica(loop, second, self.data)

    def database(self, service: str, settings: Settings, recorder: Recorder) -> SimulatedDatabase:
        """Return the database of one instance of `service`; `settings` gives those in force now."""
        found = self._at("postgres", self.postgres, service, settings, recorder)
        if REPLICA in self._design.service(service).stores:
            asked = lambda: settings().get(READS) == FROM_REPLICA  # noqa: E731
            second = self._at(REPLICA, self.replica.server, service, settings, recorder)
            found.reading = Reading(self.replica, asked, second)
        return found

    def _at(
        self, store: str, server: SimulatedPostgres, service: str, settings: Settings, recorder: Recorder
    ) -> SimulatedDatabase:
        way, rng = self._way(settings, store), stream(self._seed, store, service)
        spans = ComputedSpans("postgresql", store, recorder)
        charging = Charging(self._loop, server, service, way, spans, rng)
        charging.presented = lambda: problem_of(
            service, self._design.system, settings(), server.troubles.secret(service)
        )
        return SimulatedDatabase(
            self._loop, server, way, charging, pool=lambda: int(settings().get("store.postgres.pool", POOL))
        )

    def cache(self, service: str, settings: Settings, recorder: Recorder) -> SimulatedCache | None:
        """Return the cache of one instance of `service`, or None where its settings name none."""
        if "store.valkey.port" not in settings():
            return None
        rng = stream(self._seed, "valkey", service)
        return SimulatedCache(self._loop, self.valkey, self._way(settings, "valkey"), recorder, rng)

    def queue(self, service: str, settings: Settings, recorder: Recorder) -> SimulatedQueue:
        """Return the queue of one instance of `service`."""

        def refused() -> bool:
            user = str(settings().get("store.nats.user", service))
            secret = PurePath(str(settings().get("store.nats.password_file", f"nats.{service}"))).name
            return user != service or secret != f"nats.{service}"

        rng = stream(self._seed, "nats", service)
        return SimulatedQueue(self._loop, self.nats, self._way(settings, "nats"), recorder, rng, refused)

    def answers(self, database: SimulatedDatabase, table: str) -> PostgresAnswers:
        """Return the answers to idempotency keys in `table`; ``PostgresAnswers(database, table)`` is the same."""
        return PostgresAnswers(database, table)

    def adapt(self, service: str, modules: Mapping[str, ModuleType]) -> None:
        """Let a release that was imported use memory stores; see `memory.adapt`."""
        adapt(service, modules, self.data)

    def _way(self, settings: Settings, store: str) -> Callable[[], Link | None]:
        key, path = f"{store_key(store)}.port", self._network.path
        known: Mapping[str, Scalar] | None = None
        link: Link | None = None

        def way() -> Link | None:
            nonlocal known, link
            current = settings()
            if current is not known:  # asked for at every statement, changed at a push
                link = path(int(current.get(key, 0)))
                known = current if link is not None else None
            return link

        return way


def problem_of(
    service: str, system: str, settings: Mapping[str, Scalar], wanted: str = ""
) -> asyncpg.PostgresError | None:
    """Return why the server takes no connection with what the settings present, or None.

    Parameters
    ----------
    wanted
        Name of the file with the password that the role has; "": as the service.
    """
    user = str(settings.get("store.postgres.user", service))
    secret = PurePath(str(settings.get("store.postgres.password_file", service))).name
    database = str(settings.get("store.postgres.database", system))
    if user != service or secret != (wanted or service):
        return asyncpg.InvalidPasswordError(f'password authentication failed for user "{user}"')
    if database != system:
        return asyncpg.InvalidCatalogNameError(f'database "{database}" does not exist')
    return None
