"""One episode on a loaded world: warm-up, baseline, fault, hold, recovery, and its record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from telic import __version__
from telic.lab import faults
from telic.lab.course import Course
from telic.lab.fault import Scene
from telic.lab.ledger import Ledger
from telic.lab.scenario import Scenario, digest
from telic.lab.scenario.director import Director, moment
from telic.lab.session import tools
from telic.lab.session.aftermath import Before, aftermath
from telic.lab.session.claiming import checked
from telic.lab.session.inside import WorldSession
from telic.lab.session.record import LIVE, Episode, Noted, Post, WorldKind
from telic.lab.session.session import Brief, Promise
from telic.lab.shell.commands import Shell, shell_of
from telic.lab.trials.measure import hashes
from telic.model import Intent, Window
from telic.model.intent import Objective

CALLS = 200  # of one session [1]
THINK = 1.0  # that a call takes at least on virtual time [s]
SHOWN = 8.0  # after the last fault came, or the last one went, before the recovery window begins at the earliest [s]
DECIDED = 3.5  # until the last second's requests are answered or given up [s]


@dataclass(frozen=True)
class Means:
    """What an episode is recorded with."""

    scenario: Scenario
    seed: int
    actor: str
    world: WorldKind
    intent: Intent
    repeat: int = 1
    calls: int = CALLS


class Stage:
    """Leads one course through one scenario.

    Parameters
    ----------
    course
        Just started and under load, with nobody at work.
    means
        What is played, and by whom.

    Attributes
    ----------
    session
        For the actor, from `open` on.
    director
        Who hurts the world.
    """

    def __init__(self, course: Course, means: Means) -> None:
        self.course, self.means = course, means
        self.started = course.now()
        self.director: Director
        self.session: WorldSession
        self.due = 0.0  # when the fault comes [s since the Unix epoch]
        self._directed: Callable[[], bool]
        self.before: Before

    def open(self) -> WorldSession:
        """Warm up, let the director begin, and open the session."""
        course, scenario = self.course, self.means.scenario
        shell = shell_of(course.world)
        course.pause(scenario.phases.warm)
        scene = Scene(course.harm, course.design, course.world.changes, scenario.workload.rate)
        ledger = Ledger(course.world.state_folder / "harm")
        clock = course.world.clock
        self.before = Before.of(course)
        opened = course.now()
        self.due = opened + moment(scenario, self.means.seed)
        self.director = Director(scene, ledger, clock, seed=self.means.seed, due=clock.monotonic() + self.due - opened)
        self._directed = course.beside("director", self.director.run(scenario))
        think = 0.0 if self.means.world in LIVE else THINK
        brief, normal = self._brief(opened, shell=isinstance(shell, Shell)), (self.started, self.due - 1.0)
        self.session = WorldSession(course, brief, normal=normal, think=think, shell=shell)
        return self.session

    def close(self) -> Episode:
        """After the actor: let the hold and the recovery window pass, look at what is left, heal; return the record."""
        course, scenario, session = self.course, self.means.scenario, self.session
        if not session.closed:
            session.end("time")
        self._pass_until(max(session.closed_at, self._quiet_from()))
        begun = course.now()
        self._pass_until(begun + scenario.phases.recovery)
        ended = course.now()
        self._pass_until(ended + DECIDED)
        healthy = Window(session.brief.began, self.due)
        recovery = Window(begun, ended)
        post = aftermath(course, self.means.intent, self.before, self.director, healthy=healthy, recovery=recovery)
        episode = self._record(recovery, post)
        self.director.stop()
        self.director.heal()
        return episode

    def _quiet_from(self) -> float:
        """Return from when on nothing more comes or goes by itself [s since the Unix epoch]."""
        ends = [self.due + each.at + max(each.lasts, each.over) for each in self.means.scenario.faults]
        return max([self.due, *ends]) + SHOWN

    def _pass_until(self, time: float) -> None:
        while self.course.now() < time:
            self.course.pause(min(1.0, time - self.course.now()))
            self._directed()

    def _brief(self, opened: float, *, shell: bool) -> Brief:
        design, scenario = self.course.design, self.means.scenario
        phases = scenario.phases
        return Brief(
            app=design.system,
            entry=design.entry,
            promises=tuple(Promise(each.id, _promise(each)) for each in design.objectives),
            tasks=scenario.tasks,
            tools=tools.cards(shell=shell, asking=self.course.asks),
            mechanisms=faults.vocabulary(),
            calls=self.means.calls,
            seconds=phases.baseline + phases.spread + phases.hold,
            began=opened,
        )

    def _record(self, recovery: Window, post: Post) -> Episode:
        course, means, session = self.course, self.means, self.session
        opened, due = session.brief.began, self.due
        return Episode(
            scenario=means.scenario,
            scenario_hash=digest(means.scenario),
            seed=means.seed,
            world=means.world,
            actor=means.actor,
            telic=__version__,
            hashes=hashes(course.design),
            phases={
                "warm": Window(self.started, opened),
                "baseline": Window(opened, due),
                "hold": Window(due, recovery.start),
                "recovery": recovery,
            },
            brief=session.brief,
            truth=self.director.truths,
            noise=tuple(Noted(each.kind, each.entity, each.time, each.change) for each in self.director.disturbances),
            calls=tuple(session.calls),
            thoughts=tuple(session.thoughts),
            claims=checked(session.claiming.claims, course.world.store()),
            users=tuple(each for each in course.record().tallies() if each.second < recovery.end),
            incidents=course.incidents(),
            actions=session.actions(),
            post=post,
            cost=session.cost,
            ended=session.ended,
            timings=dict(course.timings),
            repeat=means.repeat,
        )


def _promise(each: Objective) -> str:
    share = f"{each.target:.4g} of requests"
    if each.sli == "latency":
        return f"{share} at {each.service} are answered within {each.below:g} s"
    return f"{share} at {each.service} are answered rightly"
