"""Runs one episode: a fresh world, one scenario, one actor, one record.

What is not needed to start a world is imported while it starts: it takes a second of CPU.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from telic.lab.scenario import Scenario
from telic.lab.session.loading import Ahead, intended, loaded
from telic.lab.session.record import Episode, WorldKind
from telic.lab.session.standby import folder
from telic.model import Design

if TYPE_CHECKING:
    from telic.lab.course import Course, Tell
    from telic.lab.recorded.states import Watching
    from telic.lab.session.session import Session
    from telic.lab.session.stage import Stage

Play: TypeAlias = "Callable[[Session, Stage], None]"


def run(
    scenario: Scenario,
    play: Play,
    *,
    actor: str,
    seed: int = 1,
    world: WorldKind = "simulated",
    repeat: int = 1,
    tell: Tell = lambda told: None,
    design: Design | None = None,
    ahead: Ahead | None = None,
    keep: Path | None = None,
    asking: bool = False,
) -> Episode:
    """Run one episode in a world of its own.

    Parameters
    ----------
    play
        Lets the actor work through the session; whatever it raises ends the session and stands in the record.
    actor
        Its name in the record.
    seed
        Of everything that the scenario leaves open: place and moment of faults, traffic, and the simulated world.
    design
        Of the scenario's app, where it was made already.
    ahead
        For live worlds: where they come from; a world that starts now and is down at the end without it.
    keep
        Folder that becomes a recording of the episode; it must not exist.
    asking
        Whether answers are checked for the recording: with some requests more it is not quite the same episode.
    """
    if scenario.recording:
        from telic.lab.recorded import stage as tape

        with folder() as home:
            return tape.run(scenario, play, actor=actor, folder=home, seed=seed, repeat=repeat)
    wanted = intended(scenario)
    with loaded(scenario, seed, world, tell, design, ahead) as course:
        begun = time.monotonic()
        from telic.lab.session.stage import Means, Stage

        episode = _played(Stage(course, Means(scenario, seed, actor, world, wanted, repeat)), play, keep, asking=asking)
        took, timings = time.monotonic() - begun, course.timings
        del course  # nothing holds the world when what it leaves is collected
    return replace(episode, timings={**timings, "run": took})


def _played(stage: Stage, play: Play, keep: Path | None, *, asking: bool) -> Episode:
    """Let the actor work from the stage's opening to its close."""
    watching = _watched(stage.course, asking=asking) if keep is not None else None
    session = stage.open()
    try:
        play(session, stage)
    except Exception as error:  # noqa: BLE001 - whatever an actor raises ends its session, not the lab
        session.end(f"crashed: {type(error).__name__}: {error}"[:500])
    episode = stage.close()
    if keep is not None and watching is not None:
        from telic.lab.recorded import taking

        watching.stop()
        taking.take(stage.course, episode, keep, states=watching.seen, answers=watching.answers)
    return episode


def _watched(course: Course, *, asking: bool) -> Watching:
    """Look at the world's state from now on, for a recording, and check its answers where that is wanted."""
    from telic.lab.recorded.states import Watching

    watching = Watching(course)
    course.beside("states", watching.run())
    if asking and course.asks:
        course.beside("answers", watching.ask())
    return watching
