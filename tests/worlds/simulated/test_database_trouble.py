"""The simulated database in trouble: slow queries, a throttled or dead server, bad links."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.worlds.simulated.asked import CELLS, HOTEL, MS, Kit, failed, reserve, together

from telic.lab.faults.bad_deploy_slow_query import _SQL
from telic.lab.sources import statements, with_sql
from telic.runtime.failures import DependencyFailed
from telic.runtime.policies.limit import Limit
from telic.worlds.simulated.clock import LoopClock


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
