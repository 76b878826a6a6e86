"""A real replica: reads go there, see nothing new while its replay is paused, and all of it when it goes on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.worlds.local.test_deaths_live import processes_of

from telic.model import Action, Design, dump
from telic.model.design import REPLICA
from telic.worlds.local import administrator
from telic.worlds.local.harm import LocalHarm
from telic.worlds.local.layout import Layout
from telic.worlds.local.world import LocalWorld

pytestmark = pytest.mark.live
LAG = "SELECT arg_max(value, time_ns) AS lag FROM metrics WHERE name = 'postgresql.wal.lag'"


def replicated(design: Design) -> Design:
    gateway, hotel = design.services
    reads = replace(hotel, stores=("postgres", REPLICA, "valkey"), settings={"store.postgres.reads": "replica"})
    made = replace(design, services=(gateway, reads), stores=("postgres", REPLICA, "valkey"))
    (design.folder / "design.json").write_bytes(dump(made, schema="telic/design/v1", indent=1))
    return made


def test_it_stands_goes_on_and_comes_back(
    small_design: Design,
    started: Callable[..., LocalWorld],
    get: Callable[..., dict[str, object]],
    eventually: Callable[..., None],
) -> None:
    small_design = replicated(small_design)
    world = started(small_design)
    harm = LocalHarm.attach(world.state_folder)

    def add(name: str, rooms: int) -> None:
        row = f"INSERT INTO hotel.hotels VALUES ('{name}', {rooms})"
        administrator.execute(Layout.of(world.state_folder), world.about(), row)

    def lag() -> float:
        rows: Any = world.store().query(LAG)
        return float(rows[0]["lag"] if rows and rows[0]["lag"] is not None else -1.0)

    state = world.state()
    assert state.stores[REPLICA].instance.phase == "ready"
    assert f"hotel->{REPLICA}" in state.links
    assert get(world)["rooms"] == 10
    add("h5", 5)
    eventually(lambda: get(world)["rooms"] == 15)
    eventually(lambda: lag() == 0.0)

    harm.store(REPLICA, "replay")
    add("h6", 100)
    eventually(lambda: lag() > 1.0)
    assert get(world)["rooms"] == 15
    world.apply(Action("set_config", "hotel", {"key": "store.postgres.reads", "value": "primary"}))
    eventually(lambda: get(world)["rooms"] == 115)
    world.apply(Action("set_config", "hotel", {"key": "store.postgres.reads", "value": "replica"}))
    eventually(lambda: get(world)["rooms"] == 15)
    world.apply(Action("reconcile", REPLICA))
    eventually(lambda: get(world)["rooms"] == 115)
    eventually(lambda: lag() == 0.0)

    harm.signal(REPLICA, "KILL")
    eventually(lambda: world.state().stores[REPLICA].instance.restarts == 1)
    add("h7", 1)
    eventually(lambda: get(world)["rooms"] == 116)

    os.kill(int(str(world.about()["pid"])), signal.SIGKILL)
    eventually(lambda: not processes_of(world.state_folder))
    world = started(small_design)  # its data stay, and the replica is copied anew
    eventually(lambda: get(world)["rooms"] == 116)
