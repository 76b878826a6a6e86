"""The runtime of a real process: ports made from the configuration, and moved when it changes."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from telic.clock import Clock
from telic.runtime import tls
from telic.runtime.background import ThreadBackground
from telic.runtime.client.chain import EdgeClient
from telic.runtime.client.transport import HttpTransport
from telic.runtime.config import Config, LiveConfig
from telic.runtime.failures import InvalidConfig
from telic.runtime.ids import TimeOrderedIds
from telic.runtime.ports import Cache, Database, Scalar
from telic.runtime.stores.jetstream import JetStreamQueue, QueueAddress
from telic.runtime.stores.postgres import Address, PostgresDatabase
from telic.runtime.stores.replicated import PEER, ReplicatedDatabase
from telic.runtime.stores.valkey import ValkeyCache
from telic.runtime.telemetry.recorder import Recorder
from telic.runtime.tokens import HmacTokens

REPLICA = "store.postgres.replica"  # begins the settings that say where it is


class LiveRuntime:
    """Implements `telic.runtime.ports.Runtime`."""

    def __init__(self, live: LiveConfig, clock: Clock, recorder: Recorder, log: logging.Logger) -> None:
        config = live.now
        self.clock, self.log = clock, log
        self.background = ThreadBackground(int(config.settings.get("background.threads", 2)))
        self.tokens = HmacTokens(_secret(config, "token.key_file", os.urandom(32)), clock)
        self.ids = TimeOrderedIds(clock)
        self._live, self._recorder = live, recorder
        self._random: Callable[[], float] = random.Random().random
        self._clients: dict[str, EdgeClient] = {}
        self._database: PostgresDatabase | ReplicatedDatabase | None = None
        self._cache: ValkeyCache | None = None
        self._queue: JetStreamQueue | None = None
        live.follow(self._follow)

    @property
    def settings(self) -> Mapping[str, Scalar]:
        """The settings in force now."""
        return self._live.now.settings

    def database(self) -> Database:
        """Return the service's PostgreSQL."""
        if self._database is None:
            config = self._live.now
            place = database_address(config)
            primary = PostgresDatabase(place, self._recorder, self.clock, application=config.service)
            self._database = primary
            if f"{REPLICA}.port" in config.settings:
                replica = PostgresDatabase(
                    replica_address(config), self._recorder, self.clock, application=config.service, peer=PEER
                )
                self._database = ReplicatedDatabase(primary, replica, asked=reads_replica(config))
        return self._database

    def cache(self) -> Cache | None:
        """Return the system's Valkey, or None where the settings name none."""
        if self._cache is None and "store.valkey.port" in self.settings:
            self._cache = ValkeyCache(self._live.now.address("store.valkey"), self._recorder, self.clock)
        return self._cache

    def queue(self) -> JetStreamQueue:
        """Return the system's NATS."""
        if self._queue is None:
            config = self._live.now
            self._queue = JetStreamQueue(queue_address(config), self._recorder, self.clock, name=config.service)
        return self._queue

    def client(self, service: str) -> EdgeClient:
        """Return the client of another service of the system."""
        if service not in self._clients:
            config = self._live.now
            transport = HttpTransport(config.address(f"upstream.{service}"), tls.peer(config, service))
            self._clients[service] = EdgeClient(
                service, config.edge(service), transport, self.clock, self._recorder, self._random
            )
        return self._clients[service]

    def close(self) -> None:
        """Close every connection and thread."""
        for each in self._clients.values():
            each.transport.close()
        if self._database is not None:
            self._database.close()
        if self._cache is not None:
            self._cache.close()
        if self._queue is not None:
            self._queue.close()
        self.background.close()

    def _follow(self, config: Config) -> None:
        for name, client in self._clients.items():
            client.transport.move(config.address(f"upstream.{name}"), tls.peer(config, name))
            client.configure(config.edge(name))
        if "token.key_file" in config.settings:
            self.tokens.rekey(_secret(config, "token.key_file", b""))
        if self._database is not None:
            self._move(self._database, config)
        if self._cache is not None and "store.valkey.port" in config.settings:
            self._cache.move(config.address("store.valkey"))
        if self._queue is not None:
            self._queue.move(queue_address(config))

    def _move(self, database: PostgresDatabase | ReplicatedDatabase, config: Config) -> None:
        if isinstance(database, ReplicatedDatabase):
            database.asked = reads_replica(config)
            database.replica.move(replica_address(config))
            database = database.primary
        database.move(database_address(config))


def queue_address(config: Config) -> QueueAddress:
    """Return where the settings say that the queue is."""
    host, port = config.address("store.nats")
    user = str(config.settings.get("store.nats.user", config.service))
    return QueueAddress(host, port, user, _secret(config, "store.nats.password_file", b"").decode().strip())


def database_address(config: Config) -> Address:
    """Return where the settings say that the database is."""
    host, port = config.address("store.postgres")
    return Address(
        host,
        port,
        database=str(config.settings.get("store.postgres.database", config.system)),
        user=str(config.settings.get("store.postgres.user", config.service)),
        password=_secret(config, "store.postgres.password_file", b"").decode().strip(),
        pool=int(config.settings.get("store.postgres.pool", 3)),
    )


def replica_address(config: Config) -> Address:
    """Return where the settings say that the database's replica is; the role is the same there."""
    host, port = config.address(REPLICA)
    return replace(database_address(config), host=host, port=port)


def reads_replica(config: Config) -> bool:
    """Whether the settings say that a replica answers reads outside of transactions."""
    return config.settings.get("store.postgres.reads") == "replica"


def _secret(config: Config, setting: str, default: bytes) -> bytes:
    where = config.settings.get(setting)
    if where is None:
        return default
    try:
        return Path(str(where)).read_bytes()
    except OSError as error:
        raise InvalidConfig(f"{setting}={where}: {error.strerror}", hint="the file must be readable") from error
