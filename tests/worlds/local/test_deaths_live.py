"""Whatever is killed: users' data stay, processes that should run do, and nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from telic.errors import InvalidRecord, PortInUse, StoreFailed, UsageError, WorldError, WorldUnavailable
from telic.model import Action, Design, Window
from telic.settings import Settings
from telic.worlds.local import checks, launch
from telic.worlds.local.harm import LocalHarm
from telic.worlds.local.layout import Layout
from telic.worlds.local.world import LocalWorld

pytestmark = pytest.mark.live
Get = Callable[..., dict[str, object]]
Eventually = Callable[..., None]
Start = Callable[..., LocalWorld]


def processes_of(state: Path) -> list[int]:
    """Return every process whose command line or working folder names the state folder."""
    found = []
    for each in psutil.process_iter(["cmdline", "cwd"]):
        words = " ".join(each.info["cmdline"] or ())
        if each.pid != os.getpid() and (str(state) in words or str(each.info["cwd"] or "").startswith(str(state))):
            found.append(each.pid)
    return found


def part(state: Path, name: str) -> int:
    """Return the process id of a part that runs `name`, in the host's numbering."""
    own = psutil.Process(json.loads((state / "system.json").read_text())["pid"])
    return next((each.pid for each in own.children() if name in _command(each)), 0)


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # it ended since it was listed
        return ""


@pytest.mark.parametrize(
    ("isolation", "who"), [("namespace", "supervisor"), ("namespace", "keeper"), ("processes", "supervisor")]
)
def test_a_killed_supervisor_takes_everything_with_it_and_the_data_stay(
    small_design: Design, started: Start, get: Get, eventually: Eventually, isolation: str, who: str
) -> None:
    world = started(small_design, isolation=isolation)
    assert world.about()["isolation"] == isolation
    LocalHarm.attach(world.state_folder).deploy(
        "hotel",
        {"services/hotel/app.py": world.release_files("hotel")["services/hotel/app.py"].replace("hello {", "bye {")},
        author="ann",
        summary="say bye",
    )
    world.apply(Action("set_config", "gateway", {"key": "log.level", "value": "DEBUG"}))
    victim = psutil.Process(int(str(world.about()["pid"])))
    os.kill(victim.pid if who == "supervisor" else victim.ppid(), signal.SIGKILL)
    eventually(lambda: not processes_of(world.state_folder), within=3)
    eventually(lambda: not launch.alive(world.state_folder), within=3)
    with pytest.raises(WorldUnavailable, match="not running"):
        LocalWorld.attach(world.state_folder)
    with pytest.raises(WorldUnavailable, match="not running"):
        launch.down(world.state_folder)
    again = started(small_design, isolation=isolation)
    assert get(again) == {"text": "bye test", "rooms": 10}
    state = again.state()
    assert state.services["hotel"].version == "2"
    assert state.services["gateway"].config["log.level"] == "DEBUG"
    assert [each.kind for each in again.changes(_ever())] == ["deploy", "config"]


@pytest.mark.parametrize(
    ("name", "isolation"),
    [
        ("telic.telemetry.receiver", "namespace"),
        ("local.proxy", "namespace"),
        ("local.forkserver", "namespace"),
        ("local.forkserver", "processes"),
        ("postgres", "namespace"),
        ("postgres", "processes"),
        ("valkey", "namespace"),
    ],
)
def test_a_killed_part_is_started_again(
    small_design: Design, started: Start, get: Get, eventually: Eventually, name: str, isolation: str
) -> None:
    world = started(small_design, isolation=isolation)
    harm = LocalHarm.attach(world.state_folder)
    harm.link("gateway->hotel", delay=0.01)
    old = part(world.state_folder, name)
    os.kill(old, signal.SIGKILL)
    eventually(lambda: part(world.state_folder, name) not in (0, old))
    eventually(lambda: get(world) == {"text": "hello test", "rooms": 10})
    eventually(lambda: all(each.instances[0].phase == "ready" for each in world.state().services.values()))
    eventually(lambda: world.store().query("SELECT count(*) AS n FROM logs")[0]["n"] is not None)
    if name == "local.proxy":
        assert all(each["delay"] == 0 for each in harm.links())


