"""Time, order, privileges, failures and spans of the simulated database."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import statistics
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from telic.lab.faults.bad_deploy_slow_query import _SQL
from telic.lab.sources import statements, with_sql
from telic.runtime.context import CURRENT, SPAN, RequestContext, SpanContext
from telic.runtime.failures import BusinessError, DependencyFailed
from telic.runtime.policies.dedupe import STALE_CLAIM, Answer, Dedupe
from telic.runtime.policies.limit import Limit
from telic.worlds.simulated.clock import LoopClock
from telic.worlds.simulated.cpus import Cpus
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.statements import PROXY

Kit = Any  # of conftest.py
HOTEL = "hotel-000001"
CELLS = [1]
MS = 1_000_000


async def failed(work: Any) -> str:
    with pytest.raises(DependencyFailed) as refused:
        await work
    assert refused.value.peer == "postgres"
    return refused.value.error_type


async def together(*work: Any) -> list[Any]:
    return list(await asyncio.gather(*work, return_exceptions=True))


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


def booking(kit: Kit, key: str, rooms: int = 1) -> Any:
    messages = kit.messages("booking")
    days = messages.DateRange(start=date(2027, 3, 1), end=date(2027, 3, 3))
    return messages.Booking(
        booking_id=key, user="user-000001", hotel=HOTEL, days=days, rooms=rooms, state="held", amount=100
    )


def reserve(kit: Kit, store: Any, key: str, *, rooms: int = 1) -> Any:
    return store.reserve(booking(kit, key, rooms), limit=2, held_until=1e10, request_key=key)


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


def slow_hotel(kit: Kit, folder: Path, steps: int) -> Any:
    path = "services/hotel/store.py"
    shutil.copytree(kit.design.folder / "services", folder / "services")
    files = {path: (folder / path).read_text()}
    found = next(each for each in statements(files) if each.name == "hotel.hotels_in_cells")
    (folder / path).write_text(with_sql(files, found, _SQL.format(sql=found.sql, steps=steps)))
    return kit.store("hotel", folder)


def test_calls_of_a_slow_query_wait_for_each_other_and_for_nobody_else(kit: Kit, tmp_path: Path) -> None:
    slow, other, ends = slow_hotel(kit, tmp_path, 100_000), kit.store("user"), []

    async def ask() -> None:
        await slow.hotels_in_cells(CELLS)
        ends.append(kit.loop.time())

    async def users() -> Any:
        begun = kit.loop.time()
        await other.user_exists("user-000001")
        await asyncio.sleep(0.1)
        await other.user_exists("user-000001")
        return kit.loop.time() - begun

    *_, took = kit.run(together(ask(), ask(), ask(), users()))
    gaps = [after - before for before, after in zip([0.0, *ends], ends, strict=False)]
    assert all(0.05 < each < 0.45 for each in gaps), gaps
    assert took < 0.13
    lasting = sorted(end - start for name, start, end in kit.spans() if name == "hotel.hotels_in_cells")
    assert lasting[-1] > sum(gaps) * 0.9 * 1e9  # who waits for the lock waits inside the statement


def test_a_slow_query_uses_up_the_pool_of_its_service(kit: Kit, tmp_path: Path) -> None:
    slow = slow_hotel(kit, tmp_path, 100_000)

    async def main() -> Any:
        waiting = [asyncio.ensure_future(slow.hotels_in_cells(CELLS)) for _ in range(3)]
        await asyncio.sleep(0.02)
        await slow.hotel(HOTEL)
        taken = kit.loop.time()
        await together(*waiting)
        return taken

    assert kit.run(main()) > 0.08


def test_the_share_of_a_cpu_counts_at_once_and_only_while_it_lasts(kit: Kit, tmp_path: Path) -> None:
    slow, postgres = slow_hotel(kit, tmp_path, 100_000), kit.stores.postgres

    async def main() -> Any:
        postgres.cpu_share = 0.01
        begun = kit.loop.time()
        work = asyncio.ensure_future(slow.hotels_in_cells(CELLS))
        await asyncio.sleep(2.0)
        throttled = work.done()
        postgres.cpu_share = 1.0
        await work
        return throttled, kit.loop.time() - begun

    throttled, took = kit.run(main())
    assert not throttled
    assert 2.0 < took < 2.5


def test_a_dead_server_resets_and_comes_back_with_its_data(kit: Kit, tmp_path: Path) -> None:
    postgres, store, slow = kit.stores.postgres, kit.store("booking"), slow_hotel(kit, tmp_path, 100_000)
    kit.run(reserve(kit, store, "b-1"))

    async def main() -> None:
        under_way = [asyncio.ensure_future(slow.hotels_in_cells(CELLS)) for _ in range(2)]
        await asyncio.sleep(0.03)
        postgres.kill()
        assert [await failed(each) for each in under_way] == ["connection_reset"] * 2
        assert await failed(store.booking("b-1")) == "connection_reset"
        postgres.start()
        begun = kit.loop.time()
        assert (await store.booking("b-1")).booking_id == "b-1"
        assert kit.loop.time() - begun > 0.004  # a new connection
        begun = kit.loop.time()
        await store.booking("b-1")
        assert kit.loop.time() - begun < 0.002

    kit.run(main())


def test_a_slow_link_delays_each_message(kit: Kit) -> None:
    store = kit.store("booking")

    async def main() -> Any:
        await store.booking("b-0")
        kit.links[5432].delay = 0.1
        begun = kit.loop.time()
        await reserve(kit, store, "b-1")
        return kit.loop.time() - begun

    assert kit.run(main()) == pytest.approx(0.8, abs=0.02)  # BEGIN leaves no span
    assert [round((end - start) / MS / 100) for _, start, end in kit.spans()[1:]] == [2, 2, 2]


def test_a_cut_link_holds_statements_until_somebody_loses_patience(kit: Kit) -> None:
    store, clock = kit.store("hotel"), LoopClock(kit.loop)

    async def main() -> None:
        await store.hotel(HOTEL)
        kit.links[5432].drop = True
        with pytest.raises(TimeoutError), Limit(clock, 0.5):
            await store.hotel(HOTEL)
        assert await failed(store.hotel(HOTEL)) == "timeout"  # a new connection has a limit of its own
        kit.links[5432].drop = False
        await asyncio.sleep(1.0)
        assert (await store.hotel(HOTEL)).hotel_id == HOTEL

    kit.run(main())


def test_a_link_that_fails_resets_that_share(kit: Kit) -> None:
    store = kit.store("hotel")
    kit.run(store.hotel(HOTEL))
    kit.links[5432].fail = 0.3

    async def main() -> list[Any]:
        return [each for _ in range(400) for each in await together(store.hotel(HOTEL))]

    answers = kit.run(main())
    resets = [each for each in answers if isinstance(each, DependencyFailed)]
    assert {each.error_type for each in resets} == {"connection_reset"}
    assert 100 < len(resets) < 200  # some are of the connections that replace those that broke


def test_where_nothing_listens_the_connection_is_refused(kit: Kit) -> None:
    store = kit.store("hotel")
    kit.run(store.hotel(HOTEL))
    wrong = {**kit.settings, "store.postgres.port": 9}
    kit.settings = wrong
    assert kit.run(failed(kit.store("hotel").hotel(HOTEL))) == "connection_refused"


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


def test_a_key_is_claimed_once_answered_again_and_freed_when_it_is_stale(kit: Kit) -> None:
    database = kit.stores.database("booking", lambda: kit.settings, kit.recorder)
    answers = kit.stores.answers(database, "booking.idempotency")
    clock, runs = LoopClock(kit.loop), []

    async def work() -> Answer:
        runs.append(kit.loop.time())
        await asyncio.sleep(0.02)
        return Answer(200, b"first")

    async def main() -> None:
        dedupe = Dedupe(answers, clock)
        found = await together(*(dedupe.run("k", "reserve", work) for _ in range(3)))
        assert found == [Answer(200, b"first")] * 3
        assert len(runs) == 1
        assert await answers.claim("lost", "reserve") is True
        assert await answers.claim("lost", "reserve") is False
        await answers.release("lost")
        assert await answers.claim("lost", "reserve") is True
        await asyncio.sleep(STALE_CLAIM + 0.1)
        assert await answers.claim("lost", "reserve") is True
        other = kit.stores.answers(
            kit.stores.database("booking", lambda: kit.settings, kit.recorder), "booking.idempotency"
        )
        assert await other.claim("k", "reserve") == Answer(200, b"first")
        await asyncio.sleep(90_000)
        await answers.forget_old()
        assert await answers.claim("k", "reserve") is True

    kit.run(main())
    assert {name for name, _, _ in kit.spans()} == {
        f"booking.{name}" for name in ("claim_key", "find_answer", "keep_answer", "free_key", "forget_answers")
    }


def test_answers_need_their_table_too(kit: Kit) -> None:
    database = kit.stores.database("booking", lambda: kit.settings, kit.recorder)
    kit.stores.postgres.grants.revoke("booking", "booking.idempotency")
    assert kit.run(failed(kit.stores.answers(database, "booking.idempotency").claim("k", "pay"))) == "42501"


@pytest.mark.parametrize("count", [1, 2])
def test_cpus_do_all_the_work_in_the_order_of_asking(count: int) -> None:
    loop = VirtualLoop()
    cpus, ends = Cpus(loop, count), []

    async def job(number: int) -> None:
        await cpus.use(0.1)
        ends.append((number, round(loop.time(), 6)))

    loop.run_until_complete(together(*(job(number) for number in range(6))))
    assert [number for number, _ in ends] == list(range(6))
    assert [at for _, at in ends] == [round(0.1 * (number // count + 1), 6) for number in range(6)]
    assert cpus.seconds == pytest.approx(0.6)
    loop.close()


def test_a_job_that_ends_early_lets_the_next_one_begin() -> None:
    loop = VirtualLoop()
    cpus = Cpus(loop, 1)

    async def main() -> Any:
        turn = cpus.take(5.0)
        assert turn is not None
        assert cpus.take(0.1) is None
        first, second = (asyncio.ensure_future(cpus.use(seconds)) for seconds in (3.0, 0.1))
        await asyncio.sleep(1.0)
        cpus.give_up(turn)
        await asyncio.sleep(1.0)
        first.cancel()
        await second
        return loop.time()

    assert loop.run_until_complete(main()) == pytest.approx(2.1)
    assert cpus.seconds == pytest.approx(2.1)
    assert cpus.take(1.0) is not None
    loop.close()


def test_half_a_cpu_is_half_as_fast_and_changes_take_effect_at_once() -> None:
    loop = VirtualLoop()
    cpus = Cpus(loop, 2)

    async def main() -> list[float]:
        ends = []

        async def job() -> None:
            await cpus.use(1.0)
            ends.append(loop.time())

        cpus.share = 0.5
        work = [asyncio.ensure_future(job()) for _ in range(3)]
        await asyncio.sleep(1.0)
        cpus.share = 1.0  # half of the first job is done
        await together(*work)
        return ends

    assert loop.run_until_complete(main()) == pytest.approx([1.5, 2.0, 2.5])
    loop.close()
