"""Generated stores over a real PostgreSQL do what the stores in memory do, with the design's grants and no more."""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.design.real_database import answering, connected, filled, imported

from telic.model import Design
from telic.runtime import BusinessError, Conflict, Statement
from telic.worlds.local import postgres
from telic.worlds.local.layout import Layout
from telic.worlds.local.secret_files import secret

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Layout, int]]:
    """Run a PostgreSQL of its own."""
    state = Path(tempfile.mkdtemp(prefix="telic-design-"))
    layout = Layout.of(state)
    for folder in (layout.run, layout.secrets, layout.postgres.parent):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    postgres.prepare(layout)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (state / "log").open("w") as log:
        process = subprocess.Popen(postgres.command(layout, port), cwd=layout.postgres, stdout=log, stderr=log)
        try:
            asyncio.run(answering(layout, port))
            yield layout, port
        finally:
            process.kill()
            process.wait()
            postgres.sweep(layout.postgres)
            shutil.rmtree(state)
            shutil.rmtree(layout.run, ignore_errors=True)


@pytest.mark.parametrize("name", ["hotel", "social", "shop", "notes", "rental"])
async def test_every_statement_is_one_that_its_role_may_run(
    name: str, designs: dict[str, Design], server: tuple[Layout, int]
) -> None:
    layout, port = server
    design = designs[name]
    async with filled(server, design) as admin:
        with imported(design) as module:
            for service in (each for each in design.services if each.tables):
                statements = [
                    each for each in vars(module(f"{service.name}.store")).values() if isinstance(each, Statement)
                ]
                role = await asyncpg.connect(
                    host="127.0.0.1",
                    port=port,
                    user=service.name,
                    password=secret(layout, service.name),
                    database=design.system,
                )
                for statement in statements:
                    prepared = await role.prepare(statement.sql)
                    values = [_value(each.name) for each in prepared.get_parameters()]
                    assert statement.cost.index == "" or await _exists(admin, statement.cost.index), statement.name
                    with contextlib.suppress(asyncpg.IntegrityConstraintViolationError, asyncpg.DataError):
                        async with role.transaction():
                            await role.execute(statement.sql, *values)
                            await role.execute("SELECT 1")
                await role.close()
                assert {f"{service.name}." in each.name for each in statements} == {True}


def _value(kind: str) -> object:
    return {
        "text[]": ["x"],
        "int4[]": [1],
        "date": date(2030, 1, 1),
        "timestamptz": datetime(2030, 1, 1, tzinfo=UTC),
        "int4": 1,
        "int8": 1,
        "float8": 1.0,
        "bool": True,
    }.get(kind, "x")


async def _exists(admin: asyncpg.Connection, index: str) -> bool:
    return bool(await admin.fetchval("SELECT 1 FROM pg_class WHERE relkind = 'i' AND relname = $1", index))


async def test_any_history_of_bookings_goes_as_in_memory(hotel: Design, server: tuple[Layout, int]) -> None:
    async with filled(server, hotel) as admin:
        await admin.execute("TRUNCATE booking.bookings, booking.booking_stock")
        with imported(hotel) as module, connected(server, hotel, "booking") as database:
            real = module("booking.store").PostgresBookingStore(database)
            memory = module("booking.memory").MemoryBookingStore()
            messages = module("booking.messages")
            chance, now = random.Random(7), 1_900_000_000.0
            for number in range(400):
                now += chance.choice((0, 1, 40))
                action = chance.choice(("reserve", "reserve", "begin", "finish", "expire", "look"))
                outcomes = [
                    await _step(store, messages, action, number, now, random.Random(number)) for store in (real, memory)
                ]
                assert outcomes[0] == outcomes[1], (number, action)


async def _step(store: Any, messages: Any, action: str, number: int, now: float, chance: random.Random) -> object:
    hotel, key = f"h-{chance.randrange(2)}", f"b-{chance.randrange(number + 1)}"
    start = date(2031, 1, 1) + timedelta(days=chance.randrange(4))
    days = messages.DateRange(start=start, end=start + timedelta(days=chance.randint(1, 3)))
    if action == "reserve":
        booking = messages.Booking(f"b-{number}", "u-1", hotel, days, chance.randint(1, 3), "held", 100)
        try:
            repeated = f"k-{chance.randrange(number + 1)}" if chance.random() < 0.3 else f"k-{number}"
            return await store.reserve(booking, limit=6, held_until=now + 60, request_key=repeated)
        except BusinessError as error:
            return error.name
    if action == "begin":
        return await store.begin_pay(key, now=now, until=now + 30)
    if action == "finish":
        known = await store.booking(key)
        return await store.finish_pay(key) if known else None
    if action == "expire":
        due = await store.due_bookings(now)
        for booking, settling in due:
            if not settling:
                await store.expire_booking(booking.booking_id, now=now)
        return sorted((booking.booking_id, settling) for booking, settling in due)
    taken = await store.taken_rooms(["h-0", "h-1"], days)
    return {each: taken.get(each, 0) for each in ("h-0", "h-1")}, await store.has_paid_booking("u-1", hotel)


