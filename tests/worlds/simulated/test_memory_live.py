"""The same calls to the generated SQL stores over a real PostgreSQL and to the memory stores give the same answers."""

from __future__ import annotations

import asyncio
import random
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from telic.clock import SystemClock
from telic.errors import StoreFailed
from telic.model import Design
from telic.runtime.failures import BusinessError, Conflict
from telic.runtime.stores.postgres import Address, PostgresDatabase
from telic.runtime.telemetry.recorder import Recorder
from telic.worlds.local import database, postgres
from telic.worlds.local.layout import Layout
from telic.worlds.local.ports import Ports
from telic.worlds.local.processes import environment
from telic.worlds.local.secret_files import secret
from telic.worlds.simulated.seeds import seed_rows

pytestmark = pytest.mark.live

CALLS = 600


@pytest.fixture(scope="module")
def server(hotel: Design, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Layout, int]]:
    """A PostgreSQL with the hotel's tables, rows and roles."""
    folder = tmp_path_factory.mktemp("postgres")
    layout, port = Layout.of(folder / "state"), Ports().allocate()
    for each in (layout.secrets, layout.run, layout.postgres.parent):
        each.mkdir(parents=True, exist_ok=True)
    postgres.prepare(layout)
    with (folder / "postgres.log").open("w") as log:
        running = subprocess.Popen(postgres.command(layout, port), env=environment(), stdout=log, stderr=log)
    try:
        asyncio.run(_prepare(hotel, layout, port))
        yield layout, port
    finally:
        running.terminate()
        running.wait(20)


@pytest.fixture
async def pair(
    hotel: Design, server: tuple[Layout, int], released: Callable[..., Any]
) -> AsyncIterator[Callable[[str], Pair]]:
    (layout, port), opened = server, list[PostgresDatabase]()

    def of(service: str) -> Pair:
        address = Address("127.0.0.1", port, hotel.system, service, secret(layout, service), pool=1)
        opened.append(PostgresDatabase(address, Recorder(enabled=False), SystemClock(), application=service))
        return Pair(hotel, service, released(hotel.folder, service), opened[-1])

    yield of
    for each in opened:
        each.close()
    await asyncio.sleep(0.02)  # lets the transports see their end


async def _prepare(hotel: Design, layout: Layout, port: int) -> None:
    for _ in range(100):
        try:
            admin = await postgres.connect(layout, port)
            break
        except StoreFailed:
            await asyncio.sleep(0.1)
    else:
        raise AssertionError("PostgreSQL does not start")
    await database.make_database(admin, hotel.system)
    await admin.close()
    connection = await postgres.connect(layout, port, database=hotel.system, timeout=30.0)
    await database.make_roles(connection, hotel, layout)
    await database.migrate(connection, hotel)
    await database.seed(connection, hotel)
    await database.grant_all(connection, hotel.grants)
    await connection.close()


class Pair:
    """The two stores of one service, asked the same."""

    def __init__(self, hotel: Design, service: str, modules: dict[str, Any], sql: PostgresDatabase) -> None:
        of = {name.rpartition(".")[2]: vars(each) for name, each in modules.items()}
        name = f"{service.capitalize()}Store"
        self.messages, self.geo = of["messages"], of.get("geo", {})
        self._sql = of["store"][f"Postgres{name}"](sql)
        self._memory = of["memory"][f"Memory{name}"].seeded(seed_rows(hotel, service))

    async def ask(self, method: str, *args: Any, ordered: bool = True, **named: Any) -> Any:
        answers = [await _answer(getattr(each, method)(*args, **named)) for each in (self._sql, self._memory)]
        if not ordered:
            answers = [sorted(each, key=repr) for each in answers]
        assert answers[0] == answers[1], (method, args, named)
        return answers[0]


async def _answer(work: Any) -> Any:
    try:
        return await work
    except (BusinessError, Conflict) as error:
        return type(error), str(error)


