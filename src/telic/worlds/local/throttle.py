"""Less CPU for some processes: a cgroup quota where permitted, else stopping and continuing them in turn."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from telic.worlds.local import proc

PERIOD = 0.1  # of the quota and of the duty cycle [s]
_SMALLEST_QUOTA = 0.001  # that the kernel takes [s]


class CgroupLimit:
    """A cgroup below the one where the processes are now, with a quota; version 1 or 2.

    Parameters
    ----------
    name
        Of the cgroup; the same name finds it again in another process, so that anybody can heal.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def limit(self, pids: Sequence[int], share: float) -> bool:
        """Let `pids` together have `share` [1] of one CPU; False where the kernel does not let us."""
        home = proc.cpu_cgroup(pids[0]) if pids else None
        if home is None:
            return False
        folder = home if home.name == self._name else home / self._name
        try:
            folder.mkdir(exist_ok=True)
            _write_quota(folder, share)
            for pid in pids:
                _move(folder, pid)
        except OSError:
            self.heal(pids)
            return False
        return True

    def heal(self, pids: Iterable[int]) -> None:
        """Move what is inside back to where it was, and remove the cgroup."""
        for folder in {found for pid in pids if (found := proc.cpu_cgroup(pid)) is not None}:
            inside = folder if folder.name == self._name else folder / self._name
            if not inside.is_dir():
                continue
            with contextlib.suppress(OSError):
                for pid in (inside / "cgroup.procs").read_text().split():
                    _move(inside.parent, int(pid))
                inside.rmdir()


class DutyCycle:
    """Stops and continues processes from a thread of our own; ends with `stop`, which continues them all.

    Parameters
    ----------
    pids
        Processes in our numbering, or what gives them once a period; those that have gone are skipped.
    share
        Of each period in which they run [1].
    period
        From one stop to the next [s].
    """

    def __init__(
        self, pids: Sequence[int] | Callable[[], Sequence[int]], share: float, *, period: float = PERIOD
    ) -> None:
        self._pids, self._share, self._period = pids, share, period
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="duty-cycle", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and let all of them run."""
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        pids: Sequence[int] = ()
        try:
            while not self._end.is_set():
                pids = self._pids() if callable(self._pids) else self._pids
                send(pids, signal.SIGSTOP)
                self._end.wait(self._period * (1 - self._share))
                send(pids, signal.SIGCONT)
                self._end.wait(self._period * self._share)
        finally:
            send(pids, signal.SIGCONT)


def send(pids: Iterable[int], number: int) -> None:
    """Send a signal to processes; those that have gone are skipped."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _write_quota(folder: Path, share: float) -> None:
    period, quota = int(PERIOD * 1e6), int(max(_SMALLEST_QUOTA, PERIOD * share) * 1e6)
    if (folder / "cpu.cfs_quota_us").exists():
        (folder / "cpu.cfs_period_us").write_text(str(period))
        (folder / "cpu.cfs_quota_us").write_text(str(quota))
        return
    if not (folder / "cpu.max").exists():
        (folder.parent / "cgroup.subtree_control").write_text("+cpu")
    (folder / "cpu.max").write_text(f"{quota} {period}")


def _move(folder: Path, pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        (folder / "cgroup.procs").write_text(str(pid))
