"""A small design of two services, a table and a cache, and a place to run it."""

from __future__ import annotations

import json
import textwrap
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from telic.errors import WorldError
from telic.model import Call, Design, Grant, ServiceDesign, ServiceOperation, Table, dump
from telic.runtime.wiring import Wiring
from telic.settings import Settings
from telic.worlds.local import launch
from telic.worlds.local.world import LocalWorld

GATEWAY = """
from __future__ import annotations

import msgspec

from telic.runtime import Application, Operation, Runtime


class Ask(msgspec.Struct):
    name: str = "world"


class Hello(msgspec.Struct):
    text: str
    rooms: int


def build(runtime: Runtime) -> Application:
    hotel = runtime.client("hotel")

    async def hello(request, context):
        return await hotel.call("rooms", request, Hello, idempotent=True)

    return Application(service="gateway", operations=(Operation("hello", Ask, Hello, hello, read=True),))
"""

HOTEL = """
from __future__ import annotations

import msgspec

from telic.runtime import Application, Operation, Runtime
from telic.runtime.statements import Statement

ROOMS = Statement("rooms_of_all", "SELECT sum(rooms) AS rooms FROM hotel.hotels", table="hotel.hotels")


class Ask(msgspec.Struct):
    name: str = "world"


class Hello(msgspec.Struct):
    text: str
    rooms: int


def build(runtime: Runtime) -> Application:
    database = runtime.database()

    async def rooms(request, context):
        row = await database.fetch_one(ROOMS)
        return Hello(f"hello {request.name}", int(row["rooms"]))

    return Application(service="hotel", operations=(Operation("rooms", Ask, Hello, rooms, read=True),))
"""

SCHEMA = """
CREATE SCHEMA IF NOT EXISTS hotel;
CREATE TABLE hotel.hotels (hotel_id text PRIMARY KEY, rooms integer NOT NULL, opened date);
"""


def write_small_design(folder: Path, system: str = "tiny") -> Design:
    """Write a gateway that asks a hotel service, which asks PostgreSQL."""
    for service, code in (("gateway", GATEWAY), ("hotel", HOTEL)):
        home = folder / "services" / service
        home.mkdir(parents=True)
        (home / "__init__.py").write_text('"""One service."""\n')
        (home / "app.py").write_text(textwrap.dedent(code).lstrip())
    (folder / "schema" / "hotel").mkdir(parents=True)
    (folder / "schema" / "hotel" / "0001_initial.sql").write_text(SCHEMA)
    (folder / "seed").mkdir()
    rows = [{"hotel_id": f"h{number}", "rooms": number, "opened": "2020-01-31"} for number in range(1, 5)]
    (folder / "seed" / "hotel.hotels.jsonl").write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    hello = ServiceOperation("hello", ("F1",), (), (), calls=(Call("hotel", "rooms"),))
    rooms = ServiceOperation("rooms", ("F1",), (), (), statements=("rooms_of_all",))
    columns = {"hotel_id": "text", "rooms": "integer", "opened": "date"}
    design = Design(
        system=system,
        intent_hash="sha256:0",
        services=(
            ServiceDesign("gateway", "gateway", (), (hello,)),
            ServiceDesign(
                "hotel",
                "owner",
                ("Hotel",),
                (rooms,),
                (Table("hotels", columns, ("hotel_id",)),),
                ("postgres", "valkey"),
            ),
        ),
        stores=("postgres", "valkey"),
        grants=(Grant("hotel", "hotel.hotels", ("SELECT", "INSERT")),),
        wiring=Wiring(),
        objectives=(),
        workloads=(),
        hash="sha256:0123456789abcdef",
        folder=folder,
    )
    (folder / "design.json").write_bytes(dump(design, schema="telic/design/v1", indent=1))
    return design


@pytest.fixture
def small_design(tmp_path: Path) -> Design:
    """Two services, one table, two stores."""
    return write_small_design(tmp_path / "made")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home of its own, and ports that nobody has."""
    return Settings(home=tmp_path / "home", data=tmp_path, port=0, otlp_port=0)


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWorld]:
    """One world for tests that leave it as they found it."""
    folder = tmp_path_factory.mktemp("shared")
    settings = Settings(home=folder / "home", data=folder, port=0, otlp_port=0)
    world = launch.up(write_small_design(folder / "made"), settings)
    try:
        yield world
    finally:
        world.close()
        launch.down(world.state_folder)


@pytest.fixture
def started(settings: Settings) -> Iterator[Callable[..., LocalWorld]]:
    """Start worlds that are ended whatever becomes of the test."""
    folders: list[Path] = []
    worlds: list[LocalWorld] = []

    def up(design: Design, **changed: object) -> LocalWorld:
        folders.append(settings.system(design.system))
        fresh = bool(changed.pop("fresh", False))
        worlds.append(launch.up(design, replace(settings, **changed), fresh=fresh))  # type: ignore[arg-type]
        return worlds[-1]

    yield up
    for world in worlds:
        world.close()
    for folder in folders:
        with suppress(WorldError):
            launch.down(folder)


@pytest.fixture(scope="session")
def get() -> Callable[..., dict[str, object]]:
    """GET from a world's gateway."""

    def ask(world: LocalWorld, path: str = "/hello?name=test", timeout: float = 3.0) -> dict[str, object]:
        with urllib.request.urlopen(f"{world.about()['url']}{path}", timeout=timeout) as answer:
            found: dict[str, object] = json.load(answer)
            return found

    return ask


@pytest.fixture(scope="session")
def eventually() -> Callable[..., None]:
    """Wait until something holds."""

    def wait(condition: Callable[[], bool], *, within: float = 15.0) -> None:
        deadline = time.monotonic() + within
        while True:
            with suppress(OSError, WorldError, psutil.Error):
                if condition():
                    return
            assert time.monotonic() < deadline, "it never came to hold"
            time.sleep(0.05)

    return wait
