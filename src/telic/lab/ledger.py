"""What is injected, on disk before it happens, so that it can be healed whoever died."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from telic.errors import InvalidRecord
from telic.model import Scalar, Truth, dump, load

SCHEMA = "telic/harm/v1"


@dataclass(frozen=True)
class Entry:
    """One injection at one phase; the last line with its id counts."""

    id: str
    time: float  # of this line [s since the Unix epoch]
    begun: float  # of its first line [s since the Unix epoch]
    fault: str
    params: Mapping[str, Scalar]
    phase: Literal["begun", "injected", "healed"]
    pid: int = 0  # the injector's process, which may have to live on
    born: float = 0.0  # when that process started [s since the Unix epoch]: pids are used again
    truth: Truth | None = None


@dataclass(frozen=True)
class Ledger:
    """The lines of one system's injections, in a folder that only its owner can enter.

    Parameters
    ----------
    folder
        ``<state>/harm``.
    """

    folder: Path
    _name: str = field(default="ledger.jsonl", repr=False)

    def begin(self, fault: str, params: Mapping[str, Scalar], *, time: float, pid: int = 0, born: float = 0.0) -> Entry:
        """Note that `fault` is about to be injected; on disk when this returns."""
        entry = Entry(f"{fault}-{time:.3f}", time, time, fault, dict(params), "begun", pid, born)
        self._append(entry)
        return entry

    def injected(self, entry: Entry, truth: Truth, *, time: float) -> Entry:
        """Note that it is in force."""
        return self._move(entry, phase="injected", truth=truth, time=time)

    def healed(self, entry: Entry, *, time: float) -> Entry:
        """Note that it is taken back."""
        truth = replace(entry.truth, healed=time) if entry.truth else None
        return self._move(entry, phase="healed", truth=truth, time=time)

    def entries(self) -> list[Entry]:
        """Return every injection at its last phase, oldest first; a line cut off by a crash is passed over."""
        found: dict[str, Entry] = {}
        lines = self._path.read_bytes().split(b"\n") if self._path.exists() else []
        for number, line in enumerate(lines):
            if not line:
                continue
            try:
                entry = load(Entry, line, schema=SCHEMA)
            except InvalidRecord:
                if number == len(lines) - 1:  # no newline after it: the writer died
                    continue
                raise
            found[entry.id] = entry
        return list(found.values())

    def open(self) -> list[Entry]:
        """Return what may still be in force, newest first: the order in which to heal."""
        return [each for each in reversed(self.entries()) if each.phase != "healed"]

    @property
    def _path(self) -> Path:
        return self.folder / self._name

    def _move(self, entry: Entry, *, phase: Literal["injected", "healed"], truth: Truth | None, time: float) -> Entry:
        moved = replace(entry, phase=phase, truth=truth, time=time)
        self._append(moved)
        return moved

    def _append(self, entry: Entry) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)
        handle = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._end_torn_line(handle)
            os.write(handle, dump(entry, schema=SCHEMA) + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)

    def _end_torn_line(self, handle: int) -> None:
        size = os.fstat(handle).st_size
        if size and os.pread(handle, 1, size - 1) != b"\n":
            kept = os.pread(handle, size, 0).rpartition(b"\n")[0]
            os.ftruncate(handle, len(kept) + 1 if kept else 0)
