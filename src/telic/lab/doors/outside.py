"""An actor in a process of its own, which reaches its session over a socket and nothing else of the lab."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from telic.errors import UsageError
from telic.lab.doors import mcp
from telic.lab.doors.confine import Confinement, confinement, start
from telic.lab.doors.desk import Desk
from telic.lab.doors.gate import Limits
from telic.lab.doors.http.serve import serve
from telic.lab.doors.kit import client
from telic.lab.doors.served import Served
from telic.lab.session.session import Session
from telic.lab.session.standby import ACTORS

KIT: Final = "telic_kit"  # under this name the actor can import what it needs to reach its session
KEPT: Final = 64  # blocks of what it wrote that are kept [1]
BLOCK: Final = 1024  # [bytes]
GRACE: Final = 1.0  # for the process to end by itself, once its session is over [s of the machine's clock]


@dataclass
class Outside:
    """Starts a program for each session and ends it with the session.

    The program finds its session in ``TELIC_URL`` and ``TELIC_TOKEN``; ``import telic_kit.client`` works in it, and
    ``python -m telic_kit FILE.py:CLASS`` runs an agent that was written for AIOpsLab.

    Parameters
    ----------
    command
        What to run, in a new and empty folder.
    files
        Copied into that folder.
    see
        Folders that it may read besides.
    keep
        Names of environment variables that it gets, such as a model's key.
    door
        ``http``, or ``mcp`` for the address of a streamable HTTP endpoint of the Model Context Protocol.
    patience
        Without a call for so long it is taken for lost [s of the machine's clock].
    """

    command: Sequence[str]
    files: Sequence[Path] = ()
    see: Sequence[Path] = ()
    keep: Sequence[str] = ()
    door: Literal["http", "mcp"] = "http"
    patience: float = 600.0
    limits: Limits | None = None
    how: Confinement = field(default_factory=confinement)
    said: str = ""  # the end of what the last program wrote
    status: int = 0  # with which it ended
    why: str = ""  # how the last session ended: over, left (the program ended), silent

    def __post_init__(self) -> None:
        missing = [each for each in self.files if not each.is_file()]
        if missing:
            raise UsageError(f"{missing[0]} is no file", hint="name the files of the actor")

    def run(self, session: Session) -> None:
        """Serve the session, start the program, and end it when either is done."""
        desk = Desk(self.patience)
        desk.open(session)
        with TemporaryDirectory(prefix=f"{ACTORS}{os.getpid()}-") as folder, self._served(desk) as served:
            self._furnish(Path(folder))
            given = {client.URL: served.url, client.TOKEN: served.token}
            given |= {name: os.environ[name] for name in self.keep if name in os.environ}
            process = start(self.command, Path(folder), given, self.how, see=self.see)
            written: deque[bytes] = deque(maxlen=KEPT)
            reader = threading.Thread(target=_read, args=(process, written), name="actor's words", daemon=True)
            for each in (reader, threading.Thread(target=_left, args=(process, desk), name="actor", daemon=True)):
                each.start()
            try:
                desk.run(session)
            finally:
                end(process)
                reader.join(GRACE)  # what the program left behind may hold the other end for ever
        self.said, self.why, self.status = b"".join(written).decode(errors="replace"), desk.why, process.returncode

    def _served(self, desk: Desk) -> AbstractContextManager[Served]:
        return serve(desk, limits=self.limits) if self.door == "http" else mcp.serve(desk, limits=self.limits)

    def _furnish(self, folder: Path) -> None:
        source = Path(client.__file__).parent
        shutil.copytree(source, folder / KIT, ignore=shutil.ignore_patterns("__pycache__"))
        for each in self.files:
            shutil.copy(each, folder / each.name)


def end(process: subprocess.Popen[bytes]) -> None:
    """Let a program end by itself for a moment; then kill it with all its children."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _read(process: subprocess.Popen[bytes], written: deque[bytes]) -> None:
    assert process.stdout is not None
    with process.stdout as stream:
        while block := stream.read1(BLOCK):  # type: ignore[attr-defined]
            written.append(block)


def _left(process: subprocess.Popen[bytes], desk: Desk) -> None:
    process.wait()
    desk.leave()
