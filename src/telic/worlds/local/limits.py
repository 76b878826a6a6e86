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
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def limit(self, pids: Sequence[int], memory: float) -> None:
        """Let `pids` together take `memory` [bytes] more; the kernel kills whoever takes more than that.

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
            _write_limit(folder, round(memory))
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    (folder / "cgroup.procs").write_text(str(pid))
        except OSError as error:
            self.heal(pids)
            raise WorldError(
                f"this host does not let us limit memory: {error}", hint="choose a fault that needs none, or simulate"
            ) from error

    def heal(self, pids: Iterable[int]) -> None:
        """Move what is inside back to where it was, and remove the cgroup."""
        for folder in {found for pid in pids if (found := proc.memory_cgroup(pid)) is not None}:
            inside = folder if folder.name == self._name else folder / self._name
            if not inside.is_dir():
                continue
            with contextlib.suppress(OSError):
                for pid in (inside / "cgroup.procs").read_text().split():
                    with contextlib.suppress(ProcessLookupError):
                        (inside.parent / "cgroup.procs").write_text(pid)
                inside.rmdir()


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


def _write_limit(folder: Path, memory: int) -> None:
    if (folder / "memory.limit_in_bytes").exists():
        (folder / "memory.limit_in_bytes").write_text(str(memory))
        return
    if not (folder / "memory.max").exists():
        (folder.parent / "cgroup.subtree_control").write_text("+memory")
    (folder / "memory.max").write_text(str(memory))
    with contextlib.suppress(OSError):
        (folder / "memory.swap.max").write_text("0")
