"""The processes of services and stores as ``/proc`` shows them at a moment, and no others.

Copies, made again every half second while a command runs (`telic.lab.shell.fresh`): the mount itself would show who
watches, hurts and loads the system, which is proxies, receiver and supervisor.
Source: proc(5).
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from telic.lab.shell.tree import Tree
from telic.worlds.local import proc

PROC = Path("/proc")
MACHINE = ("uptime", "stat", "loadavg", "meminfo", "cpuinfo", "version", "vmstat")
SELF = ("self", "thread-self", "net", "mounts", "sys", "filesystems", "devices")
OWN_MOST = 1_000  # the command's own processes, which are shown beside [1]
OF_PROCESS = ("statm", "limits", "io", "schedstat", "wchan", "oom_score")
_HIDDEN_STATUS = re.compile(r"(NStgid|NSpid|NSpgid|NSsid|TracerPid|Groups|Cap\w+|NoNewPrivs|Seccomp\w*)\t?:")
_USER = re.compile(r"[UG]id:\t")  # in a world's namespace everybody is root; outside, whoever started it
_NAME_MOST = 15  # characters of a process's short name [1]


@dataclass(frozen=True)
class Shown:
    """A service's instance, or a store with all its processes.

    Parameters
    ----------
    title
        What the process of an instance is called; "" for a store, whose processes' own command lines say it.
    pid
        Of the first process, in the host's numbering.
    """

    title: str
    pid: int


def snapshot(shown: Sequence[Shown], clean: Callable[[str], str], own: str) -> Tree:
    """Return what `shown` look like now.

    Parameters
    ----------
    clean
        Takes out of a text what is not the system's.
    own
        Where the reader's own ``/proc`` is mounted: its processes, and what they are told about themselves.
    """
    files: dict[str, str] = {}
    links = {each: f"{own}/{each}" for each in (*SELF, *map(str, range(1, OWN_MOST + 1)))}
    for name in MACHINE:
        with contextlib.suppress(OSError):
            files[name] = (PROC / name).read_text()
    titles = {each.pid: each.title for each in shown}
    there = {pid for each in shown for pid in ([each.pid] if each.title else proc.family(each.pid))}
    for pid in there:
        with contextlib.suppress(OSError):  # it has ended
            found = _process(PROC / str(pid), titles.get(pid, ""), there, clean)
            links.pop(str(pid), None)
            files |= {f"{pid}/{name}": text for name, text in found.items()}
            links |= {f"{pid}/fd/{name}": clean(target) for name, target in _descriptors(PROC / str(pid) / "fd")}
    return Tree(files, links)


def _process(source: Path, title: str, there: set[int], clean: Callable[[str], str]) -> dict[str, str]:
    name = (title or (source / "comm").read_text().strip())[:_NAME_MOST]
    words = (source / "cmdline").read_bytes().decode(errors="replace")
    found = {
        "comm": f"{name}\n",
        "stat": renamed((source / "stat").read_text(), name, there),
        "status": status((source / "status").read_text(), name, there),
        "cmdline": f"{title}\0" if title else clean(without_folder(words)),
    }
    for each in OF_PROCESS:
        with contextlib.suppress(OSError):
            found[each] = (source / each).read_text()
    return found


def renamed(stat: str, name: str, there: set[int]) -> str:
    """Return a line of ``/proc/PID/stat`` under another name; a parent that is not `there` is 0.

    Examples
    --------
    >>> renamed("12 (a (b) c) S 7 12 12 0", "rate-1", {12})
    '12 (rate-1) S 0 12 12 0'
    """
    pid, _, rest = stat.partition(" ")
    state, parent, others = rest.rpartition(") ")[2].split(" ", 2)
    return f"{pid} ({name}) {state} {parent if int(parent) in there else 0} {others}"


def status(text: str, name: str, there: set[int]) -> str:
    """Return ``/proc/PID/status`` under another name, as its own user namespace sees it, and without its privileges."""
    lines = []
    for line in text.splitlines():
        key, _, value = line.partition(":\t")
        if key == "Name":
            lines.append(f"Name:\t{name}")
        elif key == "PPid":
            lines.append(f"PPid:\t{value if int(value) in there else 0}")
        elif _USER.match(line):
            lines.append(f"{key}:\t0\t0\t0\t0")
        elif not _HIDDEN_STATUS.match(f"{key}:"):
            lines.append(line)
    return "\n".join([*lines, ""])


def without_folder(words: str) -> str:
    r"""Return a command line, words ended by zeros, without the folder of its program.

    Examples
    --------
    >>> without_folder("/opt/db/bin/server\0-p\0"), without_folder("postgres: writer \0")
    ('server\x00-p\x00', 'postgres: writer \x00')
    """
    program = re.match(r"/[^\0 ]*/", words)
    return words[program.end() :] if program else words


def _descriptors(folder: Path) -> Iterator[tuple[str, str]]:
    with contextlib.suppress(OSError):
        for each in os.listdir(folder):
            with contextlib.suppress(OSError):
                yield each, os.readlink(folder / each)
