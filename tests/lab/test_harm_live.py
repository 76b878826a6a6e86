"""What harms a local world at host, process, network and store: one real hotel, felt by its own means, taken back."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from telic.errors import ActionRefused, WorldError
from telic.model import Action
from telic.worlds.local.harm import LocalHarm
from telic.worlds.local.world import LocalWorld

pytestmark = pytest.mark.live

ASK = {"at": {"lat": 52.52, "lon": 13.4}, "km": 5.0, "days": {"start": "2026-12-01", "end": "2026-12-03"}}
WITHIN = 30.0  # for anything to show [s]
WEATHER = (
    {"jitter": 0.4, "delay": 0.4},
    {"loss": 0.9},
    {"rate": 300.0},
    {"drop": True, "way": "back"},
    {"silent": 1.0},
    {"fail": 1.0},
    {"corrupt": 1.0},
    {"drop": True, "every": 4.0, "share": 0.9},
)
TROUBLES = (
    ("login", "hotel", 1.0),
    ("role", "hotel", 1.0),
    ("connections", "hotel", 1.0),
    ("password", "hotel", 1.0),
    ("lock", "hotel.hotels", 1.0),
    ("table", "hotel.hotels", 1.0),
    ("column", "hotel.hotels.price", 1.0),
)
REPAIRED = (
    *(each for each in TROUBLES if each[0] != "password"),  # a secret is nobody's to change but its owner's
    ("check", "hotel.hotels.price", 1.0),
    ("read-only", "", 1.0),
    ("commit", "", 0.05),
    ("index", "hotel.hotels.hotels_by_loc_cell", 5000.0),
)
RECONCILE = Action("reconcile", "postgres")


@pytest.fixture
def harm(world: LocalWorld) -> Iterator[LocalHarm]:
    made = LocalHarm.attach(world.state_folder)
    yield made
    made.close()


def search(world: LocalWorld) -> tuple[int, float]:
    """Return the status that a user gets who searches hotels, 0 without an answer, and how long it took [s]."""
    body, head = json.dumps(ASK).encode(), {"content-type": "application/json"}
    request = urllib.request.Request(f"{world.about()['url']}/search_hotels", data=body, headers=head)
    begun = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return int(reply.status), time.monotonic() - begun
    except urllib.error.HTTPError as error:
        return error.code, time.monotonic() - begun
    except OSError:
        return 0, time.monotonic() - begun


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


def well(world: LocalWorld) -> bool:
    return search(world)[0] == 200


def bad(world: LocalWorld) -> bool:
    """Whether a search fails, or takes longer than users want to wait."""
    status, seconds = search(world)
    return status != 200 or seconds > 0.3


@pytest.mark.parametrize("weather", WEATHER, ids=lambda each: "+".join(each))
def test_weather_is_felt_and_passes(world: LocalWorld, harm: LocalHarm, weather: dict[str, object]) -> None:
    eventually(lambda: well(world))
    harm.link("search->hotel", **weather)  # type: ignore[arg-type]
    eventually(lambda: bad(world))
    harm.link("search->hotel")
    eventually(lambda: not bad(world))


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda each: each[0])
def test_troubles_of_the_database_are_felt_and_taken_back(
    world: LocalWorld, harm: LocalHarm, trouble: tuple[str, str, float]
) -> None:
    name, on, size = trouble
    eventually(lambda: well(world))
    try:
        harm.store("postgres", name, on=on, size=size)
        eventually(lambda: bad(world))
    finally:
        for _ in range(2):
            harm.store("postgres", name, on=on, size=0.0)
    eventually(lambda: not bad(world))


def test_a_password_that_was_changed_lies_in_a_file_beside_the_one_before(world: LocalWorld, harm: LocalHarm) -> None:
    eventually(lambda: well(world))
    given = str(world.state().services["hotel"].config["store.postgres.password_file"])
    try:
        harm.store("postgres", "password", on="hotel")
        secrets = world.state().secrets
        assert secrets[f"{given}-2"] > secrets[given]
        assert not [path for path in secrets if path.endswith(("admin", "nats.conf"))]  # which no service is given
    finally:
        harm.store("postgres", "password", on="hotel", size=0.0)
    eventually(lambda: not bad(world))


@pytest.mark.parametrize("trouble", REPAIRED, ids=lambda each: each[0])
def test_an_operator_brings_the_database_back_to_its_design(
    world: LocalWorld, harm: LocalHarm, trouble: tuple[str, str, float]
) -> None:
    name, on, size = trouble
    eventually(lambda: well(world))
    assert not differs(world)
    try:
        harm.store("postgres", name, on=on, size=size)
        eventually(lambda: bool(differs(world)))
        world.apply(RECONCILE)
        eventually(lambda: not bad(world))
        assert not differs(world)
    finally:
        harm.store("postgres", name, on=on, size=0.0)
    assert not differs(world)


def differs(world: LocalWorld) -> str:
    """Return the statements that would bring the database back, or nothing."""
    try:
        return world.dry_run(RECONCILE)
    except ActionRefused:
        return ""


def test_a_database_that_may_not_be_written_to(world: LocalWorld, harm: LocalHarm) -> None:
    harm.store("postgres", "read-only")
    with pytest.raises(WorldError):
        harm.grant("hotel", "hotel.hotels", "SELECT")
    harm.store("postgres", "read-only", size=0.0)
    harm.grant("hotel", "hotel.hotels", "SELECT")


def test_commits_that_wait(world: LocalWorld, harm: LocalHarm) -> None:
    harm.store("postgres", "commit", size=0.1)
    harm.store("postgres", "commit", size=0.0)
    eventually(lambda: well(world))


def test_an_index_that_is_not_used_on_a_table_that_has_grown(world: LocalWorld, harm: LocalHarm) -> None:
    eventually(lambda: well(world))
    harm.store("postgres", "index", on="hotel.hotels.hotels_by_loc_cell", size=300_000)

    def longest() -> float:
        rows = world.store().query(
            "SELECT max(duration_ns) AS ns FROM spans WHERE statement = 'hotel.hotels_in_cells' AND start_ns > ?",
            (begun,),
        )
        return float(str(rows[0]["ns"] or 0)) / 1e9

    begun = time.time_ns()
    eventually(lambda: well(world) and longest() > 0.01)
    harm.store("postgres", "index", on="hotel.hotels.hotels_by_loc_cell", size=0.0)
    eventually(lambda: not bad(world))


def test_who_may_open_no_file_takes_no_caller(world: LocalWorld, harm: LocalHarm) -> None:
    eventually(lambda: well(world))
    harm.limit("hotel", files=6)
    eventually(lambda: bad(world))
    harm.limit("hotel")
    eventually(lambda: not bad(world))


def test_who_may_not_live_long_is_started_again(world: LocalWorld, harm: LocalHarm) -> None:
    before = world.state().services["hotel"].instances[0].restarts
    harm.limit("hotel", life=0.5)
    eventually(lambda: world.state().services["hotel"].instances[0].restarts >= before + 2)
    harm.limit("hotel")
    eventually(lambda: well(world))


def test_memory_is_limited_or_the_host_says_so(world: LocalWorld, harm: LocalHarm) -> None:
    eventually(lambda: well(world))
    with suppress(WorldError):  # a host without cgroups for memory
        harm.limit("hotel", memory=5e7)
    harm.limit("hotel")
    eventually(lambda: well(world))


def test_a_database_that_stands_still_or_is_killed_comes_back(world: LocalWorld, harm: LocalHarm) -> None:
    eventually(lambda: well(world))
    harm.signal("postgres", "STOP")
    eventually(lambda: bad(world))
    harm.signal("postgres", "CONT")
    eventually(lambda: not bad(world))
    harm.signal("postgres", "KILL")
    eventually(lambda: not bad(world))


def test_a_name_that_does_not_resolve(world: LocalWorld, harm: LocalHarm) -> None:
    eventually(lambda: well(world))
    harm.push_config("search", {"upstream.hotel.host": "hotel.invalid"}, author="a", summary="b")
    eventually(lambda: bad(world))
    harm.push_config("search", {"upstream.hotel.host": "127.0.0.1"}, author="a", summary="b")
    eventually(lambda: not bad(world))