def test_a_killed_service_is_started_again(shared_world: LocalWorld, get: Get, eventually: Eventually) -> None:
    before = shared_world.state().services["hotel"].instances[0]
    LocalHarm.attach(shared_world.state_folder).signal("hotel", "KILL")
    eventually(lambda: shared_world.state().services["hotel"].instances[0].restarts == before.restarts + 1)
    eventually(lambda: shared_world.state().services["hotel"].instances[0].phase == "ready")
    after = shared_world.state().services["hotel"].instances[0]
    assert after.last_exit == "signal 9"
    assert after.pid != before.pid
    assert get(shared_world)["rooms"] == 10


def test_a_hung_service_is_seen_and_not_restarted(shared_world: LocalWorld, get: Get, eventually: Eventually) -> None:
    harm = LocalHarm.attach(shared_world.state_folder)
    before = shared_world.state().services["hotel"].instances[0]
    harm.signal("hotel", "STOP")
    eventually(lambda: shared_world.state().services["hotel"].instances[0].phase == "unready", within=5)
    hung = shared_world.state().services["hotel"].instances[0]
    assert (hung.process_state, hung.pid, hung.restarts) == ("T", before.pid, before.restarts)
    eventually(lambda: shared_world.state().services["hotel"].instances[0].throttled_seconds > 0.5)
    shared_world.apply(Action("restart", "hotel"))
    assert get(shared_world)["rooms"] == 10


def test_a_starved_service_gets_its_share(shared_world: LocalWorld, eventually: Eventually) -> None:
    harm = LocalHarm.attach(shared_world.state_folder)
    pid = shared_world.state().services["gateway"].instances[0].pid
    how = harm.throttle("gateway", 0.02)
    try:
        if how == "cgroup":
            assert "telic-" in Path(f"/proc/{pid}/cgroup").read_text()
        else:
            eventually(lambda: shared_world.state().services["gateway"].instances[0].throttled_seconds > 0.3)
    finally:
        assert harm.throttle("gateway", 1.0) == how
    assert "telic-" not in Path(f"/proc/{pid}/cgroup").read_text()
    eventually(lambda: shared_world.state().services["gateway"].instances[0].process_state != "T")


def test_a_dropped_link_and_its_standby(shared_world: LocalWorld, get: Get) -> None:
    harm = LocalHarm.attach(shared_world.state_folder)
    harm.link("gateway->hotel", drop=True)
    try:
        with pytest.raises(OSError, match=r"504|503|timed out"):
            get(shared_world, timeout=3)
        undo = shared_world.apply(Action("failover", "gateway->hotel", {"link": "b"}))
        assert get(shared_world)["rooms"] == 10
    finally:
        harm.link("gateway->hotel")
    assert undo.action is not None
    shared_world.apply(undo.action)
    assert get(shared_world)["rooms"] == 10


def test_a_configuration_that_cannot_be_applied_ends_in_a_crash_loop_and_its_undo_in_health(
    shared_world: LocalWorld, get: Get, eventually: Eventually
) -> None:
    harm = LocalHarm.attach(shared_world.state_folder)
    change = harm.push_config("hotel", {"log.level": "LOUD"}, author="ann", summary="more logs")
    eventually(lambda: shared_world.state().services["hotel"].instances[0].restarts >= 2)
    assert shared_world.state().services["hotel"].instances[0].last_exit == "exit 1"
    shared_world.apply(Action("set_config", "hotel", {"key": "log.level", "value": "INFO"}))
    eventually(lambda: shared_world.state().services["hotel"].instances[0].phase == "ready", within=5)
    assert get(shared_world)["rooms"] == 10
    harm.restore("hotel", change)


def test_a_second_up_is_refused(shared_world: LocalWorld, settings: Settings, small_design: Design) -> None:
    ours = Settings(home=shared_world.state_folder.parent, data=settings.data, port=0, otlp_port=0)
    with pytest.raises(UsageError, match=r"tiny is up already at http://127.0.0.1") as caught:
        launch.up(small_design, ours)
    assert "telic down tiny" in caught.value.hint


def test_a_port_in_use_names_its_holder(shared_world: LocalWorld, settings: Settings, small_design: Design) -> None:
    port = int(str(shared_world.about()["url"]).rpartition(":")[2])
    taken = Settings(home=settings.home, data=settings.data, port=port, otlp_port=0)
    with pytest.raises(PortInUse, match=rf"port {port} of the gateway is in use by process \d+ .*telic") as caught:
        launch.up(small_design, taken)
    assert "TELIC_PORT" in caught.value.hint
    assert not launch.alive(settings.system("tiny"))


