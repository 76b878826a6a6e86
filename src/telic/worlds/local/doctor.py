"""What works on this machine, and what is lost where something does not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from telic.errors import PortInUse, StoreFailed, TelicError
from telic.settings import Settings, run_folder
from telic.worlds.local import checks, nats, postgres, proc, valkey
from telic.worlds.local.layout import LONGEST_PATH, LONGEST_SOCKET
from telic.worlds.local.throttle import CgroupLimit


@dataclass(frozen=True)
class Finding:
    """One thing that was tried."""

    name: str
    ok: bool
    seen: str  # what was found, in words
    lost: str = ""  # what does not work without it; "" when it is there


def examine(settings: Settings) -> list[Finding]:
    """Try everything a local world needs or profits from; changes nothing that stays."""
    probes: tuple[Callable[[], Finding], ...] = (
        _platform,
        _namespaces,
        _postgres,
        _valkey,
        _nats,
        _cpu_quota,
        _tc,
        lambda: _port(settings.port, "gateway port", "TELIC_PORT"),
        lambda: _port(settings.otlp_port, "OTLP port", "TELIC_OTLP_PORT"),
        lambda: _home(settings.home),
        lambda: _sockets(settings),
        _processors,
    )
    return [probe() for probe in probes]


def _platform() -> Finding:
    fine = sys.platform == "linux"
    return Finding(
        "Linux", fine, f"{sys.platform} {os.uname().release}", "" if fine else "local worlds run on Linux alone"
    )


def _namespaces() -> Finding:
    refused = checks.probe_namespaces()
    return Finding(
        "namespaces",
        not refused,
        refused or "user, pid, network, mount, nested user",
        checks.lost(refused) if refused else "",
    )


def _postgres() -> Finding:
    try:
        program = postgres.program("postgres")
        seen = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=10, check=True
        ).stdout.strip()
    except (StoreFailed, OSError, subprocess.SubprocessError) as error:
        return Finding("PostgreSQL", False, str(error), "designs that keep data do not start")
    if os.geteuid() == 0 and checks.probe_namespaces():
        return Finding(
            "PostgreSQL",
            False,
            f"{seen}; it refuses to run as root",
            "run as an ordinary user, or allow user namespaces",
        )
    return Finding("PostgreSQL", True, seen)


def _valkey() -> Finding:
    try:
        program = valkey.program()
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=True)
    except (StoreFailed, OSError, subprocess.SubprocessError) as error:
        return Finding("Valkey", False, str(error), "designs with a cache do not start")
    return Finding("Valkey", True, " ".join(done.stdout.split()[:3]))


def _nats() -> Finding:
    try:
        done = subprocess.run([nats.program(), "--version"], capture_output=True, text=True, timeout=10, check=True)
    except (StoreFailed, OSError, subprocess.SubprocessError) as error:
        return Finding("NATS", False, str(error), "designs with a queue do not start")
    return Finding("NATS", True, done.stdout.strip())


def _cpu_quota() -> Finding:
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
    ) as child:
        limit = CgroupLimit(f"telic-doctor-{os.getpid()}")
        home = proc.cpu_cgroup(child.pid)
        works = limit.limit([child.pid], 0.5)
        limit.heal([child.pid])
        if child.stdin is not None:
            child.stdin.close()
    version = "2" if home is not None and (home / "cgroup.controllers").exists() else "1"
    if works:
        return Finding("CPU quota", True, f"cgroup version {version}")
    return Finding(
        "CPU quota", False, "no cgroup can be made", "starving a service of CPU uses stop and continue signals"
    )


def _tc() -> Finding:
    path = shutil.which("tc")
    if path:
        return Finding("tc", True, path)
    return Finding(
        "tc", False, "not installed", "nothing today: links are hurt by the proxy; packet-level faults would need it"
    )


def _port(port: int, name: str, setting: str) -> Finding:
    try:
        with checks.published(port, f"the {name}", setting) as listener:
            return Finding(name, True, f"{listener.getsockname()[1]} is free")
    except PortInUse as error:
        return Finding(name, False, str(error), f"`telic up` needs another one: {error.hint}")
    except TelicError as error:
        return Finding(name, False, str(error), error.hint)


def _home(home: Path) -> Finding:
    folder = next(each for each in (home, *home.absolute().parents) if each.exists())
    free = shutil.disk_usage(folder).free
    writable = os.access(folder, os.W_OK)
    fine = writable and free >= checks.DISK_BYTES
    seen = f"{free / 1e9:.1f} GB free under {folder}" + ("" if writable else ", not writable")
    return Finding("disk", fine, seen, "" if fine else "systems cannot start: set TELIC_HOME to another folder")


def _sockets(settings: Settings) -> Finding:
    folder = Path(tempfile.gettempdir())
    longest = len(str(run_folder(settings.home) / LONGEST_SOCKET))
    fine = longest <= LONGEST_PATH and os.access(folder, os.W_OK)
    return Finding(
        "socket folder", fine, str(folder), "" if fine else "its path is too long or it is not writable: set TMPDIR"
    )


def _processors() -> Finding:
    count = len(os.sched_getaffinity(0))
    return Finding(
        "processors",
        count >= 2,
        str(count),
        "" if count >= 2 else "load and services share one CPU: expect slow answers",
    )
