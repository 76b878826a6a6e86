"""The load generator as a child process, ended with its parent.

It is started before anybody knows what it shall send, beside the world that it will load, because what it imports and
reads takes it 0.5 s of CPU; it waits for its order on its standard input, and one that never gets any ends with that.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TypedDict, Unpack

import msgspec

from telic.worlds.child import Child
from telic.worlds.load.record import Record, read

MODULE = "telic.worlds.load"
ENDING = 10.0  # answers under way, and the interpreter's end, after the last request was sent [s]


class More(TypedDict, total=False):
    """What a load may be told besides; see `start`."""

    rate: float | None
    shape: str
    seed: int
    seconds: float
    mix: str
    keys: int


class LoadProcess(Child):
    """A load generator; leaving its ``with`` block ends it.

    Parameters
    ----------
    design
        The design's folder, which it reads at once.
    log
        File that gets its complaints.
    """

    def __init__(self, design: Path, *, log: Path) -> None:
        self.design, self.path, self._seconds = design, Path(), 0.0
        super().__init__(MODULE, ["--ordered", str(design)], log=log, told=True)

    def send(self, url: str, *, record: Path, workload: str, **more: Unpack[More]) -> None:
        """Let it drive a system, once; `start` says what it is told.

        Raises
        ------
        WorldError
            It has ended.
        """
        shape, seed, seconds = more.get("shape", "constant"), more.get("seed", 1), more.get("seconds", 60.0)
        arguments = ["--design", str(self.design), "--url", url, "--workload", workload, "--shape", shape]
        arguments += ["--seed", str(seed), "--for", repr(seconds), "--record", str(record), "--quiet"]
        if mix := more.get("mix"):
            arguments += ["--mix", mix]
        if keys := more.get("keys"):
            arguments += ["--keys", str(keys)]
        if (rate := more.get("rate")) is not None:
            arguments += ["--rate", repr(rate)]
        self.path, self._seconds = record, seconds
        record.unlink(missing_ok=True)  # of a run before: nobody shall take it for this one's
        self.tell(msgspec.json.encode(arguments) + b"\n")

    def finish(self) -> Record:
        """Wait until it has sent everything, and return the whole record."""
        self.wait(self._seconds + ENDING)
        return self.record()

    def record(self) -> Record:
        """Return what is recorded so far."""
        return read(self.path)

    def __enter__(self) -> LoadProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(design: Path, url: str, *, record: Path, workload: str, **more: Unpack[More]) -> LoadProcess:
    """Start to drive a system.

    Parameters
    ----------
    design
        The design's folder.
    url
        Where the entry service listens.
    record
        File that gets the record; its log is beside it.
    workload
        Id or name.
    rate
        Instead of the workload's [requests/s].
    shape
        How the rate changes: ``constant`` (if nothing is said), ``ramp:1..3``, ``swing:0.3``, ``spike:2.5@10+5``.
    seed
        The same seed sends the same operations with the same keys at the same times; 1 if none is given.
    seconds
        How long to send, 60 if nothing is said [s]; `LoadProcess.stop` ends it earlier.
    mix, keys
        Operations and weights (``F1=3,F5=1``), and how many keys there are [1], instead of the workload's.
    """
    made = LoadProcess(design, log=record.with_suffix(".log"))
    made.send(url, record=record, workload=workload, **more)
    return made
