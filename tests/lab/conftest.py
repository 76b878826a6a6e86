"""A small hotel in memory: a design, what runs of it, and release files as the generator writes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from telic import apps, intent, loop
from telic import design as designs
from telic.lab.fault import Scene
from telic.lab.faults import fault
from telic.lab.testing import RecordingHarm
from telic.model import (
    Call,
    Design,
    Edge,
    Entity,
    Grant,
    InstanceState,
    LinkState,
    Scalar,
    ServiceDesign,
    ServiceOperation,
    ServiceState,
    State,
    StoreState,
    Table,
    Topology,
)
from telic.model.design import QUEUED, REPLICA
from telic.model.intent import Capacity, Keys, Workload
from telic.runtime.wiring import Wiring
from telic.settings import Settings
from telic.worlds.local import launch
from telic.worlds.local.world import LocalWorld

STORE = '''"""The port of {service} to its store."""

from __future__ import annotations

from telic.runtime import Cost, Database, Statement

ROWS_IN_BOX = Statement(
    "{service}.rows_in_box",
    "SELECT row_id, name FROM {service}.rows "
    "WHERE lat BETWEEN $1 AND $2 ORDER BY row_id LIMIT 20",
    Cost(base=0.0003, rows=30, scan=2000, index="rows_lat"),
    table="{service}.rows",
)

TAKE = Statement(
    "{service}.take",
    """
    UPDATE {service}.rows SET rooms = rooms - $2 -- ünïcode
    WHERE row_id = $1
    """,
    table="{service}.rows",
)
'''

STORE += '''

class Store(Protocol):
    """What {service} needs."""

    async def row(self, key: str) -> Row | None:
        """Return one row."""
        ...
'''

MESSAGES = '''"""What {service} is asked and what it answers."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Id = Annotated[str, Meta(pattern=r"\\A[A-Za-z0-9_-]{1,64}\\Z")]


class Geo(Struct, frozen=True):
    """A point."""

    lat: float
    lon: float


class Row(Struct, frozen=True):
    """A row."""

    row_id: str
    name: str
    loc: Geo
    rooms: int


class FindRequest(Struct, frozen=True):
    """What ``find`` is asked."""

    near: Id


class FindReply(Struct, frozen=True):
    """What ``find`` answers."""

    rows: list[Row]


class TakeRequest(Struct, frozen=True):
    """What ``take`` is asked."""

    row: Id


class Taken(Struct, frozen=True):
    """What ``take`` answers."""

    row_id: str
'''

CLIENTS = '''"""What {service} asks of others."""

from __future__ import annotations


class RowClient:
    """Asks for rows."""

    async def find(self, request: object) -> object:
        """Find."""
        return await self._client.call("find", request, object, idempotent=True)
'''

HANDLERS = '''"""Handlers of {service}."""

from __future__ import annotations

from telic.runtime import RequestContext


class Find:
    """F1: rows near a point."""

    def __init__(self, store: object) -> None:
        self._store = store

    async def __call__(self, request: FindRequest, context: RequestContext) -> FindReply:
        """Return them."""
        return "rows"


class TakeRow:
    """F3: take one."""

    async def __call__(self, request: TakeRequest, context: RequestContext) -> Taken:
        return "taken"
'''

APP = '''"""Wires {service}."""

from __future__ import annotations

from services.{service}.handlers import Find, TakeRow
from telic.runtime import Application, Operation, Runtime


def build(runtime: Runtime) -> Application:
    """Return the application."""
    return Application(
        service="{service}",
        operations=(
            Operation("find", str, str, Find(None), read=True),
            Operation("take", str, str, TakeRow(), mutating=True),
        ),
    )
