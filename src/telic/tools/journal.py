"""The guard's journal: what is about to be done stands on disk before it is done."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from telic.errors import InvalidRecord, SafetyError, StoreFailed
from telic.model import ActionRecord, dump, load

SCHEMA = "telic/journal/v1"
FILE = "actions.jsonl"

Step = Literal[
    "planned",  # wished for; nothing happened
    "refused",  # a rule or the world said no; nothing happened
    "applying",  # written before the world is asked: it may or may not have happened
    "applied",  # the world said that it happened; its effect is not judged yet
    "undoing",  # judged not to help: the undo may or may not have happened
    "helped",
    "undone",
    "undo_failed",
    "left",  # did not help and leaves nothing that could be taken back
]
DECIDED: frozenset[Step] = frozenset({"refused", "helped", "undone", "undo_failed", "left"})


@dataclass(frozen=True)
class Entry:
    """One line: an action, and how far it got."""

    sequence: int
    time: float  # [s since the Unix epoch]
    step: Step
    record: ActionRecord


def read(folder: Path) -> list[Entry]:
    """Return every entry of the journal in `folder`, oldest first; a torn last line does not count.

    Raises
    ------
    InvalidRecord
        A line before the last cannot be read: the file was damaged by something else than a crash.
    """
    path = folder / FILE
    return _entries(path, path.read_bytes())[0] if path.exists() else []


class Journal:
    """Appends entries, each on disk before `append` returns; one writer at a time.

    Parameters
    ----------
    folder
        ``journal/`` of the system's state; made when missing.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / FILE
        self._file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise SafetyError(
                f"another operator holds the journal {self.path}", hint="end it first: one operator a system"
            ) from error
        try:
            self._entries, whole = _entries(self.path, self.path.read_bytes())
        except InvalidRecord:
            os.close(self._file)
            raise
        os.ftruncate(self._file, whole)
        _sync_folder(folder)

    @property
    def entries(self) -> Sequence[Entry]:
        """Everything written so far, oldest first."""
        return tuple(self._entries)

    def append(self, step: Step, record: ActionRecord, *, time: float) -> Entry:
        """Write one entry and wait until the disk has it.

        Raises
        ------
        StoreFailed
            The disk refused (full, gone); nothing of the entry stays, so nothing may be done.
        """
        sequence = self._entries[-1].sequence + 1 if self._entries else 1
        entry = Entry(sequence, time, step, record)
        line = dump(entry, schema=SCHEMA) + b"\n"
        size = os.fstat(self._file).st_size
        try:
            if os.write(self._file, line) != len(line):
                raise OSError("the disk took only a part of the line")
            os.fsync(self._file)
        except OSError as error:
            os.ftruncate(self._file, size)
            raise StoreFailed(
                f"the journal {self.path} cannot be written: {error}",
                hint="free disk space; no action is taken until then",
            ) from error
        self._entries.append(entry)
        return entry

    def latest(self) -> dict[str, Entry]:
        """Return the last entry of every action, in the order in which actions were planned."""
        return {each.record.id: each for each in self._entries}

    def undecided(self) -> list[Entry]:
        """Return the last entries of actions that no operator finished."""
        return [each for each in self.latest().values() if each.step not in DECIDED]

    def close(self) -> None:
        """Let another operator write."""
        os.close(self._file)


def _entries(path: Path, data: bytes) -> tuple[list[Entry], int]:
    """Return entries and how many bytes hold them: what follows is torn."""
    found: list[Entry] = []
    whole = 0
    lines = data.split(b"\n")
    for number, line in enumerate(lines, 1):
        last = number >= len(lines) - 1
        if number == len(lines):  # after the last line feed: nothing, or a torn line
            break
        try:
            found.append(load(Entry, line, schema=SCHEMA))
        except InvalidRecord as error:
            if last and not lines[-1]:  # a full line of which the disk kept only a part
                break
            raise InvalidRecord(
                f"{path}:{number}: {error}", hint="move the file aside; what it held has to be checked by a person"
            ) from error
        whole += len(line) + 1
    return found, whole


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
