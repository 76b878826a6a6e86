"""Children of the supervisor: started tied to its life, reaped in one place, logged to files."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from telic.worlds.local.host_pids import HostPids

KEPT_VARIABLES = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "PYTHONPATH",
    "PYTHONDONTWRITEBYTECODE",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
)
"""What processes of a world get from the environment: no key of a person's shell gets in."""
_UNCLAIMED = 256  # ends of processes, mostly orphans, that nobody has asked for [1]


@dataclass(frozen=True)
class Child:
    """A running process."""

    pid: int
    host_pid: int
    exited: asyncio.Future[int]  # exit code; negative is a signal

    def send(self, number: int) -> None:
        """Send a signal; a process that has gone is no error."""
        if not self.exited.done():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return

    async def stop(self, *, grace: float, number: int = signal.SIGTERM) -> None:
        """Ask it to end, and kill it after `grace` [s]; a stopped process is woken first."""
        self.send(number)
        self.send(signal.SIGCONT)
        await asyncio.wait([self.exited], timeout=grace)
        self.send(signal.SIGKILL)
        await asyncio.wait([self.exited], timeout=2.0)


class Children:
    """Starts processes and reaps every descendant that ends, as pid 1 must."""

    def __init__(self, pids: HostPids, outside: Executor) -> None:
        self._pids, self._outside = pids, outside
        self._watched: dict[int, asyncio.Future[int]] = {}
        self._unclaimed: dict[int, int] = {}
        self._loop = asyncio.get_running_loop()
        self._loop.add_signal_handler(signal.SIGCHLD, self._reap)

    async def start(
        self,
        command: Sequence[str],
        *,
        log: Path,
        fds: Sequence[int] = (),
        outside: bool = False,
        environ: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> Child:
        """Run `command`, in a `folder` and with an `environ` besides the usual one where they are given.

        With `outside` it runs in the host's network (it stays in the pid namespace).
        """
        if not outside:
            return self.watch(_spawn(command, log, fds, environ, folder))
        return self.watch(await self._loop.run_in_executor(self._outside, _spawn, command, log, fds))

    def watch(self, pid: int) -> Child:
        """Return the child that this process id belongs to."""
        exited: asyncio.Future[int] = self._loop.create_future()
        code = self._unclaimed.pop(pid, None)
        if code is not None and not _exists(pid):  # it was quicker than we; if it exists, the number was used before
            exited.set_result(code)
        else:
            self._watched[pid] = exited
        return Child(pid, self._pids.of(pid), exited)

    def ended(self, pid: int, code: int) -> None:
        """Note the end of a process, by our own reaping or by the fork server's word."""
        exited = self._watched.pop(pid, None)
        if exited is not None:
            if not exited.done():
                exited.set_result(code)
            return
        self._unclaimed[pid] = code
        if len(self._unclaimed) > _UNCLAIMED:
            self._unclaimed.pop(next(iter(self._unclaimed)))

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.ended(pid, os.waitstatus_to_exitcode(status))


def environment(base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of every process of a world."""
    return {name: base[name] for name in KEPT_VARIABLES if name in base} | {"PYTHONUNBUFFERED": "1"}


def python(module: str, *arguments: str) -> list[str]:
    """Return the command line that runs a module on our own interpreter."""
    return [sys.executable, "-m", module, *arguments]


def _spawn(
    command: Sequence[str],
    log: Path,
    fds: Sequence[int],
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> int:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**environment(), **(environ or {})},
            cwd=folder,
            pass_fds=fds,
            start_new_session=True,
        )
    process.returncode = 0  # reaped by `Children`, not by this object
    return process.pid


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
