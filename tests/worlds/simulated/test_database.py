"""Time, order, privileges and spans of the simulated database."""

from __future__ import annotations

import asyncio
import itertools
import statistics
from collections.abc import Callable
from typing import Any

import pytest
from tests.worlds.simulated.asked import CELLS, HOTEL, MS, Kit, failed, reserve, together

from telic.runtime.context import CURRENT, SPAN, RequestContext, SpanContext
from telic.runtime.failures import BusinessError
from telic.runtime.policies.limit import Limit
from telic.worlds.simulated.clock import LoopClock
from telic.worlds.simulated.statements import PROXY


def test_a_statement_takes_about_its_cost_and_leaves_a_span(kit: Kit) -> None:
    store = kit.store("hotel")

    async def main() -> None:
        for _ in range(400):
            assert (await store.hotel(HOTEL)).hotel_id == HOTEL

    kit.run(main())
    spans = kit.spans()
    assert {name for name, _, _ in spans} == {"hotel.hotel_by_key"}
    took = [end - start for _, start, end in spans]
    assert statistics.median(took) == pytest.approx((0.000302 + PROXY) * 1e9, rel=0.1)
    assert 1.3 < statistics.quantiles(took, n=20)[-1] / statistics.median(took) < 2.2
    assert all(first[2] <= second[1] for first, second in itertools.pairwise(spans))


def test_spans_belong_to_the_request_that_runs_them(kit: Kit) -> None:
    store = kit.store("hotel")
    token = SPAN.set(SpanContext("a" * 32, "b" * 16))
    try:
        kit.run(store.hotel(HOTEL))
    finally:
        SPAN.reset(token)
    assert [(each[1], each[3]) for each in kit.recorder.spans] == [("a" * 32, "b" * 16)]


def test_a_transaction_is_its_statements_one_after_the_other_and_a_commit(kit: Kit) -> None:
    store = kit.store("booking")
    kit.run(reserve(kit, store, "b-1"))
    spans = kit.spans()
    assert [name for name, _, _ in spans] == ["booking.insert_booking", "booking.take_booking_stock", "COMMIT"]
    assert all(first[2] == second[1] for first, second in itertools.pairwise(spans))
    assert all(end - start > 0.2 * MS for _, start, end in spans)


def test_what_the_store_refuses_is_rolled_back(kit: Kit) -> None:
    store = kit.store("booking")
    kit.run(reserve(kit, store, "b-1", rooms=2))
    kit.spans()
    with pytest.raises(BusinessError) as refused:
        kit.run(reserve(kit, store, "b-2"))
    assert refused.value.name == "sold_out"
    assert [name for name, _, _ in kit.spans()] == ["booking.insert_booking", "booking.take_booking_stock"]
    assert kit.run(store.booking("b-2")) is None


def test_connections_are_lent_in_the_order_of_asking(kit: Kit) -> None:
    kit.settings["store.postgres.pool"] = 1
    store, order = kit.store("hotel"), []

    async def ask(number: int) -> None:
        await store.hotel(HOTEL)
        order.append((number, kit.loop.time()))

    kit.run(together(*(ask(number) for number in range(5))))
    assert [number for number, _ in order] == list(range(5))
    assert len({at for _, at in order}) == 5


def test_a_deadline_ends_a_statement_leaves_data_alone_and_gives_the_connection_back(kit: Kit) -> None:
    kit.settings["store.postgres.pool"] = 1
    store, clock = kit.store("booking"), LoopClock(kit.loop)

    async def main() -> None:
        await store.booking("b-1")
        kit.spans()
        CURRENT.set(RequestContext("reserve", clock, deadline=clock.monotonic() + 0.001))
        with pytest.raises(TimeoutError), Limit(clock, 0.001):
            await reserve(kit, store, "b-1")
        assert kit.spans()[-1][0].endswith(" deadline_exceeded")
        assert await store.booking("b-1") is None

    kit.run(main())


def test_whoever_gives_up_waiting_for_a_connection_keeps_none(kit: Kit) -> None:
    kit.settings["store.postgres.pool"] = 1
    store = kit.store("hotel")

    async def main() -> None:
        first = asyncio.ensure_future(store.hotel(HOTEL))
        second = asyncio.ensure_future(store.hotel(HOTEL))
        await asyncio.sleep(0.0001)
        second.cancel()
        await first
        with pytest.raises(asyncio.CancelledError):
            await second
        assert (await store.hotel(HOTEL)).hotel_id == HOTEL

    kit.run(main())


def test_a_revoked_privilege_fails_what_needs_it_and_nothing_else(kit: Kit) -> None:
    grants, store, hotel = kit.stores.postgres.grants, kit.store("booking"), kit.store("hotel")
    grants.revoke("booking", "booking.booking_stock", "INSERT, UPDATE")
    assert kit.run(failed(reserve(kit, store, "b-1"))) == "42501"
    assert [name for name, _, _ in kit.spans()] == ["booking.insert_booking", "booking.take_booking_stock 42501"]
    assert kit.run(store.booking("b-1")) is None
    assert kit.run(hotel.hotel(HOTEL)).hotel_id == HOTEL
    assert grants.missing(kit.design.grants) == (
        "booking: INSERT ON booking.booking_stock",
        "booking: UPDATE ON booking.booking_stock",
    )
    grants.grant("booking", "booking.booking_stock")
    assert grants.missing(kit.design.grants) == ()
    assert kit.run(reserve(kit, store, "b-1")).booking_id == "b-1"


def test_one_seed_is_one_history(new_kit: Callable[..., Kit]) -> None:
    def history(seed: int) -> Any:
        kit = new_kit(seed)
        hotel, user = kit.store("hotel"), kit.store("user")

        async def main() -> None:
            for number in range(50):
                await together(hotel.hotel(HOTEL), hotel.hotels_in_cells(CELLS), user.user_exists(f"{number}"))

        kit.run(main())
        return kit.spans()

    assert history(7) == history(7)
    assert history(7) != history(8)
