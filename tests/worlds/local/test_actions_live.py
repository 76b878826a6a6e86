"""What one can do to a running world, and that it can be taken back."""

from __future__ import annotations

import time
import urllib.error
from collections.abc import Callable

import pytest

from telic.errors import ActionRefused, UsageError, WorldError
from telic.model import Action, Window
from telic.worlds.local.harm import LocalHarm
from telic.worlds.local.world import LocalWorld

pytestmark = pytest.mark.live
Get = Callable[..., dict[str, object]]
FINE = {"text": "hello test", "rooms": 10}


def test_the_world_answers_and_says_what_it_is(shared_world: LocalWorld, get: Get) -> None:
    assert get(shared_world) == FINE
    state, topology = shared_world.state(), shared_world.topology()
    assert set(state.services) == {"gateway", "hotel"}
    assert set(state.stores) == {"postgres", "valkey"}
    assert topology.callees("gateway") == ("hotel",)
    assert topology.callees("hotel") == ("postgres", "valkey")
    assert all(each.instances[0].phase == "ready" for each in state.services.values())
    assert all(each.instances[0].memory_bytes > 1_000_000 for each in state.services.values())
    assert {each.active for each in state.links.values()} == {"a"}


def test_pids_are_those_of_the_host(shared_world: LocalWorld) -> None:
    instance = shared_world.state().services["hotel"].instances[0]
    with open(f"/proc/{instance.pid}/cmdline", "rb") as file:
        assert b"telic.worlds.local.forkserver" in file.read()


@pytest.mark.parametrize(
    "action",
    [
        Action("set_config", "hotel", {"key": "log.level", "value": "DEBUG"}),
        Action("failover", "gateway->hotel", {"link": "b"}),
        Action("failover", "hotel->postgres", {"link": "b"}),
        Action("set_policy", "hotel", {"policy": '{"queue": 5}'}),
        Action("set_policy", "gateway->hotel", {"policy": '{"timeout": 0.7, "retry": {"max": 1}}'}),
    ],
    ids=str,
)
def test_an_undo_restores_the_state(shared_world: LocalWorld, get: Get, action: Action) -> None:
    service = action.target.partition("->")[0]
    before = shared_world.state().services[service]
    assert shared_world.dry_run(action)
    assert shared_world.state().services[service].config == before.config, "a dry run changes nothing"
    undo = shared_world.apply(action)
    changed = shared_world.state().services[service]
    assert (changed.config, changed.policies) != (before.config, before.policies)
    assert get(shared_world) == FINE
    assert undo.action is not None
    shared_world.apply(undo.action)
    after = shared_world.state().services[service]
    assert (after.config, after.policies) == (before.config, before.policies)
    assert after.revision == before.revision + 2
    assert get(shared_world) == FINE


def test_a_deploy_is_rolled_back_and_restored(shared_world: LocalWorld, get: Get) -> None:
    harm = LocalHarm.attach(shared_world.state_folder)
    path = "services/hotel/app.py"
    code = shared_world.release_files("hotel")[path]
    first = shared_world.state().services["hotel"]
    change = harm.deploy("hotel", {path: code.replace('f"hello', 'f"bye')}, author="ann", summary="say bye")
    now = shared_world.state().services["hotel"]
    assert (now.version, now.previous_version) == (change.after, first.version)
    assert "-        return" in change.diff
    assert get(shared_world)["text"] == "bye test"
    undo = shared_world.apply(Action("rollback", "hotel", {"version": change.before}))
    assert get(shared_world) == FINE
    assert undo.action is not None
    shared_world.apply(undo.action)
    assert get(shared_world)["text"] == "bye test"
    harm.restore("hotel", change)
    assert get(shared_world) == FINE
    harm.restore("hotel", change)  # no longer in force: nothing happens
    changes = shared_world.changes(Window(change.time, time.time() + 1))
    assert [(each.kind, each.before, each.after) for each in changes] == [
        ("deploy", change.before, change.after),
        ("deploy", change.after, change.before),
        ("deploy", change.before, change.after),
        ("deploy", change.after, change.before),
    ]
    assert changes[0].author == "ann"


def test_a_version_that_does_not_start_changes_nothing(shared_world: LocalWorld, get: Get) -> None:
    harm = LocalHarm.attach(shared_world.state_folder)
    before = shared_world.state().services["hotel"]
    with pytest.raises(WorldError, match="did not get ready") as caught:
        harm.deploy("hotel", {"services/hotel/app.py": "raise RuntimeError('broken')"}, author="ann", summary="oops")
    assert "RuntimeError: broken" in str(caught.value)
    after = shared_world.state().services["hotel"]
    assert (after.version, after.instances[0].name) == (before.version, before.instances[0].name)
    assert get(shared_world) == FINE


