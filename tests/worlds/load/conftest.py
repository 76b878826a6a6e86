"""A design folder of the bundled hotel, written by hand: what the generator reads of it, and small seed data."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from telic import apps, intent
from telic.clock import VirtualClock
from telic.model import Design, Intent, ServiceDesign, ServiceOperation, Table, dump
from telic.model.intent import Field, FieldType
from telic.runtime.wiring import Wiring
from telic.worlds.load.beliefs import Beliefs
from telic.worlds.load.flows import open_desk
from telic.worlds.load.generator import Generator
from telic.worlds.load.knowledge import Knowledge
from telic.worlds.load.plan import load_of
from telic.worlds.load.record import Record, SecondLine
from telic.worlds.load.testing import ModelSystem, VirtualTimer, VirtualWay

START = 1_800_000_000.0  # of virtual time [s since the Unix epoch]
TABLES = {
    "User": "users",
    "Hotel": "hotels",
    "Activity": "activities",
    "Booking": "bookings",
    "Payment": "payments",
    "Review": "reviews",
}


def operations(wanted: Intent) -> tuple[ServiceOperation, ...]:
    """What the gateway of the hotel offers, as the design's archetypes lay it down."""
    user = Field("user", FieldType("ref", target="User"))

    def of(
        id_: str, name: str, request: tuple[Field, ...], *, many: str = "", mutating: bool = False
    ) -> ServiceOperation:
        reply = (Field(many.lower(), FieldType("entity", target=many, many=True)),) if many else ()
        errors = wanted.operation(id_).errors
        return ServiceOperation(name, (id_,), request, reply, errors, mutating)

    def fields(entity: str, *names: str) -> tuple[Field, ...]:
        return tuple(each for each in wanted.entity(entity).fields if each.name in names)

    account = fields("User", "name", "email", "password")
    changes = tuple(Field(each.name, each.type, optional=True) for each in account)
    return (
        of("F1", "search_hotels", wanted.operation("F1").inputs, many="Hotel"),
        of("F2", "search_activities", wanted.operation("F2").inputs, many="Activity"),
        of("F3", "reserve", fields("Booking", "user", "hotel", "days", "rooms"), mutating=True),
        of("F4", "pay", (Field("booking", FieldType("ref", target="Booking")),), mutating=True),
        of("F5", "read_reviews", fields("Review", "hotel"), many="Review"),
        of("F6", "write_review", fields("Review", "user", "hotel", "stars", "body"), mutating=True),
        of("F7", "create_user", account, mutating=True),
        of("F7", "login_user", fields("User", "email", "password")),
        of("F7", "get_user", (user,)),
        of("F7", "update_user", (user, *changes), mutating=True),
        of("F7", "delete_user", (user,), mutating=True),
    )


def rows() -> Mapping[str, list[dict[str, object]]]:
    """Seed rows as a design writes them: columns, not messages."""
    draws = random.Random(7)
    hotels = [
        {"hotel_id": f"hotel-{n}", "name": f"Hotel {n}", "loc_lat": 52.5 + draws.uniform(-0.05, 0.05), "loc_cell": 1,
         "loc_lon": 13.4 + draws.uniform(-0.05, 0.05), "rooms": 100, "price": 9900}
        for n in range(30)
    ]  # fmt: skip
    activities = [
        {"activity_id": f"activity-{n}", "name": f"Activity {n}", "kind": "museum",
         "loc_lat": 52.5 + draws.uniform(-0.05, 0.05), "loc_lon": 13.4 + draws.uniform(-0.05, 0.05)}
        for n in range(60)
    ]  # fmt: skip
    users: list[dict[str, object]] = [
        {"user_id": f"user-{n}", "name": f"U {n}", "email": f"u{n}@example.com"} for n in range(40)
    ]
    bookings: list[dict[str, object]] = [
        {"booking_id": f"booking-{n}", "user_id": f"user-{n % 20}", "hotel_id": f"hotel-{n}",
         "days_start": "2027-03-01", "days_end": "2027-03-03", "rooms": 1, "state": "paid" if n % 2 else "expired"}
        for n in range(30)
    ]  # fmt: skip
    reviews = [
        {"review_id": f"review-{n}", "user_id": "user-1", "hotel_id": f"hotel-{n % 30}", "stars": 4, "body": "fine",
         "created_at": f"2026-0{1 + n // 30}-01T00:00:{n % 30:02d}+00:00"}
        for n in range(90)
    ]  # fmt: skip
    return {
        "hotel.hotels": hotels,
        "activity.activities": activities,
        "user.users": users,
        "booking.bookings": bookings,
        "review.reviews": reviews,
    }


