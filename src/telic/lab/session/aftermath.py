"""How a world is after an episode: the faults' post-conditions, the data, what was taken away, what is left."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

from telic.errors import TelicError
from telic.lab.course import Course
from telic.lab.fault import make
from telic.lab.injection import Injection
from telic.lab.scenario.director import Director
from telic.lab.session.invariants import invariants
from telic.lab.session.record import Condition, Post
from telic.model import Change, Harm, Intent, State, Tally, Window

LOAD = 0.5  # of the requests a second before: less means that load was stopped [1]
HELD = 0.5  # of the time since the world was looked at last a throttled process was not let run [1]


@runtime_checkable
class Conditioned(Protocol):
    """A fault that knows best what has to hold once it is mended."""

    def conditions(self, harm: Harm) -> tuple[Condition, ...]:
        """Say what has to hold, and whether it does."""
        ...


@dataclass(frozen=True)
class Before:
    """The world before anybody did anything."""

    state: State
    time: float  # [s since the Unix epoch]

    @classmethod
    def of(cls, course: Course) -> Self:
        """Look at a world."""
        return cls(course.world.state(), course.now())


def aftermath(
    course: Course, intent: Intent, before: Before, director: Director, *, healthy: Window, recovery: Window
) -> Post:
    """Look at a world at the end of an episode, before anything is healed."""
    state = course.world.state()
    changes = {each.id: each for each in course.world.changes(Window(before.time - 60.0, course.now() + 1.0))}
    lasting = [each for each in director.injections.values() if not each.truth.healed]
    return Post(
        conditions=tuple(_conditions(course, director)),
        invariants=tuple(invariants(course, intent)),
        collateral=(
            *_taken_away(before.state, state),
            *_load(course.record().tallies(), healthy, recovery),
        ),
        residue=tuple(said for each in lasting for said in _residue(each, changes, before.state, state)),
    )


def _conditions(course: Course, director: Director) -> Iterator[Condition]:
    for each in director.injections.values():
        culprit = make(each.truth.fault, each.params)
        if isinstance(culprit, Conditioned) and not each.truth.healed:
            try:
                yield from culprit.conditions(course.harm)
            except TelicError as error:
                yield Condition(f"the state of {each.truth.entity} can be asked: {error}", False)


def _taken_away(before: State, now: State) -> Iterator[str]:
    """Say what users need and no longer have: services, replicas, stores, privileges, doors that stand open."""
    for name, service in before.services.items():
        found = now.services.get(name)
        if found is None or not any(each.phase == "ready" for each in found.instances):
            yield f"{name} does not run"
        elif found.replicas < service.replicas:
            yield f"{name} has {found.replicas} replicas instead of {service.replicas}"
        if found is not None and (shed := _shed(found.policies.get(name))) > _shed(service.policies.get(name)):
            yield f"{name} still refuses {shed:.0%} of its requests on purpose"
    for name, store in before.stores.items():
        left = now.stores.get(name)
        if left is None or left.instance.phase != "ready":
            yield f"{name} does not run"
        else:
            yield from (f"{each} is not granted" for each in left.missing_grants if each not in store.missing_grants)


def _load(users: list[Tally], before: Window, recovery: Window) -> Iterator[str]:
    """Say whether users were kept away: the load generator sends on whatever happens."""
    was, now = (
        sum(each.good + each.bad for each in users if window.start <= each.second < window.end)
        / max(1.0, window.seconds)
        for window in (before, recovery)
    )
    if now < LOAD * was:
        yield f"users came {now:.0f} times a second instead of {was:.0f}"


def _residue(done: Injection, changes: dict[str, Change], before: State, now: State) -> Iterator[str]:
    """Say what is left of one injection, as the state of the world shows it."""
    truth = done.truth
    change = changes.get(truth.change)
    if change is not None and change.kind == "deploy":
        running = now.services.get(change.entity)
        if running is not None and running.version == change.after:
            yield f"{change.entity} still runs version {change.after}"
    elif change is not None and change.kind == "config":
        yield from _settings_left(change, before, now)
    service = now.services.get(truth.entity)
    for each in service.instances if service is not None else ():
        if each.process_state == "T":
            yield f"{each.name} stands still"


def _settings_left(change: Change, before: State, now: State) -> Iterator[str]:
    service, was = now.services.get(change.entity), before.services.get(change.entity)
    if service is None or was is None:
        return
    for key in re.findall(r"^([\w.-]+): ", change.diff, re.M):
        old, value = was.config.get(key), service.config.get(key)
        if key in was.config and value != old and f"-> {value}" in change.diff:
            yield f"{key} of {change.entity} is still {value}"


def _shed(policy: object) -> float:
    found = policy.get("shed", 0.0) if isinstance(policy, dict) else getattr(policy, "shed", 0.0)
    return float(found) if isinstance(found, int | float) else 0.0