async def test_a_crowd_takes_no_more_than_there_is(hotel: Design, server: tuple[Layout, int]) -> None:
    async with filled(server, hotel) as admin:
        await admin.execute("TRUNCATE booking.bookings, booking.booking_stock")
        with imported(hotel) as module, connected(server, hotel, "booking") as database:
            store, messages = module("booking.store").PostgresBookingStore(database), module("booking.messages")

            async def one(number: int) -> bool:
                start = date(2031, 1, 1) + timedelta(days=number % 3)
                days = messages.DateRange(start=start, end=start + timedelta(days=2))
                booking = messages.Booking(f"b-{number}", "u-1", "h-1", days, 1, "held", 100)
                try:
                    await store.reserve(booking, limit=10, held_until=100.0, request_key="")
                    if number % 5 == 0:
                        await store.expire_booking(booking.booking_id, now=200.0)
                except BusinessError:
                    return False
                return True

            kept = await asyncio.gather(*(one(number) for number in range(120)))
            assert any(kept)
            assert not all(kept)
            live = await admin.fetch(
                "SELECT day::date AS day, sum(rooms) AS taken FROM booking.bookings,"
                " generate_series(days_start, days_end - 1, '1 day') AS day WHERE state = 'held' GROUP BY day"
            )
            stock = await admin.fetch("SELECT day, taken FROM booking.booking_stock WHERE taken > 0")
            assert {row["day"]: row["taken"] for row in stock} == {row["day"]: row["taken"] for row in live}
            assert max(row["taken"] for row in stock) <= 10


async def test_accounts_go_as_in_memory_and_leave_no_address_in_the_log(
    hotel: Design, server: tuple[Layout, int]
) -> None:
    async with filled(server, hotel):
        with imported(hotel) as module, connected(server, hotel, "user") as database:
            messages = module("user.messages")
            for store in (module("user.store").PostgresUserStore(database), module("user.memory").MemoryUserStore()):
                mine = messages.User("user-a", "A", "private-a@example.com")
                await store.add_user(mine, "hash-a")
                await store.add_user(messages.User("user-b", "B", "private-b@example.com"), "hash-b")
                with pytest.raises(Conflict):
                    await store.add_user(messages.User("user-c", "C", mine.email), "hash-c")
                with pytest.raises(Conflict):
                    await store.change_user(messages.UpdateUserRequest("user-b", email=mine.email), None)
                assert await store.change_user(messages.UpdateUserRequest("nobody", name="N"), None) is None
                changed = await store.change_user(messages.UpdateUserRequest("user-a", name="Ann"), "hash-new")
                assert changed == messages.User("user-a", "Ann", mine.email) == await store.user("user-a")
                assert tuple(await store.user_credentials(mine.email)) == ("user-a", "hash-new")
                assert [await store.remove_user("user-a") for _ in range(2)] == [True, False]
                assert not await store.user_exists("user-a")
    assert "private-" not in (server[0].state / "log").read_text()


async def test_a_payment_is_recorded_once(hotel: Design, server: tuple[Layout, int]) -> None:
    async with filled(server, hotel):
        with imported(hotel) as module, connected(server, hotel, "payment") as database:
            store, messages = module("payment.store").PostgresPaymentStore(database), module("payment.messages")
            payments = [messages.Payment(f"payment-x{number}", "booking-x", 100) for number in range(8)]
            kept = await asyncio.gather(*(store.add_payment_once(each) for each in payments))
            assert len({each.payment_id for each in kept}) == 1


async def test_reviews_are_listed_newest_first(hotel: Design, server: tuple[Layout, int]) -> None:
    async with filled(server, hotel):
        with imported(hotel) as module, connected(server, hotel, "review") as database:
            store, messages = module("review.store").PostgresReviewStore(database), module("review.messages")
            written = [messages.Review(f"review-x{number}", "user-1", "hotel-x", 5, "Fine.") for number in range(25)]
            for each in written:
                assert await store.add_review(each, request_key=each.review_id) == each
            again = messages.Review("review-other", "user-1", "hotel-x", 1, "Not fine.")
            assert await store.add_review(again, request_key="review-x0") == written[0]
            assert await store.newest_reviews_by_hotel("hotel-x") == written[::-1][:20]


