"""The change log: one model.Change a line, on disk before anybody is told."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path

from telic.errors import InvalidRecord
from telic.model import Change, Scalar, Window, dump, load

MAX_DIFF = 20_000  # of one change [characters]


class ChangeLog:
    """Appends to and reads ``changes.jsonl``.

    A last line that a crash cut short is dropped; any other damage is an error.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._changes = _read(path)

    def append(self, change: Change) -> Change:
        """Write `change` and wait for the disk."""
        with self.path.open("ab") as file:
            file.write(dump(change) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._changes.append(change)
        return change

    def within(self, window: Window) -> list[Change]:
        """Return the changes in `window`, oldest first."""
        return [each for each in self._changes if window.start <= each.time < window.end]

    def find(self, identity: str) -> Change | None:
        """Return the change with this id."""
        return next((each for each in reversed(self._changes) if each.id == identity), None)

    def __len__(self) -> int:
        return len(self._changes)


def settings_diff(before: Mapping[str, Scalar], after: Mapping[str, Scalar]) -> str:
    """Return one line ``key: old -> new`` for each setting that differs.

    Examples
    --------
    >>> settings_diff({"a": 1, "b": 2}, {"a": 1, "b": 3})
    'b: 2 -> 3'
    """
    keys = sorted({*before, *after})
    changed = [key for key in keys if before.get(key) != after.get(key)]
    return "\n".join(f"{key}: {before.get(key, '(none)')} -> {after.get(key, '(none)')}" for key in changed)


def files_diff(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Return a unified diff between two sets of files, cut at `MAX_DIFF` characters."""
    lines: list[str] = []
    for path in sorted({*before, *after}):
        old, new = before.get(path, ""), after.get(path, "")
        if old != new:
            lines += difflib.unified_diff(old.splitlines(), new.splitlines(), f"a/{path}", f"b/{path}", lineterm="")
    text = "\n".join(lines)
    return text if len(text) <= MAX_DIFF else text[:MAX_DIFF] + "\n(cut)"


def _read(path: Path) -> list[Change]:
    if not path.exists():
        return []
    data = path.read_bytes()
    whole, _, rest = data.rpartition(b"\n")
    if rest:  # a crash in the middle of a line: that change was never acknowledged
        os.truncate(path, len(data) - len(rest))
    changes = []
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            changes.append(load(Change, line))
        except InvalidRecord as error:
            hint = "delete that line, or discard this system's state with `telic up --fresh`"
            raise InvalidRecord(f"{path}:{number} is damaged: {error}", hint=hint) from error
    return changes
