"""A real social network over a real NATS: posts are fanned out behind it, through its death and past its poison."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from telic.lab import journey
from telic.settings import Settings
from telic.worlds.local.harm import LocalHarm

pytestmark = pytest.mark.live
WITHIN = 30.0  # on a busy machine [s]
SPANS = "SELECT count(*) AS n FROM spans WHERE kind = 'consumer' AND status <> 'error'"
GAUGE = "SELECT arg_max(value, time_ns) AS value FROM metrics WHERE name = 'telic.queue.{name}'"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[journey.Journey]:
    settings = replace(Settings.read(), home=tmp_path_factory.mktemp("home"), port=0, otlp_port=0)
    with journey.start("social", settings, lambda told: None, rate=40.0, seed=1, operate=False) as made:
        yield made


def first(running: journey.Journey, sql: str) -> float:
    """Return the first value of the first row, 0 where there is none."""
    rows: Any = running.world.store().query(sql)
    return float(next(iter(rows[0].values())) or 0.0) if rows else 0.0


def until(running: journey.Journey, holds: Callable[[], bool]) -> bool:
    """Whether something holds within `WITHIN`."""
    begun = running.now()
    while not holds():
        if running.now() - begun > WITHIN:
            return False
        running.pause(0.5)
    return True


def test_posts_go_through_the_queue_and_it_is_told_of(running: journey.Journey) -> None:
    assert until(running, lambda: first(running, SPANS) >= 5)
    state = running.world.state()
    assert state.stores["nats"].instance.phase == "ready"
    assert {"compose->nats", "fanout->nats"} <= set(state.links)
    assert "nats" in {each.name for each in running.world.topology().entities}


def test_it_goes_on_after_its_server_was_killed(running: journey.Journey) -> None:
    harm = LocalHarm.attach(running.world.state_folder)
    harm.signal("nats", "KILL")
    assert until(running, lambda: running.world.state().stores["nats"].instance.restarts > 0)
    done = first(running, SPANS)
    assert until(running, lambda: first(running, SPANS) >= done + 5)


def test_messages_that_nobody_can_read_hold_others_up_until_they_are_taken_back(running: journey.Journey) -> None:
    harm = LocalHarm.attach(running.world.state_folder)
    harm.store("nats", "poison", on="fan_out", size=200.0)
    assert until(running, lambda: first(running, GAUGE.format(name="depth")) > 150)
    assert until(running, lambda: first(running, GAUGE.format(name="dead")) > 0)
    harm.store("nats", "poison", on="fan_out", size=0.0)
    assert until(running, lambda: first(running, GAUGE.format(name="depth")) < 10)