async def test_any_history_of_follows_goes_as_in_memory(social: Design, server: tuple[Layout, int]) -> None:
    async with filled(server, social) as admin:
        await admin.execute("TRUNCATE graph.follows, home.entries")
        with (
            imported(social) as module,
            connected(server, social, "graph") as graph,
            connected(server, social, "home") as home,
        ):
            follows = (module("graph.store").PostgresGraphStore(graph), module("graph.memory").MemoryGraphStore())
            entries = (module("home.store").PostgresHomeStore(home), module("home.memory").MemoryHomeStore())
            follow, entry = module("graph.messages").Follow, module("home.messages").Entry
            chance = random.Random(11)
            for number in range(300):
                one, other, verb = chance.randrange(6), chance.randrange(6), chance.randrange(6)
                if verb < 3:
                    made = follow(f"follow-{number}", f"u-{one}", f"u-{other}")
                    assert len({repr(await each.link_follow(made)) for each in follows}) == 1
                elif verb == 3:
                    assert len({await each.unlink_follow(f"u-{one}", f"u-{other}") for each in follows}) == 1
                elif verb == 4:
                    readers = await follows[1].followers_of(f"u-{one}")
                    assert await follows[0].followers_of(f"u-{one}") == readers
                    due = [entry(f"entry-{number}-{each}", each, f"post-{number % 40}") for each in readers]
                    assert len({await each.add_entries(due) for each in entries}) == 1
                else:
                    assert len({await each.count_follows_by_followed(f"u-{other}") for each in follows}) == 1
                    assert len({repr(await each.newest_follows_by_follower(f"u-{one}")) for each in follows}) == 1
                    known = [await each.newest_entries_by_reader(f"u-{one}") for each in entries]
                    assert {each.post for each in known[0]} == {each.post for each in known[1]} or len(known[0]) == 20


async def test_what_begins_so_is_found_as_in_memory(social: Design, server: tuple[Layout, int]) -> None:
    words = ("ab", "Ab", "aB%", "a_b", "\u00c4rger", "\u00e4rger", "z\u00df", "", "ab c", "\U0001f600")
    async with filled(server, social) as admin:
        await admin.execute("TRUNCATE tag.tags")
        rows = [(f"tag-{number}", word) for number, word in enumerate(words)]
        await admin.executemany("INSERT INTO tag.tags (tag_id, word) VALUES ($1, $2)", rows)
        with imported(social) as module, connected(server, social, "tag") as database:
            tag = module("tag.messages").Tag
            memory = module("tag.memory").MemoryTagStore(tags=[tag(*row) for row in rows])
            real = module("tag.store").PostgresTagStore(database)
            for prefix in ("", "a", "AB", "ab%", "a_", "\u00e4", "\u00c4", "z", "b", "\U0001f600"):
                assert await real.tags_by_word_prefix(prefix) == await memory.tags_by_word_prefix(prefix), prefix


async def test_any_history_of_orders_from_stock_goes_as_in_memory(shop: Design, server: tuple[Layout, int]) -> None:
    async with filled(server, shop) as admin:
        await admin.execute('TRUNCATE "order".orders, "order".order_stock')
        with imported(shop) as module, connected(server, shop, "order") as database:
            real = module("order.store").PostgresOrderStore(database)
            memory, messages = module("order.memory").MemoryOrderStore(), module("order.messages")
            chance, now = random.Random(5), 1_900_000_000.0
            for number in range(300):
                now += chance.choice((0, 1, 40))
                verb, key = chance.choice(("place", "place", "pay", "ship", "back", "expire")), f"o-{number // 2}"
                seed = chance.random()
                outcomes = [await _sell(store, messages, verb, number, key, now, seed) for store in (real, memory)]
                assert outcomes[0] == outcomes[1], (number, verb)
            live = 'SELECT product_id, sum(units)::integer AS taken FROM "order".orders'
            held = await admin.fetch(f"{live} WHERE state NOT IN ('expired', 'returned') GROUP BY product_id")
            stock = await admin.fetch('SELECT product_id, taken FROM "order".order_stock WHERE taken > 0')
            assert {row["product_id"]: row["taken"] for row in stock} == {r["product_id"]: r["taken"] for r in held}


async def _sell(store: Any, messages: Any, verb: str, number: int, key: str, now: float, seed: float) -> object:
    if verb == "place":
        order = messages.Order(f"o-{number}", "u-1", f"p-{number % 2}", 1 + int(seed * 3), "placed", 100)
        try:
            return await store.place_order(order, limit=60, held_until=now + 60, request_key=f"k-{number}")
        except BusinessError as error:
            return error.name
    if verb == "pay":
        begun = await store.begin_pay(key, now=now, until=now + 30)
        return await store.finish_pay(key) if begun is not None else None
    if verb == "ship":
        begun = await store.begin_ship(key)
        return await store.finish_ship(key) if begun is not None else None
    if verb == "back":
        return await store.send_back(key)
    due = await store.due_orders(now)
    for order, settling in due:
        if not settling:
            await store.expire_order(order.order_id, now=now)
    return sorted((order.order_id, settling) for order, settling in due)
