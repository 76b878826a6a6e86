"""A shell on a real hotel: what it sees, what it cannot reach, and how a command ends."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil
import pytest

from telic.errors import UsageError
from telic.lab.shell import crowd
from telic.lab.shell.commands import HEAD, TAIL, Shell, shell_of
from telic.worlds.local import administrator
from telic.worlds.local.layout import Layout
from telic.worlds.local.store_trouble import Trouble
from telic.worlds.local.world import LocalWorld

pytestmark = pytest.mark.live

FORBIDDEN = (
    "telic.lab", "telic.worlds", "telic-", "supervisor", "forkserver", "receiver", "injector", "harm", "chaos",
    "proxy", "local.boot", "worlds.load", "pytest", "suites", "scenario",
)  # fmt: skip
LOOKS = """
find / \\( -path /usr -o -path /run/proc \\) -prune -o -print 2>/dev/null
cat /proc/[0-9]*/{cmdline,comm,status,environ} /proc/self/mountinfo 2>/dev/null | tr '\\0' '\\n'
ls -l /proc/[0-9]*/fd
env; hostname; ip addr; ss -tulpn; cat /etc/hosts
find /srv/config /srv/log /srv/stores /srv/README -type f -exec cat {} +
"""


@pytest.fixture(scope="module")
def shell(world: LocalWorld) -> Shell:
    found = shell_of(world)
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.fixture(autouse=True)
def nothing_stays(world: LocalWorld) -> Iterator[None]:
    before = rooms()
    yield
    assert rooms() <= before


def encoded(words: Iterable[str]) -> str:
    """Return words so that the command line, which can be seen too, holds none of them."""
    return base64.b64encode("\n".join(words).encode()).decode()


def rooms() -> set[int]:
    """Return the processes of all rooms, and of bubblewrap."""
    found = set()
    for each in psutil.process_iter(["name", "cmdline"]):
        words = each.info["cmdline"] or []
        if each.info["name"] == "bwrap" or "telic.lab.shell.room" in words:
            found.add(each.pid)
    return found


@pytest.mark.skipif(shutil.which("ps") is None, reason="ps is not installed here")
def test_it_sees_the_processes_of_services_and_stores(shell: Shell, world: LocalWorld) -> None:
    said = shell.run("ps -eo pid,args")
    assert said.ended == "exit 0"
    seen = {line.split(None, 1)[1]: int(line.split()[0]) for line in said.text.splitlines()[1:]}
    for service in world.state().services.values():
        assert seen[service.instances[0].name] == service.instances[0].pid
    assert any(args.startswith("postgres: checkpointer") for args in seen)
    assert any(args.startswith("valkey-server 127.0.0.1:") for args in seen)


def test_it_reads_code_configuration_and_logs(shell: Shell) -> None:
    said = shell.run("cat /srv/config/hotel/hotel-1.json")
    assert json.loads(said.text.replace("[redacted]", '"hidden"'))["settings"]["store.postgres.user"] == "hotel"
    assert "class Near" in shell.run("cat /srv/releases/hotel/current/services/hotel/handlers.py").text
    assert "serves at port" in shell.run("cat /srv/log/hotel-1.log").text
    assert "ready to accept connections" in shell.run("grep ready /srv/log/postgres.log").text


def test_what_processes_do_meanwhile_is_seen(shell: Shell, world: LocalWorld) -> None:
    pid = world.state().services["gateway"].instances[0].pid
    head = r"HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    ask = f"(exec 3<>/dev/tcp/gateway/8080; printf 'GET /x {head}' >&3; cat <&3)"
    look = f"cat /proc/{pid}/schedstat"
    said = shell.run(
        f"{look}; for n in $(seq 20); do {ask} > /tmp/answer; done; sleep 1.5; {look}; ls /proc/{pid}/fd | wc -l"
    )
    before, after, descriptors = said.text.splitlines()
    assert int(after.split()[0]) > int(before.split()[0])
    assert int(descriptors) > 3


def test_stores_say_what_they_do(shell: Shell, world: LocalWorld) -> None:
    said = shell.run("cd /srv/stores/postgres; for each in *; do echo ==$each; cat $each; done").text
    tables = {part.partition("\n")[0]: part.partition("\n")[2].splitlines() for part in said.split("==")[1:]}
    assert {"activity", "locks", "tables", "indexes", "constraints", "roles", "grants"} <= set(tables)
    assert "booking\tTrue\t-1" in "\n".join(tables["roles"])
    assert any(line.startswith("booking.bookings\tbookings_pkey\tTrue") for line in tables["indexes"])
    sessions = {line.split("\t")[0] for line in tables["activity"][1:]}
    assert sessions
    assert sessions <= set(shell.run("ls /proc").text.split())
    assert "keyspace_hits:" in shell.run("cat /srv/stores/valkey/info").text


def test_who_waits_for_whom_is_seen(shell: Shell, world: LocalWorld) -> None:
    about, layout = world.about(), Layout.of(world.state_folder)
    administrator.bring_about(layout, about, "postgres", Trouble("lock", "review.reviews", 1.0))
    try:
        locks = shell.run("grep AccessExclusiveLock /srv/stores/postgres/locks").text
        holder = shell.run("grep 'LOCK TABLE' /srv/stores/postgres/activity").text
    finally:
        administrator.bring_about(layout, about, "postgres", Trouble("lock", "review.reviews", 0.0))
    assert "review.reviews\tAccessExclusiveLock\tTrue" in locks
    assert holder.split("\t")[0] == locks.split("\t")[0]


def test_services_answer_it_by_name(shell: Shell) -> None:
    head = r"HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    ask = "exec 3<>/dev/tcp/{}/8080; printf 'GET {} " + head + "' >&3; cat <&3"
    assert shell.run(ask.format("hotel", "/nothing")).text.startswith("HTTP/1.1 404")
    assert '"title": "hotel: gateway"' in shell.run(ask.format("gateway", "/-/openapi.json")).text


def test_no_secret_is_in_what_it_sees(shell: Shell, world: LocalWorld) -> None:
    secrets = [each.read_text().strip() for each in Layout.of(world.state_folder).secrets.iterdir()]
    assert len(secrets) > 5
    wanted = encoded(secrets)
    where = "/srv /etc /proc/[0-9]*/{cmdline,environ,status}"
    found = shell.run(f"echo {wanted} | base64 -d | grep -rlF -f - {where} 2>/dev/null; ls /srv/secrets")
    assert found.text.strip() == "ls: cannot access '/srv/secrets': No such file or directory"


@pytest.mark.parametrize("looks", LOOKS.strip().splitlines(), ids=["files", "processes", "open", "machine", "texts"])
def test_nothing_of_the_lab_is_in_what_it_sees(shell: Shell, world: LocalWorld, looks: str) -> None:
    said = shell.run(
        f"({looks}) > /tmp/seen; wc -c < /tmp/seen; echo {encoded(FORBIDDEN)} | base64 -d | grep -aniF -f - /tmp/seen"
    )
    size, _, found = said.text.partition("\n")
    assert int(size) > 100
    assert found == ""


def test_the_lab_can_neither_be_reached_nor_signalled(shell: Shell, world: LocalWorld) -> None:
    ports = [4318, *(int(str(world.about()[name]).rpartition(":")[2]) for name in ("url", "otlp"))]
    asked = "; ".join(f"(exec 3<>/dev/tcp/127.0.0.1/{port}) 2>&1" for port in ports)
    assert shell.run(asked).text.count("connect: Connection refused") == len(ports)
    hotel = world.state().services["hotel"].instances[0].pid
    said = shell.run(f"kill -9 {os.getpid()} {hotel}")
    assert said.text.count("No such process") == 2
    assert shell.run("kill -9 -1").ended.startswith("exit")
    assert psutil.pid_exists(hotel)


def test_it_changes_nothing(shell: Shell, world: LocalWorld) -> None:
    said = shell.run("for each in /srv/x /proc/x /usr/x /etc/x; do touch $each; done; touch /tmp/x && ls /tmp")
    assert said.text.count("Read-only file system") == 3
    assert said.text.endswith("x\n")
    assert shell.run("ls /tmp").text == ""
    assert all(each.instances[0].phase == "ready" for each in world.state().services.values())


@pytest.mark.parametrize("command", ["sleep 60", "while true; do :; done", "trap '' TERM INT; setsid sleep 60"])
def test_a_command_that_does_not_end_is_ended(shell: Shell, command: str) -> None:
    began = time.monotonic()
    assert shell.run(command, seconds=1.5).ended == "out of time after 1.5 s"
    assert time.monotonic() - began < 20.0


def test_a_crowd_of_processes_is_limited(shell: Shell) -> None:
    with crowd.limited() as group:
        if not group:
            pytest.skip("no cgroup limits processes here")
    said = shell.run(f"for n in $(seq {crowd.MOST + 50}); do sleep 60 & done", 5.0)
    assert "Resource temporarily unavailable" in said.text
    assert not list(Path(group).parent.glob(f"{crowd.PREFIX}{os.getpid()}-*"))


def test_a_fork_bomb_ends_with_its_time(shell: Shell, world: LocalWorld) -> None:
    with crowd.limited() as group:
        if not group:
            pytest.skip("no cgroup limits processes here")
    assert shell.run("bomb() { bomb | bomb & }; bomb; sleep 60", 2.0).ended.startswith(("out of time", "exit"))
    assert all(each.instances[0].phase == "ready" for each in world.state().services.values())


def test_what_it_leaves_running_ends_with_it(shell: Shell) -> None:
    assert shell.run("setsid sleep 60 > /dev/null 2>&1 & echo begun").text == "begun\n"


def test_a_flood_is_shortened(shell: Shell) -> None:
    said = shell.run("seq 1 3000000")
    assert len(said.text) < HEAD + TAIL + 100
    assert said.text.startswith("1\n2\n3\n")
    assert said.text.endswith("3000000\n")
    assert "bytes left out" in said.text


@pytest.mark.parametrize(("command", "seconds"), [(" ", 1.0), ("true", 0.0), ("true", 31.0), ("true", float("nan"))])
def test_what_cannot_be_run_is_said(shell: Shell, command: str, seconds: float) -> None:
    with pytest.raises(UsageError):
        shell.run(command, seconds)


def test_garbage_is_an_answer(shell: Shell) -> None:
    assert "syntax error" in shell.run("if then ((").text
    assert shell.run("exit 7").ended == "exit 7"
    assert "\ufffd" in shell.run("head -c 4 /dev/zero | tr '\\0' '\\377'").text
    with pytest.raises(UsageError, match="zero"):
        shell.run("echo a\0b")


def test_it_dies_with_whoever_started_it(world: LocalWorld, shell: Shell) -> None:
    program = textwrap.dedent("""
        import sys
        from pathlib import Path
        from telic.lab.shell.commands import Shell
        from telic.worlds.local.world import LocalWorld
        print("begun", flush=True)
        Shell(LocalWorld.attach(Path(sys.argv[1]))).run("sleep 60", 30.0)
    """)
    before = rooms()
    words = [sys.executable, "-c", program, str(world.state_folder)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as started:
        deadline = time.monotonic() + 20.0
        while not any(psutil.Process(each).name() == "bwrap" for each in rooms() - before):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        started.kill()
    deadline = time.monotonic() + 10.0
    while rooms() - before:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    left = crowd.sweep()
    assert all(f"-{started.pid}-" in each.name and not each.exists() for each in left)
    assert not crowd.sweep()
