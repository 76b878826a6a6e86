"""The client of a running local world: what it shows, and the actions that the guard alone applies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from telic.clock import Clock, SystemClock
from telic.errors import InvalidRecord, WorldUnavailable
from telic.model import Action, Change, Design, State, Store, Topology, Undo, Window, plain
from telic.telemetry.client import TelemetryClient
from telic.worlds.local import checks, control
from telic.worlds.local.layout import Layout, read_system

T = TypeVar("T")
APPLY_WITHIN = 30.0  # an action, at most a deploy that waits 10 s for readiness [s]


class AskedWorld(ABC):
    """A `model.World` whose every call is one exchange with whoever runs the system.

    Parameters
    ----------
    clock
        The world's time.
    store
        Its telemetry.
    state_folder
        Where the system keeps its state.
    """

    def __init__(self, clock: Clock, store: Store, state_folder: Path) -> None:
        self.clock, self.state_folder, self._store = clock, state_folder, store

    @abstractmethod
    def about(self) -> dict[str, object]:
        """Return what is up: system, url, otlp, pid, isolation, design, started."""

    @abstractmethod
    def design_folder(self) -> Path:
        """Return the folder of the design that runs."""

    @abstractmethod
    def ask(self, method: str, **params: object) -> object:
        """Call a method of the control socket's table."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the world; it runs on."""

    def topology(self) -> Topology:
        """Return services, instances, stores and edges."""
        return read(Topology, self.ask("topology"))

    def state(self) -> State:
        """Return desired and observed state."""
        return read(State, self.ask("state"))

    def changes(self, window: Window) -> list[Change]:
        """Return what was changed in `window`, oldest first."""
        return read(list[Change], self.ask("changes", start=window.start, end=window.end))

    def events(self, since: float) -> list[dict[str, object]]:
        """Return what the supervisor did and saw since a time [s since the Unix epoch]."""
        return read(list[dict[str, object]], self.ask("events", since=since))

    def store(self) -> Store:
        """Return the telemetry."""
        return self._store

    def release_files(self, service: str) -> Mapping[str, str]:
        """Return the source files of the version of `service` that runs now."""
        return read(dict[str, str], self.ask("release_files", service=service))

    def deploy(self, design: Design) -> None:
        """Move what runs to another design of the same shape."""
        self.ask("deploy_design", folder=str(design.folder.resolve()))

    def dry_run(self, action: Action) -> str:
        """Say what `action` would change; raise ActionRefused where its precondition does not hold."""
        return str(self.ask("dry_run", action=plain(action)))

    def apply(self, action: Action) -> Undo:
        """Carry out one action; called by the guard alone."""
        return read(Undo, self.ask("apply", action=plain(action)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class LocalWorld(AskedWorld):
    """Asks on the control socket, so it may be used from several threads."""

    def __init__(self, layout: Layout, about: Mapping[str, object]) -> None:
        self._telemetry = TelemetryClient(layout.telemetry)
        super().__init__(SystemClock(), self._telemetry, layout.state)
        self._layout, self._about = layout, dict(about)

    @classmethod
    def attach(cls, state_folder: Path) -> LocalWorld:
        """Return the running world whose state folder this is.

        Raises
        ------
        WorldUnavailable
            It is not running.
        """
        layout = Layout.of(state_folder)
        if not checks.held(layout):
            name = layout.state.name
            raise WorldUnavailable(f"{name} is not running", hint=f"start it with `telic up {name}`; its data are kept")
        return cls(layout, read_system(layout))

    def about(self) -> dict[str, object]:
        """Return what is up: system, url, otlp, pid, isolation, design, started."""
        return dict(self._about)

    def design_folder(self) -> Path:
        """Return the folder of the design that runs."""
        return Path(str(read_system(self._layout)["design"]))

    def close(self) -> None:
        """Let go of the world; it runs on."""
        self._telemetry.close()

    def ask(self, method: str, **params: object) -> object:
        """Ask the supervisor."""
        return control.ask(self._layout.control, method, params, timeout=APPLY_WITHIN)


def read(kind: type[T], found: object) -> T:
    """Return the supervisor's answer as a record."""
    try:
        return msgspec.convert(found, type=kind, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidRecord(
            f"the supervisor's answer does not fit: {error}", hint="is it of another version? restart it"
        ) from error