@pytest.fixture(scope="session")
def design_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("design")
    source = apps.find("hotel")
    shutil.copy(source, folder / "intent.yaml")
    wanted = intent.read(source)
    owners = [
        ServiceDesign(
            name=each.owner,
            kind="owner",
            owns=(each.name,),
            operations=(),
            tables=(Table(TABLES[each.name], {}, (each.key,)),),
        )
        for each in wanted.entities
    ]
    gateway = ServiceDesign("gateway", "gateway", (), operations(wanted))
    design = Design(
        system=wanted.system,
        intent_hash=wanted.hash,
        services=(gateway, *owners),
        stores=("postgres",),
        grants=(),
        wiring=Wiring(),
        objectives=wanted.objectives,
        workloads=wanted.workloads,
        hash="sha256:by-hand",
    )
    (folder / "design.json").write_bytes(dump(design, schema="telic/design/v1"))
    (folder / "seed").mkdir()
    for name, found in rows().items():
        (folder / "seed" / f"{name}.jsonl").write_text("".join(json.dumps(each) + "\n" for each in found))
    return folder


@pytest.fixture
def knowledge(design_folder: Path) -> Knowledge:
    return Knowledge(design_folder)


@pytest.fixture
def system(knowledge: Knowledge) -> ModelSystem:
    return ModelSystem(knowledge)


class Run:
    """A run on virtual time, to be set up and then started."""

    def __init__(self, knowledge: Knowledge, system: ModelSystem) -> None:
        self.clock = VirtualClock(START)
        self.knowledge = knowledge
        self.way = VirtualWay(self.clock, system, lambda at: 0.010)
        self.lines: list[SecondLine] = []
        self.written: list[float] = []  # when each line was
        self.undecided = 0

    async def __call__(
        self,
        seconds: float = 5.0,
        *,
        rate: float = 100.0,
        seed: int = 1,
        mix: Mapping[str, float] | None = None,
        stop_at: float | None = None,
    ) -> Record:
        workload = self.knowledge.intent.workload("W1")
        load = load_of(workload, rate=rate, shape="constant", seconds=seconds, seed=seed)
        if mix is not None:
            load = load_of(
                type(workload)(**{**workload.__dict__, "mix": mix}),
                rate=rate,
                shape="constant",
                seconds=seconds,
                seed=seed,
            )
        beliefs = Beliefs(self.knowledge, self.clock.time, f"run-{seed}")
        desk = open_desk(beliefs, load.workload.mix)

        async def main() -> int:
            generator = Generator(
                iter(load),
                desk,
                self.way,
                host="model",
                bound=0.1,
                seconds=seconds,
                clock=self.clock,
                timer=lambda due: VirtualTimer(self.clock, due),
                write=self._write,
            )
            if stop_at is None:
                return await generator.run()
            return (await asyncio.gather(generator.run(), self._stop(generator, stop_at)))[0]

        self.undecided = await self.clock.run(main(), settle=8)
        return Record(tuple(self.lines))

    async def _stop(self, generator: Generator, after: float) -> int:
        await self.clock.sleep(after)
        generator.stop()
        return 0

    def _write(self, line: SecondLine) -> None:
        self.lines.append(line)
        self.written.append(self.clock.time())


@pytest.fixture
def run(knowledge: Knowledge, system: ModelSystem) -> Run:
    return Run(knowledge, system)
