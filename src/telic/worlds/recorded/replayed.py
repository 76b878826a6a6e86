"""A recorded incident as a world that goes on in time: it shows what was there by then, and lets nothing be done."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from telic.errors import ActionRefused, UsageError
from telic.model import Action, Change, Design, State, Topology, Undo, Window
from telic.worlds.local.world import AskedWorld
from telic.worlds.recorded.recording import Recording
from telic.worlds.recorded.replay import Playhead, ReplayStore

WHY, HINT = "this is a recording, nothing can be done to it any more", "say what was wrong: submit"


class ReplayedWorld(AskedWorld):
    """A world over one recorded incident.

    Parameters
    ----------
    recording
        The incident.
    clock
        How far the replay is.
    system
        What the system is called.
    state_folder
        Where whoever operates keeps a journal.
    """

    def __init__(self, recording: Recording, clock: Playhead, system: str, state_folder: Path) -> None:
        self.recording, self._system = recording, system
        self._kept = ReplayStore(recording.folder, clock)
        super().__init__(clock, self._kept, state_folder)

    def about(self) -> dict[str, object]:
        """Return what is replayed; nothing listens."""
        return {"system": self._system, "isolation": "recorded"}

    def design_folder(self) -> Path:
        """Return the empty path: a recording has no design."""
        return Path()

    def ask(self, method: str, **params: object) -> object:
        """Refuse: nobody answers methods."""
        raise UsageError(f"{method}: {WHY}", hint=HINT)

    def topology(self) -> Topology:
        """Return services, stores and who calls whom, as far as it was recorded."""
        return self.recording.topology()

    def state(self) -> State:
        """Return that nothing is known of configuration and processes: it was not recorded."""
        return State(self._system, self.clock.time(), {})

    def changes(self, window: Window) -> list[Change]:
        """Return what was changed in `window` and is known by now, oldest first."""
        return [each for each in self.recording.changes(window) if each.time <= self.clock.time()]

    def release_files(self, service: str) -> Mapping[str, str]:
        """Return no sources; what was recorded of them lies in the incident's ``code`` folder."""
        return {}

    def dry_run(self, action: Action) -> str:
        """Refuse every action."""
        raise ActionRefused(f"{action.verb} {action.target}: {WHY}", hint=HINT)

    def apply(self, action: Action) -> Undo:
        """Refuse every action."""
        raise ActionRefused(f"{action.verb} {action.target}: {WHY}", hint=HINT)

    def deploy(self, design: Design) -> None:
        """Refuse."""
        raise UsageError(f"deploy: {WHY}", hint=HINT)

    def close(self) -> None:
        """Forget everything."""
        self._kept.close()