'''


FILES = {"store.py": STORE, "handlers.py": HANDLERS, "app.py": APP, "messages.py": MESSAGES, "clients.py": CLIENTS}


def _operation(
    name: str, *, derives: tuple[str, ...] = (), calls: tuple[Call, ...] = (), statements: tuple[str, ...] = ()
) -> ServiceOperation:
    return ServiceOperation(name, derives, (), (), calls=calls, statements=statements)


def _owner(name: str) -> ServiceDesign:
    operations = (
        _operation("find", statements=(f"{name}.rows_in_box",)),
        _operation("take", statements=(f"{name}.take",)),
    )
    columns = {"row_id": "TEXT NOT NULL", "name": "TEXT NOT NULL", "lat": "REAL NOT NULL", "rooms": "INTEGER NOT NULL"}
    rows = Table("rows", columns, ("row_id",), ("rows_lat (lat)",))
    return ServiceDesign(
        name,
        "owner",
        (name,),
        operations,
        stores=("postgres",),
        tables=(rows,),
        capacity=Capacity(name, slots=16, service_time=0.06),
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWorld]:
    """A real hotel, for tests that are marked live."""
    home = tmp_path_factory.mktemp("home")
    settings = replace(Settings.read({}), home=home, port=0, otlp_port=0)
    made = designs.generate(intent.read(apps.find("hotel")), home / "design")
    with launch.up(made, settings) as running:
        try:
            yield running
        finally:
            launch.down(running.state_folder)


@pytest.fixture(scope="session")
def genai(tmp_path_factory: pytest.TempPathFactory) -> Design:
    return loop.design("genai", replace(Settings.read({}), home=tmp_path_factory.mktemp("genai")))


@pytest.fixture
def design(request: pytest.FixtureRequest) -> Design:
    """Return the small hotel; for faults of a language model's service, the bundled one; for those of queues, one."""
    called = getattr(request.node, "callspec", None)
    name = str(called.params.get("name", "")) if called is not None else ""
    layer = getattr(fault.factory(name), "layer", "") if name in fault else ""
    if layer == "queue":
        return _queueing()
    if layer == "llm":
        found = request.getfixturevalue("genai")
        assert isinstance(found, Design)
        return found
    gateway = ServiceDesign(
        "gateway",
        "gateway",
        (),
        (
            _operation("search_hotels", derives=("F1",), calls=(Call("search", "find"),)),
            _operation(
                "reserve", derives=("F3",), calls=(Call("booking", "take"), Call("user", "find", when="cache-miss"))
            ),
            _operation("read_reviews", derives=("F5",), calls=(Call("review", "find"),)),
            _operation("create_user", derives=("F7.create",), calls=(Call("user", "take"),)),
        ),
    )
    search = ServiceDesign("search", "facade", (), (_operation("find", calls=(Call("hotel", "find"),)),))
    owners = tuple(_owner(each) for each in ("hotel", "booking", "review", "user"))
    grants = tuple(Grant(each.name, f"{each.name}.rows", ("SELECT", "UPDATE")) for each in owners)
    workload = Workload("W1", "normal", "poisson", 150.0, {"F1": 60, "F3": 20, "F5": 18, "F7": 2}, Keys(1.1, 100))
    return Design("hotel", "sha256:0", (gateway, search, *owners), ("postgres",), grants, Wiring(), (), (workload,))


def _queueing() -> Design:
    """Return a design in which what users write is delivered behind a queue."""
    written = _operation("write", derives=("F1",), calls=(Call("compose", "write"),))
    handed = _operation("write", calls=(Call("fanout", "fan_out", when=QUEUED),))
    behind = _operation("fan_out", calls=(Call("home", "take"),))
    settings: dict[str, Scalar] = {"queue.rate": 0.0, "queue.max_deliver": 5}
    services = (
        ServiceDesign("gateway", "gateway", (), (written,)),
        ServiceDesign("compose", "facade", (), (handed,), stores=("nats",)),
        ServiceDesign("fanout", "facade", (), (behind,), stores=("nats",), settings=settings),
        _owner("home"),
    )
    workload = Workload("W1", "normal", "poisson", 150.0, {"F1": 1}, Keys(1.1, 100))
    return Design("notes", "sha256:0", services, ("nats", "postgres"), (), Wiring(), (), (workload,))


CACHE = {"ttl": 10.0, "jitter": 0.2, "on_error": "fail", "single": True}


def _service(each: ServiceDesign, number: int, ports: dict[str, int]) -> ServiceState:
    config: dict[str, Scalar] = {f"upstream.{callee}.port": ports[f"{each.name}->{callee}"] for callee in each.callees}
    config |= {f"upstream.{callee}.host": "127.0.0.1" for callee in each.callees}
    config |= {"log.level": "INFO", "token.key_file": "secrets/token.key", "request.quota": 0.0}
    config |= {"probe.alive_within": 0.0} | {f"feature.{operation.name}": True for operation in each.operations}
    if "postgres" in each.stores:
        config["store.postgres.pool"] = 3
        config["store.postgres.port"] = ports[f"{each.name}->postgres"]
        config["store.postgres.database"] = "hotel"
        config["store.postgres.reads"] = "replica"
        config["store.postgres.password_file"] = f"secrets/{each.name}"
    config |= each.settings
    node = {"shed": 0.0, "cache": CACHE if each.name == "review" else None}
    edge = {"timeout": 0.6, "deadline": True, "retry": None}
    policies = {each.name: node} | {f"{each.name}->{callee}": edge for callee in each.callees}
    instance = InstanceState(f"{each.name}-1", 100 + number, "ready", "1", 0.0)
    return ServiceState(each.name, "1", "", 1, config, policies, (instance,))


def _release(design: Design, name: str) -> dict[str, str]:
    if design.folder != Path():
        folder = design.folder / "services" / name
        return {f"services/{name}/{each.name}": each.read_text() for each in sorted(folder.glob("*.py"))}
    return {f"services/{name}/{file}": text.replace("{service}", name) for file, text in FILES.items()}


@pytest.fixture
def harm(design: Design) -> RecordingHarm:
    edges = [Edge(caller, callee, "uses" if callee == "postgres" else "calls") for caller, callee in design.edges]
    ports = {each.name: 22000 + 2 * index for index, each in enumerate(edges)}
    links = {name: LinkState(name, "a", {"a": port, "b": port + 1}) for name, port in ports.items()}
    services = {each.name: _service(each, index, ports) for index, each in enumerate(design.services)}
    running = {
        name: InstanceState(name, 99, "ready", "", 0.0) for name in {"postgres", REPLICA, "valkey", *design.stores}
    }
    stores = {name: StoreState(name, instance) for name, instance in running.items()}
    entities = (*(Entity(each, "service") for each in services), Entity("postgres", "store"))
    releases = {name: _release(design, name) for name in services}
    return RecordingHarm(
        State("hotel", 1000.0, services, stores=stores, links=links, certificates=dict.fromkeys(services, 1e9)),
        Topology("hotel", entities, tuple(edges)),
        releases,
    )


@pytest.fixture
def scene(design: Design, harm: RecordingHarm) -> Scene:
    return Scene(harm, design, harm.changes)
