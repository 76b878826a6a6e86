"""Runs one episode: a fresh world, one scenario, one actor, one record."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from telic import apps, intent, loop
from telic.lab.course import Course, Tell
from telic.lab.made_up import intent_of, made_up
from telic.lab.scenario import Scenario
from telic.lab.session.record import Episode, WorldKind
from telic.lab.session.session import Session
from telic.lab.session.stage import Means, Stage
from telic.model import Design
from telic.settings import Settings

PREFIX = "telic-lab-"  # of every folder that an episode leaves behind where it is killed

Play = Callable[[Session, Stage], None]


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
    """
    wanted = intent_of(scenario.app) if made_up(scenario.app) else intent.read(apps.find(scenario.app))
    means = Means(scenario, seed, actor, world, wanted, repeat)
    with loaded(scenario, seed, world, tell, design) as course:
        begun = time.monotonic()
        stage = Stage(course, means)
        session = stage.open()
        try:
            play(session, stage)
        except Exception as error:  # noqa: BLE001 - whatever an actor raises ends its session, not the lab
            session.end(f"crashed: {type(error).__name__}: {error}"[:500])
        episode = stage.close()
        took = time.monotonic() - begun
    return replace(episode, timings={**course.timings, "run": took})


@contextmanager
def loaded(
    scenario: Scenario,
    seed: int = 1,
    world: WorldKind = "simulated",
    tell: Tell = lambda told: None,
    design: Design | None = None,
) -> Iterator[Course]:
    """Start and load a scenario's app in a folder of its own, with nobody at work."""
    if world == "local":
        from telic.lab import journey as courses
    elif world == "queueing" or made_up(scenario.app):
        from telic.lab import modelled as courses  # type: ignore[no-redef]
    else:
        from telic.lab import virtual as courses  # type: ignore[no-redef]
    with folder() as home:
        settings = replace(Settings.read({}), home=home, port=0, otlp_port=0)
        load = scenario.workload
        with courses.start(
            design or scenario.app,
            settings,
            tell,
            workload=load.name,
            rate=load.rate,
            shape=load.shape,
            seed=seed,
            operate=False,
        ) as course:
            yield course


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder that is gone afterwards; its name says whose it is, for who cleans up after a killed lab."""
    with TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-") as home:
        yield Path(home)


@cache
def prepared(app: str, home: Path) -> Design:
    """Return the design of `app`, made once below `home`."""
    return loop.design(app, replace(Settings.read({}), home=home))
