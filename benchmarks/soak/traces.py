"""What a lab may leave behind on a machine: processes, folders, ports, control groups, memory."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from telic.settings import run_folder

MINE = ("telic", "postgres", "valkey", "bwrap")  # words in the command lines of what a lab starts
GROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Traces:
    """What is there of ours at one moment, besides this process and its parents.

    Attributes
    ----------
    held
        Memory that this process holds [bytes].
    files
        Files and sockets that it has open [1].
    """

    processes: frozenset[str]
    folders: frozenset[str]
    ports: frozenset[int]
    groups: frozenset[str]
    held: int
    files: int

    @classmethod
    def now(cls) -> Traces:
        """Look."""
        mine = psutil.Process()
        return cls(
            processes=frozenset(_processes(mine)),
            folders=frozenset(_folders()),
            ports=frozenset(_ports()),
            groups=frozenset(str(each) for each in _groups()),
            held=mine.memory_info().rss,
            files=mine.num_fds(),
        )


def left(before: Traces, after: Traces) -> list[str]:
    """Say what is there that was not before; memory and open files are numbers of their own."""
    return [
        *(f"process {each}" for each in sorted(after.processes - before.processes)),
        *(f"folder {each}" for each in sorted(after.folders - before.folders)),
        *(f"port {each}" for each in sorted(after.ports - before.ports)),
        *(f"control group {each}" for each in sorted(after.groups - before.groups)),
    ]


def _processes(mine: psutil.Process) -> Iterable[str]:
    kin = {mine.pid, *(each.pid for each in mine.parents())}
    for each in psutil.process_iter(["pid", "name", "cmdline"]):
        line = " ".join(each.info["cmdline"] or [each.info["name"] or ""])
        if each.info["pid"] not in kin and any(word in line for word in MINE):
            yield f"{each.info['pid']} {line[:120]}"


def _folders() -> Iterable[str]:
    """Return folders of worlds, and those of their sockets within the one folder that a user has for them."""
    sockets = run_folder(Path("any")).parent
    for each in Path(tempfile.gettempdir()).glob("telic-*"):
        yield from (str(inside) for inside in each.glob("*")) if each == sockets else (each.name,)


def _ports() -> Iterable[int]:
    for each in psutil.net_connections(kind="tcp"):
        if each.status == psutil.CONN_LISTEN and each.laddr:
            yield int(each.laddr.port)


def _groups() -> Iterable[Path]:
    for folder, inner, _ in os.walk(GROUPS):
        yield from (Path(folder, each) for each in inner if each.startswith("telic"))