def test_damaged_desired_state_is_named(small_design: Design, settings: Settings, started: Start, get: Get) -> None:
    world = started(small_design)
    launch.down(world.state_folder)
    file = world.state_folder / "desired.json"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(InvalidRecord, match=r"desired.json is damaged") as caught:
        started(small_design)
    assert "--fresh" in caught.value.hint
    assert not processes_of(world.state_folder)
    assert get(started(small_design, fresh=True))["rooms"] == 10


def test_a_store_that_does_not_start_says_why(small_design: Design, settings: Settings, started: Start) -> None:
    world = started(small_design)
    launch.down(world.state_folder)
    (world.state_folder / "stores" / "postgres" / "global" / "pg_control").unlink()
    with pytest.raises(StoreFailed, match=r"(?s)postgres did not get ready .*pg_control"):
        started(small_design)
    assert not processes_of(world.state_folder)


def test_a_service_that_does_not_start_says_why(small_design: Design, settings: Settings, started: Start) -> None:
    (small_design.folder / "services" / "hotel" / "app.py").write_text("raise RuntimeError('no app today')\n")
    with pytest.raises(WorldError, match=r"(?s)hotel-1 did not get ready.*no app today"):
        started(small_design)
    assert not processes_of(settings.system("tiny"))


def test_down_while_starting(small_design: Design, settings: Settings, eventually: Eventually) -> None:
    state = settings.system("tiny")
    with subprocess.Popen(
        [sys.executable, "-c", _UP, str(small_design.folder), str(settings.home)], stderr=subprocess.PIPE
    ) as up:
        eventually(lambda: launch.alive(state))
        launch.down(state)
        assert up.stderr is not None
        said = up.stderr.read().decode()
    assert "was taken down while it started" in said or "the supervisor ended while it started" in said
    assert not processes_of(state)


@pytest.mark.parametrize("how", [[signal.SIGINT], [signal.SIGINT, signal.SIGINT], [signal.SIGKILL]], ids=str)
def test_an_interrupted_up_leaves_nothing(
    small_design: Design, settings: Settings, eventually: Eventually, started: Start, get: Get, how: list[int]
) -> None:
    state = settings.system("tiny")
    try:
        with subprocess.Popen(
            [sys.executable, "-c", _UP, str(small_design.folder), str(settings.home)], stderr=subprocess.DEVNULL
        ) as up:
            eventually(lambda: Layout.of(state).control.exists())
            for number in how:
                up.send_signal(number)
                time.sleep(0.05)
        eventually(lambda: not processes_of(state), within=5)
        eventually(lambda: not checks.held(Layout.of(state)), within=5)
    finally:
        with suppress(WorldUnavailable):  # as it should be
            launch.down(state)
    assert get(started(small_design))["rooms"] == 10


def test_it_outlives_the_command_that_started_it(small_design: Design, settings: Settings, get: Get) -> None:
    subprocess.run([sys.executable, "-c", _UP, str(small_design.folder), str(settings.home)], check=True)
    state = settings.system("tiny")
    try:
        assert get(LocalWorld.attach(state))["rooms"] == 10
    finally:
        launch.down(state)
    assert not processes_of(state)


def test_on_a_leash_it_ends_when_its_owner_is_killed(
    small_design: Design, settings: Settings, eventually: Eventually
) -> None:
    state = settings.system("tiny")
    owned = _UP.replace("otlp_port=0))", "otlp_port=0), on_leash=held.append)\nprint('up', flush=True)\nsignal.pause()")
    words = [sys.executable, "-c", f"held = []\n{owned}", str(small_design.folder), str(settings.home)]
    try:
        with subprocess.Popen(words, stdout=subprocess.PIPE) as owner:
            assert owner.stdout is not None
            assert owner.stdout.readline() == b"up\n"
            assert processes_of(state)
            owner.kill()
        eventually(lambda: not processes_of(state), within=10)
        eventually(lambda: not checks.held(Layout.of(state)), within=5)
    finally:
        with suppress(WorldUnavailable):  # as it should be
            launch.down(state)


def _ever() -> Window:
    return Window(0, time.time() + 1)


_UP = """
import signal
import sys
from pathlib import Path
from telic.settings import Settings
from telic.worlds.local import launch
from telic.worlds.local.reconcile import read_design
home = Path(sys.argv[2])
signal.signal(signal.SIGINT, signal.default_int_handler)  # who starts tests in the background has it ignored
launch.up(read_design(Path(sys.argv[1])), Settings(home=home, data=home, port=0, otlp_port=0))
"""
