"""What killed labs leave behind: worlds that still run, their processes, folders of episodes, groups of shells."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psutil

from telic.errors import TelicError
from telic.lab.cluster import LEFT
from telic.lab.session.standby import ACTORS, PREFIX
from telic.lab.shell import crowd
from telic.settings import run_folder
from telic.worlds.kubernetes import place
from telic.worlds.kubernetes.api import connect
from telic.worlds.local import launch

PREFIXES = (PREFIX, ACTORS)
GRACE = 3.0  # until a process that was asked to end is killed [s]


@dataclass(frozen=True)
class Leftover:
    """A folder of an episode whose lab is gone."""

    folder: Path
    owner: int  # process id that made it; 0: unknown


def find(root: Path | None = None) -> list[Leftover]:
    """Return the folders of episodes whose lab no longer runs."""
    found: list[Leftover] = []
    place = root or Path(tempfile.gettempdir())
    for folder in sorted(each for prefix in PREFIXES for each in place.glob(f"{prefix}*")):
        owner = _owner(folder)
        if not _lives(owner):
            found.append(Leftover(folder, owner))
    return found


def end(leftovers: Iterable[Leftover]) -> list[str]:
    """End what belongs to `leftovers` and remove folders and groups of shells; return what was done, in words."""
    said: list[str] = []
    for each in leftovers:
        said += [line for left in sorted(each.folder.glob(f"*/{LEFT}")) for line in _in_cluster(left)]
        for state in sorted(path.parent for path in each.folder.glob("*/system.json")):
            said += _down(state)
        said += [f"ended process {pid}" for pid in _end_processes(each.folder)]
        said += [f"removed {sockets}" for sockets in _remove_sockets(each.folder)]
        shutil.rmtree(each.folder, ignore_errors=True)
        said.append(f"removed {each.folder}")
    return said + [f"removed {each}" for each in crowd.sweep()]


def in_cluster(context: str) -> list[str]:
    """Remove the namespaces that killed labs of this machine left in a cluster; return what was done, in words."""
    return place.swept(lambda: connect(place.PREFIX, context=context))


def _in_cluster(left: Path) -> list[str]:
    """Do so in the cluster that a killed lab has noted."""
    try:
        noted = msgspec.json.decode(left.read_bytes(), type=dict[str, str])
    except (OSError, msgspec.MsgspecError):
        return []
    return in_cluster(noted.get("context", ""))


def _owner(folder: Path) -> int:
    """Return who made a folder: its name says so."""
    number = next(folder.name.removeprefix(each) for each in PREFIXES if folder.name.startswith(each)).partition("-")[0]
    return int(number) if number.isdigit() else 0


def _lives(pid: int) -> bool:
    try:
        return pid > 0 and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _down(state: Path) -> list[str]:
    try:
        launch.down(state)
    except TelicError as error:
        return [f"{state.name}: {error}"]
    return [f"took {state.name} down"]


def _remove_sockets(folder: Path) -> list[Path]:
    """Remove the folders of sockets of worlds that had not come up yet, or no longer say that they are."""
    found = [run_folder(state) for state in folder.glob("*/") if run_folder(state).is_dir()]
    for each in found:
        shutil.rmtree(each, ignore_errors=True)
    return found


def _end_processes(folder: Path) -> list[int]:
    """End every process of ours whose command line names the folder, or that works in it."""
    mine = psutil.Process().pid
    marked: list[psutil.Process] = []
    for process in psutil.process_iter(["pid", "cmdline", "cwd"]):
        words = [*(process.info["cmdline"] or ()), f"{process.info['cwd'] or ''}/"]
        if process.pid != mine and any(f"{folder}/" in f"{each}/" for each in words):
            marked.append(process)
    for process in marked:
        process.terminate()
    for process in psutil.wait_procs(marked, GRACE)[1]:
        process.kill()
    return [each.pid for each in marked]
