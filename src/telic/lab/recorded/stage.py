"""Plays one actor on one recording; the record is that of every episode."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

from telic import __version__
from telic.lab import faults
from telic.lab.recorded.sealed import Sealed, unseal
from telic.lab.recorded.tape import TapeCourse, TapeSession
from telic.lab.scenario import Scenario, digest
from telic.lab.session import tools
from telic.lab.session.claiming import checked
from telic.lab.session.record import Episode
from telic.lab.session.session import Brief, Session
from telic.lab.session.stage import CALLS, Stage
from telic.model import Window
from telic.worlds.recorded import Recording, read
from telic.worlds.recorded.fingerprint import fingerprint
from telic.worlds.recorded.replayed import ReplayedWorld

LEAST = 60.0  # before the recording's end whoever is asked is called at the latest [s]

Play = Callable[[Session, Stage], None]


class Tape:
    """What trusted actors are handed where others have a stage.

    Attributes
    ----------
    recording
        The incident, its future included.
    sealed
        What was really wrong.
    world
        The incident as far as the replay is.
    """

    def __init__(self, recording: Recording, sealed: Sealed, world: ReplayedWorld) -> None:
        self.recording, self.sealed, self.world = recording, sealed, world


def run(scenario: Scenario, play: Play, *, actor: str, folder: Path, seed: int = 1, repeat: int = 1) -> Episode:
    """Play one actor on the recording of `scenario`.

    Parameters
    ----------
    folder
        For what is written meanwhile.
    seed, repeat
        In the record; a recording leaves nothing open.

    Raises
    ------
    InvalidRecord
        The recording or its truth cannot be read.
    """
    begun = time.monotonic()
    where = Path(scenario.recording)
    sealed, recording = unseal(where), read(where)
    brief = _brief(scenario, recording, sealed)
    course = TapeCourse(recording, brief.app, folder, brief.began)
    try:
        session = TapeSession(course, brief)
        ready = time.monotonic()
        try:
            play(session, cast(Stage, Tape(recording, sealed, course.world)))
        except Exception as error:  # noqa: BLE001 - whatever an actor raises ends its session, not the lab
            session.end(f"crashed: {type(error).__name__}: {error}"[:500])
        if not session.closed:
            session.end("time")
        return Episode(
            scenario=scenario,
            scenario_hash=digest(scenario),
            seed=seed,
            world="recorded",
            actor=actor,
            telic=__version__,
            hashes={"recording": fingerprint(where), **(sealed.episode.hashes if sealed.episode else {})},
            phases=_phases(sealed, brief),
            brief=brief,
            truth=sealed.truths,
            noise=sealed.episode.noise if sealed.episode else (),
            calls=tuple(session.calls),
            thoughts=tuple(session.thoughts),
            claims=checked(session.claiming.claims, course.world.store()),
            users=sealed.episode.users if sealed.episode else (),
            cost=session.cost,
            ended=session.ended,
            timings={"ready": ready - begun, "run": time.monotonic() - ready},
            repeat=repeat,
        )
    finally:
        course.world.close()


def _brief(scenario: Scenario, recording: Recording, sealed: Sealed) -> Brief:
    told = sealed.episode.brief if sealed.episode else None
    end = sealed.header.window.end
    began = told.began if told else _called(recording)
    length = end - began if told is None else min(told.seconds, end - began)
    reads = tuple(each for each in tools.cards() if not each.writes)
    asked = Brief(
        app=scenario.app,
        entry=recording.topology().entry,
        promises=(),
        tasks=scenario.tasks,
        tools=reads,
        mechanisms=faults.vocabulary(),
        calls=CALLS + int(length),
        seconds=length,
        began=began,
    )
    return asked if told is None else replace(asked, app=told.app, entry=told.entry, promises=told.promises)


def _called(recording: Recording) -> float:
    """When whoever is asked is called: with the first alarm, and at the latest a minute before the recording ends."""
    window = recording.window
    alarms = [each.time for each in recording.alerts if each.time >= window.start]
    alarms += [recording.symptom.onset] if recording.symptom.onset is not None else []
    return max(window.start, min([*alarms, window.end - LEAST]))


def _phases(sealed: Sealed, brief: Brief) -> dict[str, Window]:
    if sealed.episode is not None:
        return dict(sealed.episode.phases)
    window = sealed.header.window
    return {
        "warm": Window(window.start, window.start),
        "baseline": Window(window.start, brief.began),
        "hold": Window(brief.began, window.end),
        "recovery": Window(window.end, window.end),
    }
