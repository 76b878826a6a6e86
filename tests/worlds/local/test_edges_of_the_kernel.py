"""Namespaces, process ids, signals, sockets, probes: what the world asks of the kernel."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from telic.clock import VirtualClock
from telic.errors import (
    ActionRefused,
    InvalidDesign,
    PortInUse,
    StoreFailed,
    TelicError,
    UsageError,
    WorldError,
    WorldUnavailable,
)
from telic.settings import Settings
from telic.worlds.local import checks, control, database, doctor, ending, host_pids, http, namespace, proc
from telic.worlds.local.events import Events
from telic.worlds.local.events_otlp import encode
from telic.worlds.local.layout import Layout
from telic.worlds.local.ports import listen
from telic.worlds.local.processes import Children, environment
from telic.worlds.local.sampler import Sampler
from telic.worlds.local.throttle import DutyCycle

SLEEPER = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(60)"]


def test_a_wrapped_command_ends_with_its_parent(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys, time; from telic.worlds.local.namespace import wrap;"
        f"child = subprocess.Popen(wrap({SLEEPER!r})); print(child.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    for _ in range(500):
        found = proc.stat(child)
        if found is None or found.state == "Z":
            return
        time.sleep(0.01)
    pytest.fail("the child outlived its parent")


def test_shared_memory_of_a_world_is_its_own_and_ends_with_it() -> None:
    if checks.probe_namespaces():
        pytest.skip("this machine refuses user namespaces")
    shared = Path(namespace.SHARED)
    name = f"telic-test-{os.getpid()}"
    inside = (
        "import os; from telic.worlds.local import namespace as n; n.enter_world()\n"
        "if (child := os.fork()) == 0:\n"
        f"    n.mount_proc(); open('{shared}/{name}', 'w').close(); print(os.listdir('{shared}'), flush=True)\n"
        "else: os.waitpid(child, 0)"
    )
    said = subprocess.run([sys.executable, "-c", inside], capture_output=True, text=True, check=True).stdout
    assert said.strip() == f"['{name}']"
    assert not (shared / name).exists()


def test_a_wrapped_command_becomes_another_user_where_namespaces_are_allowed() -> None:
    if checks.probe_namespaces():
        pytest.skip("this machine refuses user namespaces")
    line = namespace.wrap([sys.executable, "-I", "-S", "-c", "import os; print(os.geteuid())"], uid=1000)
    assert subprocess.run(line, capture_output=True, text=True, check=True).stdout == "1000\n"


def test_the_border_translates_process_ids() -> None:
    outer, inner = host_pids.border()
    with outer, inner:
        thread = threading.Thread(target=host_pids.translate, args=(outer,))
        thread.start()
        assert host_pids.HostPids(inner).of(os.getpid()) == os.getpid()
        thread.join()
    assert host_pids.HostPids(None).of(77) == 77


def test_a_process_that_has_gone_has_no_host_id() -> None:
    outer, inner = host_pids.border()
    outer.close()
    with inner:
        assert host_pids.HostPids(inner).of(os.getpid()) == 0


async def test_children_are_reaped_and_their_ends_told(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as outside:
        children = Children(host_pids.HostPids(None), outside)
        first = await children.start(["/bin/sh", "-c", "echo hello; exit 3"], log=tmp_path / "a.log")
        second = await children.start(SLEEPER, log=tmp_path / "b.log", outside=True)
        assert await asyncio.wait_for(first.exited, 5) == 3
        await second.stop(grace=5)
        assert second.exited.result() == -signal.SIGTERM
    assert (tmp_path / "a.log").read_text() == "hello\n"
    asyncio.get_running_loop().remove_signal_handler(signal.SIGCHLD)


async def test_an_end_that_comes_before_the_question_is_not_lost(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as outside:
        children = Children(host_pids.HostPids(None), outside)
        children.ended(2**22 - 3, 7)  # no such process
        assert children.watch(2**22 - 3).exited.result() == 7
        children.ended(os.getpid(), 7)  # the number lives again: that was an earlier process
        assert not children.watch(os.getpid()).exited.done()
    asyncio.get_running_loop().remove_signal_handler(signal.SIGCHLD)


def test_no_secret_of_the_shell_reaches_a_process() -> None:
    found = environment({"PATH": "/bin", "OPENAI_API_KEY": "sk", "TELIC_PORT": "1", "LANG": "C"})
    assert found == {"PATH": "/bin", "LANG": "C", "PYTHONUNBUFFERED": "1"}


def test_what_the_kernel_says_about_ourselves() -> None:
    found = proc.stat(os.getpid())
    assert found is not None
    assert found.parent == os.getppid()
    assert found.cpu > 0
    assert os.getpid() in proc.family(os.getppid())
    assert proc.memory(os.getpid()) > 1_000_000
    assert proc.stat(2**22 - 3) is None


def test_a_duty_cycle_stops_and_continues_and_leaves_everything_running() -> None:
    with subprocess.Popen(SLEEPER) as child:
        cycle = DutyCycle([child.pid, 2**22 - 3], 0.1)
        cycle.start()
        states = set()
        while "T" not in states:
            found = proc.stat(child.pid)
            assert found is not None
            states.add(found.state)
        cycle.stop()
        found = proc.stat(child.pid)
        assert found is not None
        assert found.state != "T"
        child.kill()


def test_stopped_time_is_estimated_from_looks() -> None:
    with subprocess.Popen(SLEEPER) as child:
        sampler = Sampler(VirtualClock(), os.getpid())
        sampler.look([child.pid], 0.2)
        assert sampler.kept(child.pid) == 0.0
        child.send_signal(signal.SIGSTOP)
        while (found := proc.stat(child.pid)) is not None and found.state != "T":
            pass
        sampler.look([child.pid], 0.2)
        sampler.look([child.pid], 0.3)
        assert sampler.kept(child.pid) == pytest.approx(0.5)
        sampler.look([], 0.2)
        assert sampler.kept(child.pid) == 0.0
        child.kill()


def test_a_port_in_use_names_holder_and_way_out() -> None:
    with listen(0) as taken, pytest.raises(PortInUse, match=rf"process {os.getpid()}") as caught:
        checks.published(taken.getsockname()[1], "the gateway", "TELIC_PORT")
    assert "TELIC_PORT" in caught.value.hint


def test_the_lock_is_held_by_one(tmp_path: Path) -> None:
    layout = Layout(tmp_path, tmp_path / "run")
    assert not checks.held(layout)
    descriptor = checks.take_lock(layout)
    assert checks.held(layout)
    with pytest.raises(UsageError, match="is up already"):
        checks.take_lock(layout)
    os.close(descriptor)
    assert not checks.held(layout)


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checks.require_disk(tmp_path)
    monkeypatch.setattr(checks, "DISK_BYTES", 10**18)
    with pytest.raises(WorldError, match="are needed") as caught:
        checks.require_disk(tmp_path)
    assert "TELIC_HOME" in caught.value.hint


def test_forbidden_namespaces_mean_processes_or_refusal(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "probe_namespaces", lambda: "unshare: Operation not permitted")
    isolation, lost = checks.choose_isolation(settings)
    assert isolation == "processes"
    assert "Operation not permitted" in lost
    with pytest.raises(UsageError, match="refuses namespaces"):
        checks.choose_isolation(replace(settings, isolation="namespace"))
    assert checks.choose_isolation(replace(settings, isolation="processes"))[0] == "processes"


def test_the_doctor_looks_at_everything(settings: Settings) -> None:
    findings = doctor.examine(settings)
    assert {"namespaces", "PostgreSQL", "Valkey", "CPU quota", "gateway port", "disk"} <= {
        each.name for each in findings
    }
    assert all(each.seen for each in findings)
    assert all(each.lost for each in findings if not each.ok)


def test_the_doctor_says_what_a_taken_port_costs(settings: Settings) -> None:
    with listen(0) as taken:
        findings = doctor.examine(replace(settings, port=taken.getsockname()[1]))
    found = next(each for each in findings if each.name == "gateway port")
    assert not found.ok
    assert "TELIC_PORT" in found.lost


@pytest.mark.parametrize("kind", [UsageError, ActionRefused, StoreFailed, WorldUnavailable])
def test_errors_travel_as_what_they_are(kind: type[TelicError]) -> None:
    found = control.rebuilt(control.described(kind("what", hint="do this")))
    assert type(found) is kind
    assert (str(found), found.hint) == ("what", "do this")
    assert type(control.rebuilt({"type": "os", "message": "m"})) is TelicError


async def test_the_control_socket_answers_and_tells_errors(tmp_path: Path) -> None:
    async def double(params: Mapping[str, object]) -> object:
        return int(str(params["n"])) * 2

    async def refuse(params: Mapping[str, object]) -> object:
        raise ActionRefused("no", hint="never")

    methods: dict[str, Callable[[Mapping[str, object]], Awaitable[object]]] = {"double": double, "refuse": refuse}
    path = tmp_path / "c.sock"
    server = await control.serve(path, methods)
    assert path.stat().st_mode & 0o777 == 0o600
    async with server:
        assert await asyncio.to_thread(control.ask, path, "double", {"n": 21}) == 42
        with pytest.raises(ActionRefused, match="no"):
            await asyncio.to_thread(control.ask, path, "refuse")
        with pytest.raises(UsageError, match="no such method"):
            await asyncio.to_thread(control.ask, path, "explode")
        with pytest.raises(UsageError, match="not a request"):
            await asyncio.to_thread(control.ask, path, "double")
    with pytest.raises(WorldUnavailable, match="no supervisor"):
        control.ask(tmp_path / "none.sock", "ping")


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"a": 1}\n', {"a": 1}),
        (b'HTTP/1.1 200 OK\r\n\r\n{"a": 1}', {"a": 1}),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", {}),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", {}),
        (b"HTTP/1.1 503 No\r\ncontent-length: 2\r\n\r\n{}", None),
        (b"", None),
        (b"rubbish", None),
        (b"HTTP/1.1 xx OK\r\n\r\n", None),
    ],
)
async def test_readiness_is_a_200(answer: bytes, found: object) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        assert await http.ready(server.sockets[0].getsockname()[1]) == found


async def test_nobody_there_is_not_ready(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert await http.ready(unused.getsockname()[1]) is None
    assert await http.ready(tmp_path / "none.sock") is None


def test_events_are_kept_and_sent_as_logs() -> None:
    clock = VirtualClock(5.0)
    events = Events("hotel", 1, clock)
    events.record("instance.exited", service="booking", entity="booking-1", reason="exit 1")
    events.record("instance.ready", service="search", entity="search-1")
    kept = events.since(0)
    assert events.since(6.0) == []
    request = ExportLogsServiceRequest.FromString(encode("hotel", kept))
    by_service = {each.resource.attributes[1].value.string_value: each.scope_logs[0] for each in request.resource_logs}
    assert set(by_service) == {"booking", "search"}
    record = by_service["booking"].log_records[0]
    assert (record.event_name, record.severity_text) == ("instance.exited", "WARN")
    assert {each.key: each.value.string_value for each in record.attributes} == {
        "event.name": "instance.exited",
        "entity": "booking-1",
        "reason": "exit 1",
    }
    assert by_service["booking"].scope.name == "telic.supervisor"


async def test_events_that_nobody_takes_are_sent_again() -> None:
    got: list[bytes] = []

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        got.append(await reader.readexactly(length))
        status = b"503 Later" if len(got) == 1 else b"200 OK"
        writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(receive, "127.0.0.1", 0)
    events = Events("hotel", server.sockets[0].getsockname()[1], VirtualClock())
    events.record("instance.ready", service="search", entity="search-1")
    async with server:
        for _ in range(3):
            await events.send()
    assert len(got) == 2
    assert got[0] == got[1]


@given(st.text())
def test_only_plain_names_become_sql(name: str) -> None:
    try:
        found = database.quoted(name)
    except InvalidDesign:
        return
    assert found == ".".join(f'"{each}"' for each in name.split("."))
    assert not set(name) & set("\"'; \n")


@pytest.mark.parametrize("text", ["", "DROP", "SELECT; DROP TABLE x", "SELECT, ALL"])
def test_only_table_privileges_are_granted(text: str) -> None:
    with pytest.raises(InvalidDesign, match="no table privilege"):
        database.parse_privileges(text)


def test_sweeping_leaves_a_running_world_alone(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "state", tmp_path / "run")
    for folder in (layout.state, layout.run):
        folder.mkdir()
    layout.control.touch()
    lock = checks.take_lock(layout)
    ending.sweep(layout)
    assert layout.control.exists()
    os.close(lock)
    ending.sweep(layout)
    assert not layout.run.exists()
