"""Runs commands in the room of `telic.lab.shell.room` and returns what they print."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from telic.errors import UsageError
from telic.lab import bubblewrap
from telic.lab.shell import crowd
from telic.lab.shell.fresh import OWN_PROC
from telic.lab.shell.look import PORT, ROOT, address, look
from telic.lab.shell.room import HERE, PROCESSES, Order
from telic.model import World
from telic.model.redaction import redact
from telic.worlds.kubernetes.world import KubernetesWorld
from telic.worlds.local.layout import Layout
from telic.worlds.local.processes import environment, python
from telic.worlds.local.world import LocalWorld

USUAL, LONGEST = 10.0, 30.0  # that a command may take [s]
GRACE = 5.0  # to end [s]
HEAD, TAIL = 14_000, 5_000  # of what it prints is shown [characters]
TEMPORARY = 32 << 20  # of its own files [bytes]
SHOWN_ETC = ("/etc/ssl", "/etc/nsswitch.conf", "/etc/localtime")


@dataclass(frozen=True)
class Said:
    """What a command printed, shortened in its middle, and how it ended."""

    text: str
    ended: str  # exit 0 | signal 9 | out of time


class Shell:
    """Runs commands beside one running local world.

    Parameters
    ----------
    world
        What is looked at; nothing here writes.
    """

    def __init__(self, world: LocalWorld) -> None:
        self._world, self._layout = world, Layout.of(world.state_folder)

    def run(self, command: str, seconds: float = USUAL) -> Said:
        """Run a command for `seconds` at most [s].

        Raises
        ------
        UsageError
            No command, or no time for it.
        """
        if not command.strip() or "\0" in command:
            raise UsageError("no command, or one with a zero in it", hint=f"such as: ls {ROOT}")
        if not 0 < seconds <= LONGEST:
            raise UsageError(f"{seconds:g} s for a command", hint=f"more than 0 and at most {LONGEST:g} s")
        with crowd.limited() as group, tempfile.TemporaryFile() as output:
            ended = _carried_out(self._order(command, seconds, group), seconds, output)
            return Said(redact(_shortened(output)), ended)

    def _order(self, command: str, seconds: float, group: str) -> Order:
        seen, about = look(self._layout, self._world.state()), self._world.about()
        return Order(
            parent=os.getpid(),
            world=int(str(about["pid"])),
            services=[(address(at), PORT, port) for at, port in enumerate(seen.ports.values())],
            program=bubblewrap.program(),
            rooms=rooms(str(about["system"])),
            command=["/bin/bash", "-c", command],
            seconds=max(1, round(seconds)),
            group=group,
            files=seen.tree.files,
            links=seen.tree.links,
            caches=list(seen.caches.items()),
            shown=[(each.title, each.pid) for each in seen.shown],
            places=seen.places,
        )


def _carried_out(order: Order, seconds: float, output: IO[bytes]) -> str:
    """Run the order's process; return how it ended."""
    with tempfile.TemporaryFile() as file:
        file.write(json.dumps(vars(order)).encode())
        file.seek(0)
        process = subprocess.Popen(
            python("telic.lab.shell.room", str(file.fileno())),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment(),
            pass_fds=(file.fileno(),),
            start_new_session=True,
        )
    try:
        return f"exit {process.wait(seconds)}"
    except subprocess.TimeoutExpired:
        return f"out of time after {seconds:g} s"
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the order's process with all that it started."""
    process.terminate()  # it ends the command, and itself when nothing of that is left
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def rooms(host: str) -> Sequence[str]:
    """Return bubblewrap's arguments: all namespaces new but the network, which is the caller's."""
    words = [*bubblewrap.apart(host), "--uid", "1000", "--gid", "1000"]
    words += bubblewrap.variables({**bubblewrap.ENVIRONMENT, "HOME": "/tmp"})
    for each in SHOWN_ETC:
        words += ["--ro-bind-try", each, each]
    for source, target in (("hosts", "/etc/hosts"), ("srv", ROOT), (PROCESSES, "/proc")):
        words += ["--ro-bind", f"{HERE}/{source}", target]
    words += ["--dev", "/dev", "--proc", OWN_PROC]
    return [*words, "--size", str(TEMPORARY), "--tmpfs", "/tmp", "--chdir", ROOT]


def shell_of(world: World) -> Shell | str:
    """Return a shell on a world, or why none can be had."""
    if isinstance(world, KubernetesWorld):
        return "in a cluster a shell would run beside a service's own process: it could end it past the guard"
    if not isinstance(world, LocalWorld) or world.about()["isolation"] != "namespace":
        return "this world has no namespaces of its own, so that a shell would see more than the system"
    if not bubblewrap.program():
        return "bubblewrap is not installed"
    shell = Shell(world)
    tried = shell.run("true")
    return shell if tried.ended == "exit 0" else f"bubblewrap does not work here: {tried.text.strip()[:200]}"


def _shortened(output: IO[bytes]) -> str:
    size = output.seek(0, os.SEEK_END)
    output.seek(0)
    head = output.read(HEAD).decode(errors="replace")
    if size <= HEAD + TAIL:
        return head + output.read().decode(errors="replace")
    output.seek(size - TAIL)
    left = size - HEAD - TAIL
    return f"{head}\n[... {left:,} bytes left out ...]\n{output.read().decode(errors='replace')}"
