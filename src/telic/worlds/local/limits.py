"""Less of something for some processes: open files, memory, life."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from telic.errors import WorldError
from telic.worlds.local import proc

LIMIT, OOM = "memory.limit_in_bytes", "memory.oom_control"  # of cgroups of version 1
RELIEF_EVERY = 0.02  # between two looks at whether somebody wants memory [s]
LOOK_EVERY = 0.25  # between two looks at which processes there are [s]


def limit_files(pids: Sequence[int], files: int) -> None:
    """Let each process open no file while it has `files` [1] open or more; 0 heals.

    Raises
    ------
    WorldError
        The kernel does not let us.
    """
    for pid in pids:
        try:
            _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (min(files, hard) if files else hard, hard))
        except ProcessLookupError:
            continue
        except (PermissionError, ValueError) as error:
            raise WorldError(
                f"no limit of files for process {pid}: {error}", hint="run as whoever started it"
            ) from error


class MemoryLimit:
    """A cgroup below the one where processes are now, in which they may take so much memory more than they have.

    Parameters
    ----------
    name
        Of the cgroup; the same name finds it again in another process, so that anybody can heal.
    stall
        Above 0: who wants more stands still for so long [s] and gets it then, instead of being killed. With cgroups of
        version 2 the kernel itself holds them back, for up to 2 s at a time. Lives in this process.
    """

    def __init__(self, name: str, stall: float = 0.0) -> None:
        self._name, self._stall = name, stall
        self._relief: Relief | None = None

    @property
    def stalls(self) -> bool:
        """Whether somebody has to be there to let those go on who stand still."""
        return self._relief is not None

    def limit(self, pids: Sequence[int], memory: float) -> None:
        """Let `pids` together take `memory` [bytes] more; the kernel kills whoever takes more than that, or stalls it.

        Raises
        ------
        WorldError
            This host gives us no cgroup for memory.
        """
        home = proc.memory_cgroup(pids[0]) if pids else None
        if home is None:
            raise WorldError("this host has no cgroup for memory", hint="choose a fault that needs none, or simulate")
        folder = home if home.name == self._name else home / self._name
        try:
            folder.mkdir(exist_ok=True)
            if self._relief is None:
                _write_limit(folder, round(memory), high=self._stall > 0)
            if self._stall and self._relief is None and (folder / OOM).exists():
                (folder / OOM).write_text("1")
                self._relief = Relief(folder, round(memory), self._stall)
                self._relief.start()
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    (folder / "cgroup.procs").write_text(str(pid))
        except OSError as error:
            self.heal(pids)
            raise WorldError(
                f"this host does not let us limit memory: {error}", hint="choose a fault that needs none, or simulate"
            ) from error

    def heal(self, pids: Iterable[int]) -> None:
        """Move what is inside back to where it was, and remove the cgroup; whoever stands still goes on."""
        if self._relief is not None:
            self._relief.stop()
            self._relief = None
        for folder in {found for pid in pids if (found := proc.memory_cgroup(pid)) is not None}:
            inside = folder if folder.name == self._name else folder / self._name
            if not inside.is_dir():
                continue
            if (inside / LIMIT).exists():
                with contextlib.suppress(OSError):
                    (inside / LIMIT).write_text("-1")
            with contextlib.suppress(OSError):
                for pid in (inside / "cgroup.procs").read_text().split():
                    with contextlib.suppress(ProcessLookupError):
                        (inside.parent / "cgroup.procs").write_text(pid)
                inside.rmdir()


class Relief:
    """Lets whoever stands still for want of memory have it after a while, and no more from then on.

    Parameters
    ----------
    folder
        Of a cgroup of version 1 in which nobody is killed.
    memory
        Its limit [bytes].
    stall
        For how long they stand still [s].
    """

    def __init__(self, folder: Path, memory: int, stall: float) -> None:
        self._folder, self._memory, self._stall = folder, memory, stall
        self._since: float | None = None  # when they began to stand still [s]
        self._relieved = False
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relief", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(RELIEF_EVERY):
            with contextlib.suppress(OSError):  # the limit cannot come back before the memory was given back
                self._look(time.monotonic())

    def _look(self, now: float) -> None:
        if self._relieved:
            (self._folder / LIMIT).write_text(str(self._memory))
            self._relieved = False
        if "under_oom 1" not in (self._folder / OOM).read_text():
            self._since = None
            return
        self._since = now if self._since is None else self._since
        if now - self._since >= self._stall:
            (self._folder / LIMIT).write_text("-1")
            self._since, self._relieved = None, True


class Watch:
    """Looks from a thread of our own at which processes there are; ends with `stop`.

    Parameters
    ----------
    pids
        Gives those that there are now.
    begin
        Called with each that is new.
    life
        After which each is killed [s]; 0: never.
    now
        Gives the time [s].
    """

    def __init__(
        self,
        pids: Callable[[], Iterable[int]],
        begin: Callable[[int], None],
        life: float,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pids, self._begin, self._life, self._now = pids, begin, life, now
        self._since: dict[int, float] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Look once now, then again and again."""
        self._look()
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(LOOK_EVERY):
            with contextlib.suppress(WorldError):  # nobody runs now, or the world ends
                self._look()

    def _look(self) -> None:
        now = self._now()
        present = set(self._pids())
        for pid in present - set(self._since):
            self._begin(pid)
        self._since = {pid: self._since.get(pid, now) for pid in present}
        for pid, since in self._since.items():
            if self._life and now - since >= self._life:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def _write_limit(folder: Path, memory: int, *, high: bool = False) -> None:
    """Limit a cgroup; `high`: let the kernel hold back whoever takes more, where it can, rather than kill."""
    if (folder / LIMIT).exists():
        (folder / LIMIT).write_text(str(memory))
        return
    if not (folder / "memory.max").exists():
        (folder.parent / "cgroup.subtree_control").write_text("+memory")
    if high:
        (folder / "memory.high").write_text(str(memory))
        return
    (folder / "memory.max").write_text(str(memory))
    with contextlib.suppress(OSError):
        (folder / "memory.swap.max").write_text("0")
