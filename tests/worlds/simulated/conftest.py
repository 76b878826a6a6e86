"""A generated hotel, and its stores on virtual time."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from telic import design
from telic.intent import read
from telic.model import Design
from telic.runtime.telemetry.recorder import Recorder
from telic.worlds.simulated.clock import LoopClock
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.stores import Stores

ROOT = Path(__file__).resolve().parents[3]
PORTS = {"store.postgres.port": 5432, "store.postgres.pool": 3, "store.valkey.port": 6379}


@dataclass
class Weather:
    """A link to a store."""

    delay: float = 0.0
    drop: bool = False
    fail: float = 0.0

    @property
    def clear(self) -> bool:
        return not (self.delay or self.drop)

    def trip(self, size: int = 0) -> float:
        return 2 * self.delay


@dataclass
class Kit:
    """Stores of the hotel, a link to each, and what was recorded."""

    design: Design
    loop: VirtualLoop
    stores: Stores
    recorder: Recorder
    links: dict[int, Weather]
    settings: dict[str, Any] = field(default_factory=lambda: dict(PORTS))

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Return what `work` gives, on virtual time."""
        return self.loop.run_until_complete(work)

    def store(self, service: str, folder: Path | None = None) -> Any:
        """Return what ``app.build`` would use as the store of a new instance, of a release in `folder` perhaps."""
        modules = release(folder or self.design.folder, service)
        self.stores.adapt(service, modules)
        made = next(
            each for name, each in vars(modules[f"services.{service}.app"]).items() if name.startswith("Postgres")
        )
        return made(self.stores.database(service, lambda: self.settings, self.recorder))

    def messages(self, service: str) -> Any:
        """Return the messages of `service`."""
        return release(self.design.folder, service)[f"services.{service}.messages"]

    def spans(self) -> list[tuple[str, int, int]]:
        """Return name, start and end [ns] of every span so far, and forget them."""
        found = []
        while self.recorder.spans:
            shape, _, _, _, start, end, _ = self.recorder.spans.popleft()
            found.append((name_of(shape.encoded), start, end))
        return found


def name_of(encoded: bytes) -> str:
    """Return a span's name, and its error type if it has one."""
    span = Span.FromString(encoded)
    kinds = [each.value.string_value for each in span.attributes if each.key == "error.type"]
    return f"{span.name} {kinds[0]}" if kinds else span.name


def release(folder: Path, service: str) -> dict[str, ModuleType]:
    """Import the modules of one service's release, apart from every other."""
    names = [f"services.{service}.{path.stem}" for path in sorted((folder / "services" / service).glob("[a-z]*.py"))]
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "services"}
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        return {name: importlib.import_module(name) for name in names}
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.split(".")[0] == "services"]:
            del sys.modules[name]
        sys.modules.update(before)


@pytest.fixture(scope="session")
def hotel(tmp_path_factory: pytest.TempPathFactory) -> Design:
    intent = read(ROOT / "src" / "telic" / "apps" / "hotel" / "intent.yaml")
    return design.generate(intent, tmp_path_factory.mktemp("hotel"))


@pytest.fixture
def new_kit(hotel: Design) -> Iterator[Callable[..., Kit]]:
    made: list[Kit] = []

    def make(seed: int = 7) -> Kit:
        loop = VirtualLoop()
        links = {5432: Weather(), 6379: Weather()}
        clock = LoopClock(loop)
        recorder = Recorder(now=clock.time_ns, limit=1_000_000)
        roads: Any = type("Roads", (), {"path": staticmethod(links.get)})
        made.append(Kit(hotel, loop, Stores(loop, roads, hotel, seed), recorder, links))
        return made[-1]

    yield make
    for each in made:
        each.loop.close()


@pytest.fixture
def kit(new_kit: Callable[..., Kit]) -> Kit:
    return new_kit()


@pytest.fixture(scope="session")
def released() -> Callable[[Path, str], dict[str, ModuleType]]:
    return release
