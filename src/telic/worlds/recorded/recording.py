"""One recorded incident: a folder that answers like a world in which nothing moves any more."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from telic.errors import InvalidRecord, UsageError
from telic.model import Change, State, Topology, Window
from telic.model.signals import Alert, Event, Reported
from telic.worlds.recorded.header import Header, read_header
from telic.worlds.recorded.lines import read_alerts, read_changes, read_events
from telic.worlds.recorded.parts import read_topology
from telic.worlds.recorded.store import RecordedStore
from telic.worlds.recorded.tables import SCHEMAS
from telic.worlds.recorded.times import text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from telic.clock import Clock

_FOLDERS = ("code", "docs")
T = TypeVar("T", Change, Alert, Event)


class Recording:
    """An incident's telemetry, topology, changes, alerts and events; read as they are asked for, never the truth.

    It is an `Observed`: what diagnoses a live system diagnoses this.

    Parameters
    ----------
    folder
        Holds an ``incident.yaml``.
    header
        What that file says.
    until
        What came later is left out [s since the Unix epoch]; default: nothing is. See `Recording.until`.

    Attributes
    ----------
    cut
        Whether something may have been left out.
    """

    def __init__(self, folder: Path, header: Header, *, until: float | None = None) -> None:
        self.folder, self.header, self.cut = folder, header, until is not None
        self._changes = _known(read_changes(folder / "changes.jsonl"), until)
        self.alerts: list[Alert] = _known(read_alerts(folder / "alerts.jsonl"), until)
        self.events: list[Event] = _known(read_events(folder / "events.jsonl"), until)
        self._topology = read_topology(folder / "topology.json", header.name, header.symptom.entity)
        files = {kind: folder / f"{kind}.parquet" for kind in SCHEMAS if (folder / f"{kind}.parquet").exists()}
        self._store = RecordedStore(files, self._changes, self.alerts, self.events, until)

    def until(self, at: float) -> Recording:
        """Return the recording as it was known at `at` [s since the Unix epoch]; its window ends then.

        Nothing that came later is left in it: no metric point, no line, no span that had not ended, and no change,
        alert or event after that moment. Topology and the files of ``code/`` and ``docs/`` have no times and stay.

        Raises
        ------
        UsageError
            Before the window begins, or after it ends.
        """
        window = self.window
        if not window.start < at <= window.end:
            raise UsageError(
                f"{text(at)} is outside {self.name}, which goes from {text(window.start)} to {text(window.end)}",
                hint="name a time after its start and no later than its end",
            )
        return self if at == window.end else Recording(self.folder, self.header.until(at), until=at)

    def noticed(self, symptom: Reported) -> Recording:
        """Return the recording with another symptom; fields of it that are empty stay as recorded."""
        known, other = self.symptom, copy(self)
        merged = Reported(symptom.entity or known.entity, symptom.signal or known.signal, symptom.onset or known.onset)
        other.header = replace(self.header, symptom=merged)
        return other

    @cached_property
    def clock(self) -> Clock:
        """The end of the incident, for ever."""
        from telic.clock import VirtualClock  # and with it asyncio, which a diagnosis does without

        return VirtualClock(start=self.header.window.end)

    @property
    def name(self) -> str:
        """What the incident is called."""
        return self.header.name

    @property
    def window(self) -> Window:
        """The stretch in which something was wrong, or was said to be."""
        return self.header.window

    @property
    def baseline(self) -> Window | None:
        """A stretch in which all was well, if one was recorded."""
        return self.header.baseline

    @property
    def symptom(self) -> Reported:
        """What was reported."""
        return self.header.symptom

    @property
    def rows(self) -> dict[str, int]:
        """Rows of each table, 0 where it was not recorded [1]."""
        return dict(self._store.rows)

    @property
    def missing(self) -> tuple[str, ...]:
        """What was not recorded, in words."""
        absent = [f"no {kind} were recorded" for kind, rows in self._store.rows.items() if not rows]
        records = {"changes": self._changes, "alerts": self.alerts, "topology": self._topology.edges}
        absent += [f"no {kind} on record" for kind, found in records.items() if not found]
        return tuple(absent + ([] if self.baseline else ["no baseline was recorded"]))

    def topology(self) -> Topology:
        """Return entities and who calls whom; the entry is where the symptom was reported."""
        return self._topology

    def state(self) -> State:
        """Return that nothing is known of configuration and processes."""
        return State(self.name, self.window.end, {})

    def changes(self, window: Window | None = None) -> list[Change]:
        """Return what was changed in `window` (all that is on record without one), oldest first."""
        if window is None:
            return list(self._changes)
        return [each for each in self._changes if window.start <= each.time < window.end]

    def columns(
        self, kind: str, names: Sequence[str], windows: Sequence[Window] = ()
    ) -> dict[str, NDArray[np.generic]]:
        """Return columns of ``metrics``, ``logs`` or ``spans`` inside any of `windows`; see `RecordedStore.columns`."""
        return self._store.columns(kind, names, windows)

    def keyed(
        self, kind: str, keys: Sequence[str], names: Sequence[str], windows: Sequence[Window] = ()
    ) -> tuple[NDArray[np.int64], list[tuple[str, ...]], dict[str, NDArray[np.generic]]]:
        """Return columns with their rows sorted into groups; see `RecordedStore.keyed`."""
        return self._store.keyed(kind, keys, names, windows)

    def store(self) -> RecordedStore:
        """Return the same tables behind SQL."""
        return self._store

    def file(self, path: str) -> bytes:
        """Return a file of the snapshots ``code/`` and ``docs/``.

        Raises
        ------
        UsageError
            Outside these folders, or not there.
        """
        wanted = (self.folder / path).resolve()
        roots = [(self.folder / each).resolve() for each in _FOLDERS]
        if not any(wanted.is_relative_to(root) for root in roots) or not wanted.is_file():
            raise UsageError(f"no file {path!r} in the recording", hint=f"files lie under {' and '.join(_FOLDERS)}")
        return wanted.read_bytes()

    def files(self, folder: str) -> list[str]:
        """Return the paths of all files under ``code`` or ``docs``, as `file` takes them."""
        root = self.folder / folder
        if folder not in _FOLDERS or not root.is_dir():
            return []
        return sorted(str(each.relative_to(self.folder)) for each in root.rglob("*") if each.is_file())


def _known(records: list[T], until: float | None) -> list[T]:
    return records if until is None else [each for each in records if each.time <= until]


def read(folder: Path | str) -> Recording:
    """Open the recorded incident in `folder`.

    Raises
    ------
    InvalidRecord
        No incident, or a file that cannot be read (the message has file and line, row or column).
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InvalidRecord(f"{folder}: no such folder", hint="a recorded incident is a folder with an incident.yaml")
    return Recording(folder, read_header(folder / "incident.yaml"))
