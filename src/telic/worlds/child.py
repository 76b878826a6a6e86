"""A child process that ends with its parent, whatever happens to the parent."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from types import TracebackType

from telic.errors import WorldError

PR_SET_PDEATHSIG = 1  # prctl(2)
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent ends; runs between fork and exec."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@cache
def _starter(pid: int) -> ThreadPoolExecutor:
    """Return the thread of this process (`pid`: a fork has none of ours) that starts children.

    To the kernel the parent is the *thread* that forked (prctl(2)): a child of a worker would end with that worker.
    """
    return ThreadPoolExecutor(1, thread_name_prefix=f"children of {pid}")


class Child:
    """A Python module of Telic that runs beside us.

    Parameters
    ----------
    module
        What ``python -m`` runs: ``telic.worlds.load``.
    arguments
        Its command line.
    log
        File that gets its standard error.
    told
        Whether it is told something on its standard input, by `tell`.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        *,
        log: Path,
        environ: Mapping[str, str] | None = None,
        told: bool = False,
    ) -> None:
        self.module, self.log = module, log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as stderr:
            started = _starter(os.getpid()).submit(
                subprocess.Popen,
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.PIPE if told else subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                env={**os.environ, **(environ or {})},
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
            self._process = started.result()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def failed(self) -> str:
        """Say how it ended by itself, with another code than 0; nothing while it runs, and where it ended well."""
        code = self._process.poll()
        return f"ended early with code {code}: {self.tail()}" if code else ""

    def tell(self, said: bytes) -> None:
        """Tell it all that it will be told.

        Raises
        ------
        WorldError
            It has ended.
        """
        assert self._process.stdin is not None, "it was not started to be told something"
        try:
            with self._process.stdin as told:
                told.write(said)
        except (BrokenPipeError, ValueError) as error:  # it has ended, or we have ended it
            raise WorldError(f"{self.module} ended early: {self.tail()}", hint=f"see {self.log}") from error

    def wait(self, timeout: float) -> int:
        """Wait for its end, at most `timeout` [s]; raise with the end of its log when it failed.

        Raises
        ------
        WorldError
            It did not end in time, or ended with another code than 0.
        """
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise WorldError(f"{self.module} did not end within {timeout:g} s", hint=f"see {self.log}") from error
        if code != 0:
            raise WorldError(f"{self.module} ended with code {code}: {self.tail()}", hint=f"see {self.log}")
        return code

    def tail(self, lines: int = 5) -> str:
        """Return the last `lines` of its log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return " | ".join(text.strip().splitlines()[-lines:])

    def stop(self, timeout: float = 3.0) -> None:
        """End it: SIGTERM, then SIGKILL after `timeout` [s]."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        if not self.running():
            return
        self._process.terminate()
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
