"""A recorded incident as a world that goes on in time: it shows what was there by then, and lets nothing be done."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from telic.errors import ActionRefused, UsageError
from telic.model import Action, AnswerStep, Change, Design, State, Topology, Undo, Window, load
from telic.model.intent import BadErrors, Objective
from telic.worlds.local.world import AskedWorld
from telic.worlds.recorded.recording import Recording
from telic.worlds.recorded.replay import STORE, Playhead, ReplayStore

STATES = f"{STORE}/states.jsonl"  # states of the system, one a line, oldest first
OBJECTIVES = f"{STORE}/objectives.json"  # what users were promised
ANSWERS = f"{STORE}/answers.jsonl"  # what was checked of its answers, a second and operation a line
BAD_ERRORS = f"{STORE}/bad-errors.json"  # business errors that they call bad service
CHECKED = 1.0  # for so long the answers of one line were checked [s]
WHY, HINT = "this is a recording, nothing can be done to it any more", "say what was wrong: submit"


T = TypeVar("T")


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
        self._states = sorted(_lines(recording.folder / STATES, State), key=lambda each: each.time)
        self._checked = sorted(_lines(recording.folder / ANSWERS, AnswerStep), key=lambda each: each.time)
        self._told = 0  # of them [1]
        promised, bad = recording.folder / OBJECTIVES, recording.folder / BAD_ERRORS
        self.objectives: tuple[Objective, ...] = (
            load(tuple[Objective, ...], promised.read_bytes()) if promised.is_file() else ()
        )
        """What users were promised, where it was recorded."""
        self.bad_errors: BadErrors = load(dict[str, frozenset[str]], bad.read_bytes()) if bad.is_file() else {}
        """Business errors that they call bad service, where they were recorded."""
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
        """Return the newest state that was recorded by now; where none was, that nothing is known."""
        now = self.clock.time()
        known = bisect_right([each.time for each in self._states], now)
        return self._states[known - 1] if known else State(self._system, now, {})

    def states(self) -> Sequence[State]:
        """Return every state that was recorded by now, oldest first."""
        return [each for each in self._states if each.time <= self.clock.time()]

    def answers(self) -> Sequence[AnswerStep]:
        """Return what was checked of the system's answers by now and was not returned before, oldest first."""
        known = bisect_right([each.time + CHECKED for each in self._checked], self.clock.time())
        new, self._told = self._checked[self._told : known], max(known, self._told)
        return new

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


def _lines(file: Path, kind: type[T]) -> list[T]:
    return [load(kind, each) for each in file.read_bytes().splitlines()] if file.is_file() else []
