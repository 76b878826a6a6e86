"""Carries out a scenario's faults and noise in time, on whatever clock the world runs."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

from telic.clock import Clock
from telic.errors import TelicError, UsageError
from telic.lab import injection
from telic.lab.decoys import decoy, quiet_service
from telic.lab.fault import Fault, Scene, grows
from telic.lab.injection import Injection
from telic.lab.injector import Injector, Wanted
from telic.lab.ledger import Ledger
from telic.lab.scenario.scenario import Noise, Placed, Scenario
from telic.model import Truth

OTHER = 1000  # seeds of the second, third, ... fault of an episode lie so far apart [1]
STEPS, STEP = 4, 2.0  # sizes of a ramp at least [1]; none lasts longer [s]
STILL = (0.06, 6.0)  # a red herring: a service that nobody waits for stands still this share of every 1 s, so long [s]


@dataclass(frozen=True)
class Disturbance:
    """Something harmless that was done."""

    kind: str
    entity: str
    time: float  # [s since the Unix epoch]
    change: str = ""


def moment(scenario: Scenario, seed: int) -> float:
    """Return when the fault is due, from the start of the baseline [s]."""
    share = random.Random(f"moment/{scenario.name}/{seed}").random()
    return scenario.phases.baseline + scenario.phases.spread * share


class Director:
    """One scenario in one world.

    Parameters
    ----------
    scene
        The world and its design.
    ledger
        Gets a line before anything happens.
    clock
        Where waiting takes place.
    due
        When the fault is due, on the clock's monotonic time [s].

    Attributes
    ----------
    injections
        What was injected so far, by number of the fault; `truth.healed` once it went away by itself.
    disturbances
        What harmless things happened.
    """

    def __init__(self, scene: Scene, ledger: Ledger, clock: Clock, *, seed: int, due: float) -> None:
        self._scene, self._ledger, self._clock, self._seed, self._due = scene, ledger, clock, seed, due
        self._stop = False
        self._hurt: Sequence[Fault] = ()  # as they were planned, from whose places noise keeps away
        self._injectors: list[Injector] = []
        self.injections: dict[int, Injection] = {}
        self.disturbances: list[Disturbance] = []

    @property
    def truths(self) -> tuple[Truth, ...]:
        """What was wrong, in the order of the scenario."""
        return tuple(self.injections[number].truth for number in sorted(self.injections))

    async def run(self, scenario: Scenario) -> None:
        """Carry out everything; ends when nothing of it is left to do."""
        _check_ramps(scenario.faults)
        if scenario.faults and scenario.noise:  # planned before anything happens: a hurt world has other places
            self._hurt = await asyncio.to_thread(self._planned, scenario.faults)
        await asyncio.gather(
            *(self._fault(number, each) for number, each in enumerate(scenario.faults)),
            *(self._noise(number, each) for number, each in enumerate(scenario.noise)),
        )

    def stop(self) -> None:
        """Begin nothing new; `run` ends soon."""
        self._stop = True
        for each in self._injectors:
            each.stop.set()

    def heal(self) -> None:
        """Take back whatever is in force."""
        injection.heal_all(self._scene, self._ledger, self._clock)

    async def _fault(self, number: int, placed: Placed) -> None:
        injector = self._injector()
        due = self._due + placed.at
        wanted = Wanted(placed.kind, self._seed + OTHER * number, placed.params, due - self._clock.monotonic())
        if placed.shape == "ramp":
            await self._ramp(injector, number, placed, replace(wanted, after=0.0))
        else:
            await self._inject(injector, number, wanted)
        if placed.shape == "periodic" and placed.every > 0:
            await self._cycle(injector, number, placed, wanted, due)
        elif placed.lasts > 0 and await injector.until(due + placed.lasts):
            await self._heal(injector, number)

    async def _inject(self, injector: Injector, number: int, wanted: Wanted) -> None:
        done = await injector.run(wanted)
        if done is not None:
            first = self.injections.get(number, done)
            self.injections[number] = replace(
                done, truth=replace(done.truth, injected=first.truth.injected, healed=0.0)
            )

    async def _heal(self, injector: Injector, number: int) -> None:
        entry = injector.entry
        if entry is not None:
            await asyncio.to_thread(injection.heal_one, self._scene, self._ledger, entry, self._clock)
            done = self.injections[number]
            self.injections[number] = replace(done, truth=replace(done.truth, healed=self._clock.time()))

    async def _cycle(self, injector: Injector, number: int, placed: Placed, wanted: Wanted, due: float) -> None:
        """Heal after half of every turn, inject at the start of the next, until the fault's time is over."""
        turn, end = 1, due + placed.lasts if placed.lasts > 0 else float("inf")
        while await injector.until(min(end, due + (turn - 0.5) * placed.every)):
            await self._heal(injector, number)
            if due + turn * placed.every >= end or not await injector.until(due + turn * placed.every):
                return
            params = self.injections[number].params
            await self._inject(injector, number, replace(wanted, params=params, after=0.0))
            turn += 1

    async def _ramp(self, injector: Injector, number: int, placed: Placed, wanted: Wanted) -> None:
        """Inject in growing sizes."""
        steps = max(STEPS, ceil(placed.over / STEP))
        for step in range(1, steps + 1):
            due = self._due + placed.at + placed.over * (step - 1) / steps
            if not await injector.until(due):
                return
            if step > 1:
                params = self.injections[number].params
                wanted = replace(wanted, params=params, after=0.0)
            injector.share = step / steps
            await self._inject(injector, number, wanted)

    async def _noise(self, number: int, noise: Noise) -> None:
        injector = self._injector()
        if not await injector.until(self._due - noise.before):
            return
        seed, now = self._seed + OTHER * (number + 1), self._clock.time()
        hurt = self._hurt
        if noise.kind == "decoy":
            change = await asyncio.to_thread(decoy, self._scene, seed, hurt=hurt)
            self.disturbances.append(Disturbance(noise.kind, change.entity, now, change.id))
            return
        service = await asyncio.to_thread(quiet_service, self._scene, seed, hurt=hurt)
        self.disturbances.append(Disturbance(noise.kind, service, now))
        share, seconds = STILL
        await asyncio.to_thread(self._scene.harm.pause, service, share)
        await injector.until(self._clock.monotonic() + seconds)
        try:
            await asyncio.to_thread(self._scene.harm.pause, service, 0.0)
        except TelicError:  # its process is gone, and the pauses with it
            return

    def _planned(self, faults: Sequence[Placed]) -> Sequence[Fault]:
        """Return the faults, from whose places noise keeps away."""
        seeds = (self._seed + OTHER * number for number in range(len(faults)))
        wanted = [Wanted(each.kind, seed, each.params) for each, seed in zip(faults, seeds, strict=True)]
        return [self._injector().plan(each)[0] for each in wanted]

    def _injector(self) -> Injector:
        made = Injector(self._scene, self._ledger, self._clock)
        if self._stop:
            made.stop.set()
        self._injectors.append(made)
        return made


def _check_ramps(faults: Sequence[Placed]) -> None:
    """Refuse a ramp of a fault that has no sizes."""
    for each in faults:
        if each.shape == "ramp" and not grows(each.kind):
            raise UsageError(f"{each.kind} has no sizes, so it cannot ramp", hint='write shape = "step"')
