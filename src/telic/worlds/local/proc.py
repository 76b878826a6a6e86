"""What the kernel says about a process: state letter, CPU time, memory, cgroup throttling."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")  # [1/s]
_CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Stat:
    """A line of ``/proc/<pid>/stat``."""

    state: str  # the kernel's letter
    parent: int
    cpu: float  # user and system, ended children not counted [s]
    began: float  # since the machine's boot [s]


def stat(pid: int) -> Stat | None:
    """Return what a process does now; None when it has gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    words = text[text.rindex(")") + 2 :].split()  # the name may hold spaces and brackets
    try:
        used = time.clock_gettime(_clock(pid))
    except OSError:
        used = (int(words[11]) + int(words[12])) / _TICK
    return Stat(words[0], int(words[1]), used, int(words[19]) / _TICK)


def _clock(pid: int) -> int:
    """Return the clock of a process's CPU time, exact where a tick is 10 ms: clock_getcpuclockid(3)."""
    return ~pid << 3 | 2


def age(pid: int) -> float:
    """Return how long ago a process began [s], to a tick; 0 when it has gone.

    By the clock the kernel notes it with: the wall-clock time of the boot is given in whole seconds only.
    """
    found = stat(pid)
    return time.clock_gettime(time.CLOCK_BOOTTIME) - found.began if found else 0.0


def family(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    children: dict[int, list[int]] = {}
    for folder in os.listdir("/proc"):
        if folder.isdigit() and (found := stat(int(folder))) is not None:
            children.setdefault(found.parent, []).append(int(folder))
    members, at = [pid], 0
    while at < len(members):
        members += children.get(members[at], [])
        at += 1
    return members


def memory(pid: int) -> int:
    """Return a process's proportional set size [bytes]; 0 when it cannot be read."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def cpu_cgroup(pid: int) -> Path | None:
    """Return the folder of the cgroup that limits a process's CPU, version 1 or 2."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return None
    found = None
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if "cpu" in controllers.split(","):
            return _v1_root() / path.lstrip("/")
        if not controllers:
            found = _CGROUPS / path.lstrip("/")
    return found if found is not None and (found / "cgroup.procs").exists() else None


def memory_cgroup(pid: int) -> Path | None:
    """Return the folder of the cgroup that limits a process's memory, version 1 or 2."""
    return _cgroup(pid, "memory")


def pids_cgroup(pid: int) -> Path | None:
    """Return the folder of the cgroup that limits how many processes there are, version 1 or 2."""
    return _cgroup(pid, "pids")


def _cgroup(pid: int, controller: str) -> Path | None:
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return None
    found = None
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            return _inside(_CGROUPS / controller, path)
        if not controllers:
            found = _inside(_CGROUPS, path)
    return found if found is not None and (found / "cgroup.procs").exists() else None


def _inside(root: Path, path: str) -> Path:
    """Return the folder of a cgroup; in a container the path may be the host's, and the root is ours."""
    folder = root / path.lstrip("/")
    return folder if folder.is_dir() else root


def throttled(cgroup: Path) -> float:
    """Return how long a cgroup's processes wanted to run but were not let [s]."""
    with contextlib.suppress(OSError, ValueError):
        for line in (cgroup / "cpu.stat").read_text().splitlines():
            name, _, value = line.partition(" ")
            if name == "throttled_time":  # version 1 [ns]
                return int(value) / 1e9
            if name == "throttled_usec":  # version 2 [us]
                return int(value) / 1e6
    return 0.0


def _v1_root() -> Path:
    for name in ("cpu", "cpu,cpuacct", "cpuacct,cpu"):
        if (_CGROUPS / name / "cpu.cfs_quota_us").exists() or (_CGROUPS / name).is_dir():
            return _CGROUPS / name
    return _CGROUPS / "cpu"
