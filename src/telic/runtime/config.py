"""The configuration file of a service (docs/reference/contracts.md): read, checked, followed while it changes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from telic.clock import Clock
from telic.runtime.failures import InvalidConfig
from telic.runtime.ports import Scalar
from telic.runtime.wiring import EdgePolicy, NodePolicy

SCHEMA = "telic/config/v1"
LOOK_EVERY = 0.25  # [s]; the contract allows 0.5
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


@dataclass(frozen=True)
class Listen:
    """Where an instance listens."""

    host: str = "127.0.0.1"
    port: int = 0


@dataclass(frozen=True)
class ConfigWiring:
    """The policies that concern one service: its own node, the edges it calls over."""

    node: NodePolicy = field(default_factory=NodePolicy)
    edges: Mapping[str, EdgePolicy] = field(default_factory=dict)


@dataclass(frozen=True)
class DeclaredCapacity:
    """What one instance carries."""

    slots: int  # [1]
    service_time: float  # [s]


@dataclass(frozen=True)
class TelemetryConfig:
    """Where telemetry goes, and how often."""

    endpoint: str = "http://127.0.0.1:4318"
    enabled: bool = True
    interval: float = 0.5  # [s]


@dataclass(frozen=True)
class Config:
    """One revision of a service's configuration."""

    system: str
    service: str
    version: str = "1"
    revision: int = 1
    schema: str = SCHEMA
    listen: Listen = Listen()
    settings: Mapping[str, Scalar] = field(default_factory=dict)
    wiring: ConfigWiring = ConfigWiring()
    capacity: DeclaredCapacity | None = None
    telemetry: TelemetryConfig = TelemetryConfig()

    def address(self, prefix: str) -> tuple[str, int]:
        """Return host and port under ``<prefix>.host`` and ``<prefix>.port``; raise where there are none."""
        port = self.settings.get(f"{prefix}.port")
        if port is None:
            raise InvalidConfig(f"{self.service} has no setting {prefix}.port", hint="add it to the configuration file")
        return str(self.settings.get(f"{prefix}.host", "127.0.0.1")), int(port)

    def edge(self, callee: str) -> EdgePolicy:
        """Return the policy of the edge to `callee`."""
        return self.wiring.edges.get(f"{self.service}->{callee}", _DEFAULT_EDGE)


_DEFAULT_EDGE = EdgePolicy()


def parse(data: bytes, where: str) -> Config:
    """Read and check a configuration file's content; `where` is for the message.

    Raises
    ------
    InvalidConfig
        Not JSON, another schema, a value that cannot be right.
    """
    try:
        config = msgspec.json.decode(data, type=Config)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise InvalidConfig(f"{where}: {error}", hint="see the configuration file in the contracts") from error
    for problem in problems(config):
        raise InvalidConfig(f"{where}: {problem}", hint="push a corrected revision")
    return config


def problems(config: Config) -> list[str]:
    """Return what is wrong with a configuration, in words."""
    found = [] if config.schema == SCHEMA else [f"schema {config.schema!r} where {SCHEMA!r} was expected"]
    for name, value in config.settings.items():
        if name.endswith(".port") and not (type(value) is int and 0 < value < 65536):
            found.append(f"{name}={value!r} is no port")
    level = config.settings.get("log.level", "INFO")
    if level not in LEVELS:
        found.append(f"log.level={level!r}, one of {', '.join(LEVELS)}")
    for name in ("request.quota", "probe.alive_within"):
        value = config.settings.get(name, 0.0)
        if isinstance(value, str | bool) or not value >= 0:
            found.append(f"{name}={value!r}, a number from 0; 0 is none")
    if config.capacity is not None and (config.capacity.slots < 1 or config.capacity.service_time < 0):
        found.append("capacity needs slots >= 1 and service_time >= 0")
    node = config.wiring.node
    if not (0 <= node.shed <= 1 and node.max_age >= 0):
        found.append("a node policy needs shed from 0 to 1 and max_age >= 0")
    if config.telemetry.interval <= 0:
        found.append("telemetry.interval must be above 0")
    return found


def read(path: Path) -> Config:
    """Read a configuration file."""
    try:
        return parse(path.read_bytes(), str(path))
    except OSError as error:
        raise InvalidConfig(f"{path}: {error.strerror}", hint="give --config an existing file") from error


class LiveConfig:
    """The configuration in force, and who wants to know when it changes."""

    def __init__(self, config: Config) -> None:
        self.now = config
        self._followers: list[Callable[[Config], None]] = []

    def follow(self, follower: Callable[[Config], None]) -> None:
        """Call `follower` with every later configuration."""
        self._followers.append(follower)

    def apply(self, config: Config) -> None:
        """Put another configuration in force."""
        self.now = config
        for each in self._followers:
            each(config)


async def watch(path: Path, live: LiveConfig, clock: Clock) -> None:
    """Apply every change of the file; return by raising `InvalidConfig` when one cannot be applied."""
    seen: tuple[int, int, int] | None = None  # so that a change since the first reading is not missed
    while True:
        await clock.sleep(LOOK_EVERY)
        stamp = _stamp(path)
        if stamp is None or stamp == seen:  # none: between two atomic writes, or the system is going down
            continue
        seen = stamp
        changed = await asyncio.to_thread(read, path)
        if changed != live.now:
            live.apply(changed)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
