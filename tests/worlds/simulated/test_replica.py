"""A replica shows what was there when it replayed last, and after it has caught up what its primary shows."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telic.model import Design, ServiceDesign
from telic.runtime.wiring import Wiring
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.memory import SystemData
from telic.worlds.simulated.postgres import SimulatedPostgres
from telic.worlds.simulated.replica import LAG, SimulatedReplica
from telic.worlds.simulated.streams import stream

CART = ServiceDesign("cart", "owner", (), ())
EMPTY = Design("shop", "sha256:0", (CART,), (), (), Wiring(), (), ())


class Lines:
    """Keeps what carts hold."""

    def __init__(self) -> None:
        self.units: dict[str, list[int]] = {}

    @classmethod
    def seeded(cls, rows: object) -> Lines:
        return cls()


class Both:
    """A primary's data, and the replica's."""

    def __init__(self) -> None:
        self.loop = VirtualLoop()
        self.data = SystemData(EMPTY)
        server = SimulatedPostgres(self.loop, EMPTY, stream(1, "replica"))
        self.replica = SimulatedReplica(self.loop, server, self.data)

    def __enter__(self) -> Both:
        return self

    def __exit__(self, *how: object) -> None:
        self.loop.close()

    def primary(self) -> dict[str, list[int]]:
        return cast("dict[str, list[int]]", self.data.state("cart", Lines)["units"])

    def read(self) -> dict[str, list[int]]:
        return cast("dict[str, list[int]]", self.replica.state("cart", Lines)["units"])


STEPS = st.lists(
    st.one_of(st.sampled_from(["pause", "resume", "read"]), st.tuples(st.sampled_from("abc"), st.integers(1, 5))),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_reads_are_as_of_the_pause_and_equal_the_primary_after_it(steps: list[Any]) -> None:
    with Both() as both:
        follow(both, steps)
        both.replica.pause(False)
        assert both.read() == both.primary()


def follow(both: Both, steps: list[Any]) -> None:
    then: dict[str, list[int]] | None = None
    for step in steps:
        if step == "pause":
            both.replica.pause(True)
            then = then if then is not None else {key: list(each) for key, each in both.primary().items()}
        elif step == "resume":
            both.replica.pause(False)
            then = None
        elif step != "read":
            both.primary().setdefault(step[0], []).append(step[1])
        else:  # the first read may come long after the first write
            assert both.read() == (both.primary() if then is None else then)


def test_its_lag_grows_by_a_second_each_second_while_it_stands() -> None:
    with Both() as both:
        assert both.replica.lag == LAG
        assert both.replica.repairs() == []
        both.replica.pause(True)
        both.loop.run_until_complete(later(both.loop, 7.0))
        both.replica.pause(True)
        assert both.replica.lag == pytest.approx(7.0 + LAG)
        assert both.replica.repairs() == ["SELECT pg_wal_replay_resume()"]
        both.replica.pause(False)
        assert both.replica.lag == LAG


async def later(loop: VirtualLoop, seconds: float) -> None:
    done = loop.create_future()
    loop.call_later(seconds, done.set_result, None)
    await done