def test_restart_replaces_the_process(shared_world: LocalWorld, get: Get) -> None:
    before = shared_world.state().services["hotel"].instances[0]
    assert shared_world.apply(Action("restart", "hotel")).action is None
    after = shared_world.state().services["hotel"].instances[0]
    assert after.pid != before.pid
    assert after.restarts == 0
    assert get(shared_world) == FINE


def test_a_revoked_privilege_is_seen_and_granted_again(shared_world: LocalWorld, get: Get) -> None:
    harm = LocalHarm.attach(shared_world.state_folder)
    harm.revoke("hotel", "hotel.hotels", "SELECT")
    with pytest.raises(urllib.error.HTTPError, match="503"):
        get(shared_world)
    time.sleep(1.0)  # a reading of the grants holds for a second
    assert shared_world.state().stores["postgres"].missing_grants == ("hotel: SELECT ON hotel.hotels",)
    undo = shared_world.apply(Action("grant", "hotel", {"table": "hotel.hotels", "privileges": "ALL"}))
    assert undo.action == Action("revoke", "hotel", {"table": "hotel.hotels", "privileges": "SELECT"}, "undo")
    assert get(shared_world) == FINE
    harm.revoke("hotel", "hotel.hotels")
    harm.grant("hotel", "hotel.hotels")
    assert get(shared_world) == FINE


def test_a_pushed_setting_is_taken_back(shared_world: LocalWorld) -> None:
    harm = LocalHarm.attach(shared_world.state_folder)
    port = shared_world.state().services["gateway"].config["upstream.hotel.port"]
    change = harm.push_config("gateway", {"upstream.hotel.port": 1}, author="bob", summary="tidy up")
    assert change.diff == f"upstream.hotel.port: {port} -> 1"
    assert shared_world.state().links["gateway->hotel"].active == "other"
    harm.restore("gateway", change)
    assert shared_world.state().services["gateway"].config["upstream.hotel.port"] == port


def test_flushing_the_cache_cannot_be_undone(shared_world: LocalWorld) -> None:
    assert shared_world.apply(Action("flush_cache", "valkey")).irreversible


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (Action("explode", "hotel"), "no verb"),
        (Action("restart", "hotle"), "no service"),
        (Action("rollback", "hotel", {"version": "77"}), "no version"),
        (Action("rollback", "gateway", {"version": "1"}), "already"),
        (Action("set_config", "hotel", {"key": "log.levl", "value": "INFO"}), "no setting"),
        (Action("set_config", "hotel", {"key": "log.level", "value": "INFO"}), "already"),
        (Action("set_config", "hotel", {"key": "store.postgres.port", "value": "abc"}), "no int"),
        (Action("failover", "gateway->hotel", {"link": "c"}), "no link"),
        (Action("failover", "gateway->hotel", {"link": "a"}), "already"),
        (Action("failover", "users->gateway", {"link": "b"}), "no edge"),
        (Action("set_policy", "hotel", {"policy": "{"}), "not a policy"),
        (Action("set_policy", "hotel", {"policy": '{"queu": 1}'}), "no field"),
        (Action("set_policy", "hotel->x", {"policy": "{}"}), "no edge"),
        (Action("grant", "hotel", {"table": "hotel.hotels", "privileges": "DELETE"}), "does not grant"),
        (Action("grant", "hotel", {"table": "hotel.hotels", "privileges": "SELECT"}), "already"),
        (Action("grant", "hotel", {"table": "x.y", "privileges": "SELECT"}), "no table"),
        (Action("revoke", "hotel", {"table": "hotel.hotels", "privileges": "DELETE"}), "holds none"),
        (Action("flush_cache", "postgres"), "no cache"),
    ],
    ids=str,
)
def test_a_precondition_that_does_not_hold_is_refused(shared_world: LocalWorld, action: Action, words: str) -> None:
    with pytest.raises(ActionRefused, match=words) as caught:
        shared_world.dry_run(action)
    assert caught.value.hint
    with pytest.raises(ActionRefused, match=words):
        shared_world.apply(action)


def test_wrong_requests_are_told_what_is_wrong(shared_world: LocalWorld) -> None:
    harm = LocalHarm.attach(shared_world.state_folder)
    with pytest.raises(UsageError, match="no service"):
        shared_world.release_files("hotle")
    with pytest.raises(UsageError, match="no source file"):
        harm.deploy("hotel", {"../../x.py": ""}, author="ann", summary="")
    with pytest.raises(UsageError, match="no edge"):
        harm.link("hotel->moon", delay=0.1)
