"""What is wrong with the simulated PostgreSQL: each trouble fails or holds back what it is about, and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from telic.errors import UsageError
from telic.runtime.failures import Conflict, DependencyFailed
from telic.runtime.policies.limit import Limit
from telic.worlds.local.store_trouble import TROUBLES, Trouble
from telic.worlds.simulated.clock import LoopClock
from telic.worlds.simulated.troubles import Troubles

Kit = Any  # of conftest.py
HOTEL = "hotel-000001"


async def ended(work: Any) -> str:
    """Return how a statement ends: its SQLSTATE, or nothing."""
    try:
        await work
    except DependencyFailed as failed:
        return failed.error_type
    except Conflict as failed:
        return failed.sqlstate
    return ""


def trouble(kit: Kit, name: str, on: str = "", size: float = 1.0) -> None:
    kit.stores.postgres.troubles.set(Trouble(name, on, size))


@pytest.mark.parametrize(
    ("name", "on", "state"),
    [
        ("login", "hotel", "28000"),
        ("role", "hotel", "28P01"),
        ("password", "hotel", "28P01"),
        ("connections", "hotel", "53300"),
        ("table", "hotel.hotels", "42P01"),
        ("column", "hotel.hotels.price", "42703"),
    ],
)
def test_a_refusal_has_its_sqlstate_and_concerns_its_own_alone(kit: Kit, name: str, on: str, state: str) -> None:
    hotel, review = kit.store("hotel"), kit.store("review")
    assert kit.run(ended(hotel.hotel(HOTEL))) == ""
    trouble(kit, name, on)
    assert kit.run(ended(hotel.hotel(HOTEL))) == state
    assert kit.run(ended(review.newest_reviews_by_hotel(HOTEL))) == ""
    trouble(kit, name, on, 0.0)
    assert kit.run(ended(hotel.hotel(HOTEL))) == ""


def test_a_database_that_may_not_be_written_to_is_read(kit: Kit) -> None:
    payments = kit.store("payment")
    trouble(kit, "read-only")
    messages = kit.messages("payment")
    payment = messages.Payment(payment_id="p-1", booking="b-1", amount=100)
    assert kit.run(ended(payments.add_payment_once(payment))) == "25006"
    assert kit.run(ended(kit.store("hotel").hotel(HOTEL))) == ""
    trouble(kit, "read-only", size=0.0)
    assert kit.run(ended(payments.add_payment_once(payment))) == ""


def test_a_new_constraint_refuses_what_is_written_and_not_what_is_read(kit: Kit) -> None:
    payments = kit.store("payment")
    trouble(kit, "check", "payment.payments.payment_id")
    payment = kit.messages("payment").Payment(payment_id="p-1", booking="b-1", amount=100)
    assert kit.run(ended(payments.add_payment_once(payment))) == "23514"


def test_a_slow_disk_makes_commits_wait_and_nothing_else(kit: Kit) -> None:
    payments, hotel = kit.store("payment"), kit.store("hotel")
    trouble(kit, "commit", size=0.09)
    payment = kit.messages("payment").Payment(payment_id="p-1", booking="b-1", amount=100)

    async def took(work: Any) -> float:
        begun = kit.loop.time()
        await work
        return float(kit.loop.time() - begun)

    kit.run(took(hotel.hotel(HOTEL)))
    assert kit.run(took(payments.add_payment_once(payment))) > 0.09
    assert kit.run(took(hotel.hotel(HOTEL))) < 0.02


def test_a_locked_table_holds_statements_until_it_is_free(kit: Kit) -> None:
    hotel, clock = kit.store("hotel"), LoopClock(kit.loop)

    async def main() -> float:
        await hotel.hotel(HOTEL)
        trouble(kit, "lock", "hotel.hotels")
        with pytest.raises(TimeoutError), Limit(clock, 0.5):
            await hotel.hotel(HOTEL)
        kit.loop.call_later(1.0, trouble, kit, "lock", "hotel.hotels", 0.0)
        begun = kit.loop.time()
        await hotel.hotel(HOTEL)
        return float(kit.loop.time() - begun)

    assert kit.run(main()) == pytest.approx(1.0, abs=0.05)


def test_without_its_index_a_statement_computes_for_every_row(kit: Kit) -> None:
    hotel = kit.store("hotel")

    async def main() -> tuple[float, float]:
        await hotel.hotels_in_cells([1])
        trouble(kit, "index", "hotel.hotels.hotels_by_loc_cell", 400_000)
        begun = kit.loop.time()
        await hotel.hotels_in_cells([1])
        slow, begun = kit.loop.time() - begun, kit.loop.time()
        await hotel.hotel(HOTEL)
        return float(slow), float(kit.loop.time() - begun)

    slow, other = kit.run(main())
    assert slow > 0.04
    assert other < 0.01


@pytest.mark.parametrize(
    ("name", "on", "size"),
    [
        ("logins", "hotel", 1.0),
        ("login", "", 1.0),
        ("table", "hotels", 1.0),
        ("commit", "", 0.5),
        ("column", "a.b", 1.0),
    ],
)
def test_a_trouble_that_cannot_be_is_refused(name: str, on: str, size: float) -> None:
    with pytest.raises(UsageError):
        Trouble(name, on, size)


def test_every_trouble_says_what_it_is_on() -> None:
    places = {"": "", "role": "hotel", "table": "a.b", "table.column": "a.b.c", "table.index": "a.b.c"}
    for name, kind in TROUBLES.items():
        assert Trouble(name, places[kind], 0.05).on == places[kind]


def test_a_cache_that_stands_still_answers_when_it_moves_or_is_given_up(kit: Kit) -> None:
    server = kit.stores.valkey
    cache = kit.stores.cache("search", lambda: kit.settings, kit.recorder)

    async def main() -> tuple[float, float, bytes | None]:
        await cache.set("a", b"1", ttl=60.0)
        server.stop()
        kit.loop.call_later(0.05, server.move)
        begun = kit.loop.time()
        found = await cache.get("a")
        late, begun = kit.loop.time() - begun, kit.loop.time()
        server.stop()
        assert await cache.get("a") is None
        waited = kit.loop.time() - begun
        server.move()
        await asyncio.sleep(1.1)
        assert await cache.get("a") == b"1"
        return float(late), float(waited), found

    late, waited, found = kit.run(main())
    assert found == b"1"
    assert late == pytest.approx(0.05, abs=0.01)
    assert waited == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize("name", [each for each in TROUBLES if each != "password"])
def test_an_operator_brings_the_database_back_to_its_design(name: str) -> None:
    on = {"": "", "role": "hotel", "table": "hotel.hotels"}.get(TROUBLES[name], "hotel.hotels.price")
    troubles = Troubles()
    troubles.set(Trouble(name, on, 0.05))
    troubles.set(Trouble("password", "search"))
    said = troubles.repairs()
    assert len(said) == 1
    troubles.repair(said)
    assert troubles.repairs() == []
    assert troubles.secret("search") == "search-2"
