"""A recording as a course and a session: the tools read what was there by then, time moves with the calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, TypeVar

from telic.errors import ActionRefused, UsageError
from telic.lab.course import Course, Hurt
from telic.lab.injection import Injection
from telic.lab.session.inside import Answer, WorldSession
from telic.lab.session.session import Brief
from telic.model import Action, AnswerStep, Design, Harm
from telic.model.intent import EntityType
from telic.runtime.wiring import Wiring
from telic.worlds.recorded.recording import Recording
from telic.worlds.recorded.replay import Playhead
from telic.worlds.recorded.replayed import HINT, WHY, ReplayedWorld
from telic.worlds.recorded.times import seconds

T = TypeVar("T")
THINK: Final = 1.0  # of the recording's time that a call takes at least [s]


class TapeCourse(Course):
    """One recording, from `began` on.

    Parameters
    ----------
    recording
        The incident.
    system
        What it is called before whoever operates.
    folder
        For what is written meanwhile.
    began
        Where the replay begins [s since the Unix epoch].
    """

    world: ReplayedWorld

    def __init__(self, recording: Recording, system: str, folder: Path, began: float) -> None:
        self.clock = Playhead(began)
        world = ReplayedWorld(recording, self.clock, system, folder)
        design = Design(system, "", (), (), (), Wiring(), (), (), entry=world.topology().entry)
        super().__init__(world, design, lambda told: None, lambda seen: None)

    @property
    def harm(self) -> Harm:
        """Refuse: nothing can be hurt any more."""
        raise UsageError(f"harm: {WHY}", hint=HINT)

    def operate(self) -> None:
        """Refuse: the operator of a running system works on no recording; `telic.lab.recorded.actors` has its own."""
        raise UsageError(f"operate: {WHY}", hint=HINT)

    def dismiss(self) -> None:
        """Do nothing: nobody is at work."""

    def injecting(self, hurt: Hurt) -> AbstractContextManager[Callable[[], Injection | None]]:
        """Refuse."""
        raise UsageError(f"{hurt.fault}: {WHY}", hint=HINT)

    def wait(self, seconds: float) -> None:
        """Go on in the recording."""
        self.clock.move(seconds)

    def pause(self, seconds: float) -> None:
        """Go on in the recording."""
        self.clock.move(seconds)

    def complete(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` to its end; time stands still."""
        return asyncio.run(work)

    def beside(self, name: str, work: Coroutine[Any, Any, object]) -> Callable[[], bool]:
        """Refuse: nothing happens beside a recording."""
        work.close()
        raise UsageError(f"{name}: {WHY}", hint=HINT)

    async def checks(self, tell: Callable[[AnswerStep], None], turn: int = 0) -> None:
        """Refuse: nobody answers any more."""
        raise UsageError(f"checks: {WHY}", hint=HINT)

    def things(self, entity: EntityType) -> Sequence[object]:
        """Return nothing: the data were not recorded."""
        return ()


class TapeSession(WorldSession):
    """The session of a replay: reads and claims are those of every session, actions are refused, alerts are read."""

    def __init__(self, course: TapeCourse, brief: Brief) -> None:
        super().__init__(course, brief, normal=(brief.began, brief.began), think=THINK)
        self._recording = course.world.recording

    def _alerts(self, given: dict[str, Any]) -> Answer:
        rows = list(alerts(self._recording, self.now()))
        return "alert" if rows else "no alert", rows

    def _act(self, wanted: Action) -> Answer:
        raise ActionRefused(f"{wanted.verb} {wanted.target}: {WHY}", hint=HINT)


def alerts(recording: Recording, now: float) -> Iterator[Mapping[str, object]]:
    """Yield what alerts at `now` [s since the Unix epoch]: rules that fired and have not ended, or the report."""
    fired = [each for each in recording.alerts if each.time <= now]
    for each in fired:
        ended = each.attributes.get("end")
        if ended and seconds(ended, f"{recording.folder}: alert {each.name}") <= now:
            continue
        known = {name: each.attributes[name] for name in ("signal", "operation", "onset") if name in each.attributes}
        yield {
            "kind": "alert",
            "name": each.name,
            "entity": each.entity,
            "detected": each.time,
            "severity": each.severity,
            "text": each.text,
            **known,
        }
    said = recording.symptom
    if not recording.alerts and said.entity and (said.onset is None or said.onset <= now):
        yield {"kind": "report", "entity": said.entity, "signal": said.signal, "onset": said.onset}
