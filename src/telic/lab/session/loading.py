"""A scenario's app, loaded in a world of its own: simulated, modelled, live, brought or in a cluster.

What is not needed to start a world is imported while it starts: it takes a second of CPU.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from telic import apps, intent
from telic import design as designs
from telic.errors import UsageError
from telic.lab.made_up import intent_of, made_up
from telic.lab.scenario import Scenario
from telic.lab.session.record import WorldKind
from telic.lab.session.standby import Standby, folder
from telic.model import Design, Intent, Scalar
from telic.settings import Settings
from telic.worlds.brought import folder_of

if TYPE_CHECKING:
    from telic.lab.course import Course, Tell

_Settings = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]  # service, then key and value


@dataclass(frozen=True)
class Ahead:
    """Where live worlds come from, and which one is needed after this episode."""

    standby: Standby
    then: Design | None = None


@contextmanager
def loaded(
    scenario: Scenario,
    seed: int = 1,
    world: WorldKind = "simulated",
    tell: Tell = lambda told: None,
    design: Design | None = None,
    ahead: Ahead | None = None,
) -> Iterator[Course]:
    """Start and load a scenario's app in a folder of its own, with nobody at work."""
    if folder_of(scenario.app):
        with _brought(scenario, seed, world, tell, design) as course:
            yield course
        return
    if world == "local":
        with _live(scenario, seed, tell, design or prepared(scenario), ahead) as course:
            yield course
        return
    if world == "kubernetes":
        with _clustered(scenario, seed, tell, design) as clustered:
            yield clustered
        return
    from telic.worlds.simulated import collecting

    if world == "queueing" or made_up(scenario.app):
        from telic.lab import meanings
        from telic.lab import modelled as courses

        for each in scenario.faults:
            meanings.require(each.kind)
    else:
        from telic.lab import virtual as courses  # type: ignore[no-redef]
    with collecting.leftovers(), folder() as home:
        settings = replace(Settings.read({}), home=home, port=0, otlp_port=0)
        load = scenario.workload
        with courses.start(
            design or (prepared(scenario) if scenario.settings else scenario.app),
            settings,
            tell,
            workload=load.name,
            rate=load.rate,
            shape=load.shape,
            seed=seed,
            operate=False,
        ) as course:
            yield course
        del course


@contextmanager
def _clustered(scenario: Scenario, seed: int, tell: Tell, design: Design | None) -> Iterator[Course]:
    """Start and load a scenario's app in a cluster."""
    from telic.lab.cluster import course as courses
    from telic.lab.cluster import plays

    plays.require_all(scenario.faults, scenario.noise, scenario.app)
    load = scenario.workload
    with folder() as home:
        settings = replace(Settings.read(), home=home)
        with courses.start(
            design or prepared(scenario),
            settings,
            tell,
            kinds=[each.kind for each in scenario.faults],
            workload=load.name,
            rate=load.rate,
            shape=load.shape,
            seed=seed,
        ) as course:
            yield course
        del course


@contextmanager
def _brought(scenario: Scenario, seed: int, world: WorldKind, tell: Tell, design: Design | None) -> Iterator[Course]:
    """Start and load a system that somebody brought."""
    from telic.lab import brought

    if world != "local":
        brought.refuse_elsewhere(scenario.app, world)
    for each in scenario.faults:
        brought.require(each.kind)
    load = scenario.workload
    with folder() as home:
        settings = replace(Settings.read({}), home=home, port=0, otlp_port=0)
        made = design or prepared(scenario)
        with brought.start(
            made, settings, tell, workload=load.name, rate=load.rate, shape=load.shape, seed=seed
        ) as course:
            yield course
        del course


@contextmanager
def _live(scenario: Scenario, seed: int, tell: Tell, design: Design, ahead: Ahead | None) -> Iterator[Course]:
    standby, load = ahead.standby if ahead else Standby(), scenario.workload
    with ExitStack() as ends:
        if ahead is None:
            ends.callback(standby.close)
        begun = time.monotonic()
        standby.begin(design)
        from telic.lab import journey

        lent = ends.enter_context(standby.lent(design))
        reset = time.monotonic() - begun
        course = ends.enter_context(
            journey.loaded(
                journey.Journey,
                lent.world,
                design,
                tell,
                workload=load.name,
                rate=load.rate,
                shape=load.shape,
                seed=seed,
                operate=False,
                users=lent.users,
            )
        )
        course.timings = lent.timings
        course.timings |= {"reset": reset, "loaded": time.monotonic() - begun - reset}
        if ahead and ahead.then:
            standby.prepare(ahead.then)
        yield course


def intended(scenario: Scenario) -> Intent:
    """Return the intent of a scenario's app with the scenario's settings, read once for all episodes of a process."""
    return _intended(scenario.app, _frozen(scenario.settings))


def prepared(scenario: Scenario) -> Design:
    """Return the design of a scenario's app; it lies on the shelf of the state folder once it was made.

    Raises
    ------
    UsageError
        The app is brought or made up, and takes no settings.
    InvalidDesign
        A service has no setting of that name.
    """
    return _prepared(scenario.app, _frozen(scenario.settings))


def _frozen(settings: Mapping[str, Mapping[str, Scalar]]) -> _Settings:
    return tuple(
        (service, tuple((key, str(each)) for key, each in found.items())) for service, found in settings.items()
    )


@cache
def _intended(app: str, settings: _Settings) -> Intent:
    if settings and (folder_of(app) or made_up(app)):
        raise UsageError(f"{app} takes no settings of a scenario", hint="leave [settings] out")
    if folder_of(app):
        from telic.lab import brought

        return brought.intent_of(_prepared(app, ()))
    found = intent_of(app) if made_up(app) else intent.read(apps.find(app))
    return intent.configured(found, {service: dict(each) for service, each in settings}) if settings else found


@cache
def _prepared(app: str, settings: _Settings) -> Design:
    if folder_of(app) and not settings:
        from telic.lab import brought

        return brought.prepared(app)
    wanted = _intended(app, settings)
    intent.require_complete(wanted)
    return designs.shelved(wanted, Settings.read().home / "designs")