async def test_bookings(pair: Callable[[str], Pair]) -> None:
    both, rng = pair("booking"), random.Random(7)
    booking, span = both.messages["Booking"], both.messages["DateRange"]
    known, now = ["booking-000001", "nothing"], 1.7e9

    def days() -> Any:
        start = date(2026, 5, 1) + timedelta(rng.randrange(4))
        return span(start=start, end=start + timedelta(rng.randint(1, 3)))

    for number in range(CALLS):
        key, hotel, user = rng.choice(known), f"hotel-{rng.randint(1, 3):06d}", f"user-{rng.randint(1, 3):06d}"
        now += 1.0
        match rng.randrange(8):
            case 0 | 1 | 2:
                known.append(f"b-{number}")
                names = {"booking_id": known[-1], "user": user, "hotel": hotel}
                new = booking(**names, days=days(), rooms=rng.randint(1, 2), state="held", amount=5)
                key = rng.choice(["", f"k-{number}", f"k-{rng.randrange(number + 1)}"])
                await both.ask("reserve", new, limit=7, held_until=now + rng.randint(1, 40), request_key=key)
            case 3:
                found = await both.ask("begin_pay", key, now=now, until=now + 30.0)
                if found is not None and rng.random() < 0.7:
                    await both.ask("finish_pay", key)
            case 4:
                for due, _ in await both.ask("due_bookings", now):
                    if rng.random() < 0.7:
                        await both.ask("expire_booking", due.booking_id, now=now)
            case 5:
                await both.ask("has_paid_booking", user, hotel)
            case 6:
                await both.ask("taken_rooms", [hotel, "hotel-000002", "nowhere"], days())
            case _:
                await both.ask("booking", key)


async def test_users(pair: Callable[[str], Pair]) -> None:
    both, rng = pair("user"), random.Random(7)
    for number in range(CALLS // 2):
        key, email = f"user-{rng.randint(1995, 2010):06d}", f"user{rng.randint(1995, 2010):06d}@example.com"
        match rng.randrange(6):
            case 0:
                exists = await both.ask("user_exists", key)
                if not exists:
                    await both.ask("add_user", both.messages["User"](user_id=key, name="n", email=email), f"h{number}")
            case 1:
                change = both.messages["UpdateUserRequest"](user=key, email=rng.choice([None, email]))
                await both.ask("change_user", change, rng.choice([None, f"h{number}"]))
            case 2:
                await both.ask("remove_user", key)
            case 3:
                await both.ask("user", key)
            case _:
                await both.ask("user_credentials", email)


async def test_reviews(pair: Callable[[str], Pair]) -> None:
    both, rng = pair("review"), random.Random(7)
    for number in range(CALLS // 4):
        hotel = f"hotel-{rng.randint(1, 4):06d}"
        new = both.messages["Review"](review_id=f"r-{number}", user="user-000001", hotel=hotel, stars=3, body="b")
        await both.ask("add_review", new, request_key=rng.choice(["", f"k-{rng.randrange(number + 1)}"]))
        await both.ask("newest_reviews_by_hotel", hotel)


async def test_payments(pair: Callable[[str], Pair]) -> None:
    both = pair("payment")
    for number in range(40):
        new = both.messages["Payment"](payment_id=f"p-{number}", booking=f"booking-{1990 + number // 2:06d}", amount=1)
        await both.ask("add_payment_once", new)


@pytest.mark.parametrize(("service", "method"), [("hotel", "hotels_in_cells"), ("activity", "activities_in_cells")])
async def test_places(pair: Callable[[str], Pair], service: str, method: str) -> None:
    both, rng = pair(service), random.Random(7)
    for lat, lon in [(52.52, 13.40), (48.86, 2.35), (40.42, -3.70), (0.0, 180.0), (-85.0, -180.0)] * 4:
        at = (max(-85.0, lat + rng.gauss(0, 0.02)), lon)
        await both.ask(method, both.geo["cells_around"](*at, rng.uniform(0.1, 8.0)), ordered=False)
    if service == "hotel":
        for key in ("hotel-000001", "hotel-002000", "nothing"):
            await both.ask("hotel", key)
