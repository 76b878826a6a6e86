"""Every fault at its real layer: injected by a process of its own into a real hotel, felt by a user, taken back."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from telic.errors import WorldError
from telic.lab import injection
from telic.lab.ledger import Ledger
from telic.model import Window
from telic.worlds.local.harm import LocalHarm
from telic.worlds.local.world import LocalWorld

pytestmark = pytest.mark.live

ASK = {"at": {"lat": 52.52, "lon": 13.4}, "km": 5.0, "days": {"start": "2026-12-01", "end": "2026-12-03"}}
WITHIN = 20.0  # for anything to show [s]
PLACES = {
    "bad-deploy-exception": ["service=hotel", "operation=near"],
    "crash-loop": ["service=search", "kind=config"],
    "hang": ["service=hotel"],
    "network": ["edge=search->hotel", "kind=partition"],
    "permission-revoked": ["service=hotel", "table=hotel.hotels"],
    "wrong-port": ["service=search", "callee=hotel"],
}
LATER = {  # for the night
    "bad-probe": ["service=hotel"],
    "credential-rotated": ["service=hotel"],
    "flag-flipped": ["service=hotel", "key=feature.near"],
    "memory-pressure": ["service=hotel", "operation=near"],
    "stuck-rollout": ["service=hotel"],
    "unlimited-retries": ["target=search->hotel"],
}
UNLOGGED = {"credential-rotated", "hang", "network", "permission-revoked"}  # nobody changed the system by its own means


@pytest.fixture(autouse=True)
def healed(world: LocalWorld) -> Iterator[None]:
    """Leave the world to the next test without the harm of one that failed."""
    yield
    injection.heal(world.state_folder)


def status(world: LocalWorld) -> int:
    """Return the status that a user gets who searches hotels; 0 without an answer."""
    request = urllib.request.Request(
        f"{world.about()['url']}/search_hotels",
        data=json.dumps(ASK).encode(),
        headers={"content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


@pytest.mark.parametrize(
    "name", [*sorted(PLACES), *(pytest.param(each, marks=pytest.mark.nightly) for each in sorted(LATER))]
)
def test_users_feel_it_and_are_well_after_healing(name: str, world: LocalWorld) -> None:
    eventually(lambda: status(world) == 200)
    truth = injection.inject(world.state_folder, name, seed=1, params={**PLACES, **LATER}[name])
    eventually(lambda: status(world) in (0, 500, 503, 504))
    assert (truth.change != "") == (name not in UNLOGGED)
    assert injection.heal(world.state_folder) == [name]
    eventually(lambda: status(world) == 200)
    assert injection.heal(world.state_folder) == []


def test_a_version_that_dies_after_it_was_ready_dies_again_and_again(world: LocalWorld) -> None:
    eventually(lambda: status(world) == 200)
    injection.inject(world.state_folder, "crash-loop", seed=1, params=["service=hotel", "kind=deploy"])
    eventually(lambda: world.state().services["hotel"].instances[0].restarts >= 2)
    assert injection.heal(world.state_folder) == ["crash-loop"]
    eventually(lambda: status(world) == 200)
    assert world.state().services["hotel"].instances[0].phase == "ready"


def test_the_slow_statement_is_slow_in_postgresql_and_answers_the_same(world: LocalWorld) -> None:
    eventually(lambda: status(world) == 200)
    truth = injection.inject(
        world.state_folder, "bad-deploy-slow-query", seed=1, params=["statement=hotel.hotels_in_cells", "steps=150000"]
    )
    eventually(lambda: status(world) == 200)
    version = world.state().services["hotel"].version

    def slow() -> bool:
        rows = world.store().query(
            "SELECT duration_ns, error_type FROM spans WHERE statement = 'hotel.hotels_in_cells' AND version = ?",
            (version,),
        )
        return bool(rows) and all(int(str(row["duration_ns"])) > 50e6 for row in rows)

    eventually(slow)
    (change,) = [each for each in world.changes(Window(0, time.time() + 60)) if each.id == truth.change]
    assert "generate_series" in change.diff
    assert injection.heal(world.state_folder) == ["bad-deploy-slow-query"]
    assert world.state().services["hotel"].version != version


def test_starvation_ends_with_healing_also_when_the_injector_was_killed(world: LocalWorld, tmp_path: Path) -> None:
    eventually(lambda: status(world) == 200)
    injection.inject(world.state_folder, "cpu-starvation", seed=1, params=["service=hotel", "share=0.01"])
    (entry,) = Ledger(world.state_folder / "harm").open()
    before = world.state().services["hotel"].instances[0].throttled_seconds

    def starved() -> bool:
        with ThreadPoolExecutor(8) as users:
            list(users.map(lambda _: status(world), range(16)))
        return world.state().services["hotel"].instances[0].throttled_seconds > before + 0.2

    eventually(starved)
    os.kill(entry.pid, signal.SIGKILL)
    assert injection.heal(world.state_folder) == ["cpu-starvation"]
    eventually(lambda: world.state().services["hotel"].instances[0].process_state in ("S", "R"))
    eventually(lambda: status(world) == 200)


def test_a_stopped_injector_leaves_the_harm_to_be_healed_and_made_a_harmless_change_before(
    world: LocalWorld, tmp_path: Path
) -> None:
    out = tmp_path / "truth.json"
    injector = injection.start(world.state_folder, "hang", out=out, params=["service=hotel"], decoy_before=0.0)
    eventually(lambda: injection.read(out) is not None)
    done = injection.read(out)
    assert done is not None
    assert done.decoy is not None
    assert done.decoy.entity != "hotel"
    assert injector.running()
    injector.stop()
    assert not psutil.pid_exists(injector.pid)
    assert status(world) in (0, 503, 504)
    assert injection.heal(world.state_folder) == ["hang"]
    eventually(lambda: status(world) == 200)


def test_a_crowd_that_ended_by_itself_is_no_crowd_that_was_healed(world: LocalWorld) -> None:
    with closing(LocalHarm.attach(world.state_folder)) as harm:
        before = set(psutil.Process().children())
        harm.load("others", mix="F1=1", rate=2.0)
        (crowd,) = set(psutil.Process().children()) - before
        crowd.kill()
        eventually(lambda: crowd.status() == psutil.STATUS_ZOMBIE)
        with pytest.raises(WorldError, match="the load others ended early"):
            harm.load("others")
        harm.load("others")  # nothing is left of it
