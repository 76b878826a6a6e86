"""The bundled hotel on virtual time: what can be seen of it, done to it and asked of its supervisor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from telic import loop as main_path
from telic.errors import ActionRefused, UsageError, WorldError
from telic.model import Action, Window
from telic.runtime.server.messages import Request, Response
from telic.settings import Settings
from telic.worlds.simulated import start
from telic.worlds.simulated.harm import SimulatedHarm
from telic.worlds.simulated.world import SimulatedWorld

REVIEWS = Request("POST", "/read_reviews", "", {}, b'{"hotel":"hotel-000014"}')
BROKEN = "raise RuntimeError('no ledger')\n"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedWorld]:
    home = tmp_path_factory.mktemp("simulated")
    made = main_path.design("hotel", replace(Settings.read({}), home=home))
    running = start.up(made, home / "state", seed=3)
    yield running
    running.close()


@pytest.fixture
def harm(world: SimulatedWorld) -> Iterator[SimulatedHarm]:
    made = SimulatedHarm(world)
    yield made
    made.close()


def ask(world: SimulatedWorld, request: Request = REVIEWS) -> Response:
    return world.loop.run_until_complete(world.system.enter(request))


def let_pass(world: SimulatedWorld, seconds: float) -> None:
    world.loop.run_until(world.loop.time() + seconds)


def instance(world: SimulatedWorld, service: str) -> str:
    return world.state().services[service].instances[0].name


def events(world: SimulatedWorld, since: float, entity: str) -> list[str]:
    return [str(each["name"]) for each in world.events(since) if each["entity"] == entity]


def test_it_is_up_and_looks_like_a_local_one(world: SimulatedWorld) -> None:
    state, topology = world.state(), world.topology()
    assert topology.entry == "gateway"
    assert {each.instances[0].phase for each in state.services.values()} == {"ready"}
    assert set(state.stores) == {"postgres", "valkey"}
    assert {each.instance.phase for each in state.stores.values()} == {"ready"}
    assert {each.active for each in state.links.values()} == {"a"}
    assert state.services["booking"].instances[0].process_state == "S"
    assert world.about()["isolation"] == "simulated"
    assert ask(world).status in (200, 422)


def test_telemetry_of_a_request_can_be_read(world: SimulatedWorld) -> None:
    ask(world)
    let_pass(world, 1.0)
    rows = world.store().query("SELECT DISTINCT service FROM spans WHERE name = 'read_reviews' AND kind = 'server'")
    assert {"gateway", "review"} >= {str(each["service"]) for each in rows} >= {"gateway"}
    assert world.store().query("SELECT count(*) AS n FROM logs WHERE event_name = 'instance.ready'")[0]["n"]


def test_a_pushed_setting_is_read_within_half_a_second(world: SimulatedWorld, harm: SimulatedHarm) -> None:
    before = world.loop.time()
    change = harm.push_config("booking", {"log.level": "DEBUG"}, author="amy", summary="look closer")
    assert world.loop.time() - before < 0.5
    assert world.state().services["booking"].config["log.level"] == "DEBUG"
    assert change.author == "amy"
    assert world.changes(Window(change.time, change.time + 1)) == [change]
    harm.restore("booking", change)
    assert world.state().services["booking"].config["log.level"] == "INFO"


def test_a_password_that_was_changed_lies_in_a_file_beside_the_one_before(
    world: SimulatedWorld, harm: SimulatedHarm
) -> None:
    key, before = "store.postgres.password_file", world.state()
    given = str(before.services["hotel"].config[key])
    assert given in before.secrets
    assert not [path for path in before.secrets if path.endswith("-2")]
    let_pass(world, 1.0)
    harm.store("postgres", "password", on="hotel")
    secrets = world.state().secrets
    assert secrets[f"{given}-2"] >= secrets[given] + 1.0
    harm.store("postgres", "password", on="hotel", size=0.0)


def test_a_setting_that_cannot_be_applied_ends_the_process_again_and_again(
    world: SimulatedWorld, harm: SimulatedHarm
) -> None:
    since, name = world.clock.time(), instance(world, "review")
    change = harm.push_config("review", {"log.level": "VERBOSE"}, author="amy", summary="more logs")
    let_pass(world, 4.0)
    found = world.state().services["review"].instances[0]
    assert (found.phase, found.last_exit) == ("backoff", "exit 1")
    assert found.restarts >= 2
    assert events(world, since, name).count("instance.backoff") >= 2
    assert ask(world).status == 503
    harm.restore("review", change)
    let_pass(world, 1.0)
    assert world.state().services["review"].instances[0].phase == "ready"


def test_a_version_that_does_not_start_is_refused_and_the_old_one_runs_on(
    world: SimulatedWorld, harm: SimulatedHarm
) -> None:
    before = instance(world, "payment")
    files = harm.release_files("payment")
    path = next(each for each in files if each.endswith("app.py"))
    with pytest.raises(WorldError, match=r"(?s)did not get ready.*no ledger"):
        harm.deploy("payment", {path: files[path] + BROKEN}, author="amy", summary="new ledger")
    assert instance(world, "payment") == before
    assert world.state().services["payment"].version == "1"


def test_a_deploy_runs_beside_the_old_version_and_can_be_rolled_back(
    world: SimulatedWorld, harm: SimulatedHarm
) -> None:
    files = harm.release_files("review")
    path = next(each for each in files if each.endswith("handlers.py"))
    before, began = instance(world, "review"), world.loop.time()
    change = harm.deploy("review", {path: files[path] + "\n# Newer.\n"}, author="amy", summary="newer")
    assert 0.1 < world.loop.time() - began < 2.0
    assert instance(world, "review") != before
    assert "# Newer." in harm.release_files("review")[path]
    assert ask(world).status in (200, 422)
    undo = world.apply(Action("rollback", "review", {"version": "1"}, "test"))
    assert world.state().services["review"].version == "1"
    assert undo.action is not None
    assert undo.action.params == {"version": change.after}


def test_a_killed_process_is_started_again(world: SimulatedWorld, harm: SimulatedHarm) -> None:
    since, name = world.clock.time(), instance(world, "user")
    harm.signal("user", "KILL")
    let_pass(world, 1.5)
    found = world.state().services["user"].instances[0]
    assert (found.phase, found.last_exit) == ("ready", "signal 9")
    assert events(world, since, name) == [
        "instance.exited", "instance.backoff", "instance.started", "instance.ready",
    ]  # fmt: skip


def test_a_stopped_process_is_seen_and_a_restart_helps(world: SimulatedWorld, harm: SimulatedHarm) -> None:
    harm.signal("search", "STOP")
    let_pass(world, 3.0)
    found = world.state().services["search"].instances[0]
    assert (found.phase, found.process_state) == ("unready", "T")
    assert found.throttled_seconds == pytest.approx(3.0, abs=0.1)
    world.apply(Action("restart", "search", {}, "test"))
    found = world.state().services["search"].instances[0]
    assert (found.phase, found.process_state) == ("ready", "S")


def test_less_cpu_shows_as_time_kept_from_running(world: SimulatedWorld, harm: SimulatedHarm) -> None:
    harm.throttle("review", 0.01)
    for _ in range(10):
        ask(world)
    kept = world.state().services["review"].instances[0].throttled_seconds
    harm.throttle("review", 1.0)
    assert kept > 0.1


@pytest.mark.parametrize("share", [0.5, 2.0])
def test_another_machine_has_fewer_or_more_slots(world: SimulatedWorld, harm: SimulatedHarm, share: float) -> None:
    def slots() -> float:
        let_pass(world, 2.0)
        sql = "SELECT value FROM metrics WHERE name = 'telic.admission.limit' AND service = ? ORDER BY time_ns DESC"
        return float(str(world.store().query(sql, ["review"], limit=1)[0]["value"]))

    declared = slots()
    harm.capacity("review", share)
    assert slots() == share * declared
    harm.capacity("review", 1.0)
    assert slots() == declared


def test_privileges_that_are_missing_are_named_and_felt(world: SimulatedWorld, harm: SimulatedHarm) -> None:
    harm.revoke("review", "review.reviews", "SELECT")
    assert world.state().stores["postgres"].missing_grants == ("review: SELECT ON review.reviews",)
    harm.flush("valkey")  # where the answer was kept
    assert ask(world).status == 503
    undo = world.apply(Action("grant", "review", {"table": "review.reviews", "privileges": "ALL"}, "test"))
    assert world.state().stores["postgres"].missing_grants == ()
    assert undo.action is not None
    assert undo.action.params["privileges"] == "SELECT"
    assert ask(world).status in (200, 422)


def test_a_link_that_drops_everything_is_healed_by_another_one(world: SimulatedWorld, harm: SimulatedHarm) -> None:
    harm.link("gateway->review", drop=True)
    assert ask(world).status in (503, 504)
    world.apply(Action("failover", "gateway->review", {"link": "b"}, "test"))
    assert world.state().links["gateway->review"].active == "b"
    assert ask(world).status in (200, 422)
    harm.link("gateway->review")
    world.apply(Action("failover", "gateway->review", {"link": "a"}, "test"))
    assert ask(world).status in (200, 422)


def test_a_database_that_died_comes_back_with_its_data(world: SimulatedWorld, harm: SimulatedHarm) -> None:
    before = ask(world).body
    harm.flush("valkey")
    harm.signal("postgres", "KILL")
    assert ask(world).status in (503, 504)
    let_pass(world, 3.0)
    assert world.state().stores["postgres"].instance.restarts == 1
    assert ask(world).body == before


def test_pauses_end_with_whoever_made_them(world: SimulatedWorld) -> None:
    harm = SimulatedHarm(world)
    harm.pause("activity", 0.5, every=1.0)
    let_pass(world, 4.2)
    assert world.state().services["activity"].instances[0].process_state == "T"
    harm.close()
    assert world.state().services["activity"].instances[0].process_state == "S"
    kept = world.state().services["activity"].instances[0].throttled_seconds
    assert 1.9 < kept < 2.8


def test_what_is_wrong_is_refused_with_words(world: SimulatedWorld, harm: SimulatedHarm) -> None:
    wrongs: tuple[Callable[[], object], ...] = (
        lambda: harm.signal("booking", "HUP"),
        lambda: harm.signal("bookin", "STOP"),
        lambda: harm.throttle("booking", 0.0),
        lambda: harm.capacity("booking", 0.0),
        lambda: harm.capacity("booking", 5.0),
        lambda: harm.link("gateway->nobody", drop=True),
        lambda: harm.pause("booking", 1.0),
        lambda: world.ask("fly"),
    )
    for wrong in wrongs:
        with pytest.raises(UsageError):
            wrong()
    with pytest.raises(ActionRefused, match="no version"):
        world.dry_run(Action("rollback", "booking", {"version": "99"}, "test"))


def test_a_setting_is_read_as_the_design_means_it_whatever_it_was_broken_to(
    world: SimulatedWorld, harm: SimulatedHarm
) -> None:
    harm.push_config("review", {"store.postgres.pool": "3 per core"}, author="a", summary="b")
    undo = world.apply(Action("set_config", "review", {"key": "store.postgres.pool", "value": "3"}, "test"))
    assert world.state().services["review"].config["store.postgres.pool"] == 3
    with pytest.raises(ActionRefused, match="no int"):
        world.apply(Action("set_config", "review", {"key": "store.postgres.pool", "value": "many"}, "test"))
    assert undo.action is not None
    world.apply(undo.action)  # what was there before may come back
    assert world.state().services["review"].config["store.postgres.pool"] == "3 per core"
