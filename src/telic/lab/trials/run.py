"""One trial from warm-up to verdict: warm-up, baseline, trigger, hold, recovery."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from telic.lab.course import Course, Tell, Told
from telic.lab.trials import measure
from telic.lab.trials.plan import Planned
from telic.lab.trials.triggers import injected, kind_of, words
from telic.model import Window
from telic.model.goodput import Phases, Verdict, judge
from telic.model.trial import Evidence, WorldName
from telic.settings import Settings

DECIDED = 3.5  # until the last second's requests are answered or given up [s]


def run(
    planned: Planned,
    settings: Settings,
    tell: Tell,
    *,
    system: str,
    world: WorldName = "simulated",
    wiring: Path | None = None,
    seed: int = 1,
    operate: bool = False,
) -> Evidence:
    """Run one trial in a world of its own.

    Parameters
    ----------
    planned
        What `telic.lab.trials.plan` returned.
    tell
        Called with everything worth showing, in order.
    system
        A bundled name or an intent file.
    wiring
        A file that replaces the design's own wiring.
    seed
        Of arrivals, operations and keys, and on the simulated world of everything else.
    operate
        Whether an operator is at work.
    """
    with opened(
        system,
        settings,
        tell,
        world=world,
        workload=planned.workload.id,
        rate=planned.workload.rate,
        shape=planned.shape,
        seed=seed,
        operate=operate,
        wiring=wiring,
    ) as course:
        phases = through(course, planned)
        tallies = course.record().since(phases.before.start, phases.after.end).tallies()
        verdict = judge(tallies, phases, planned.recoveries, planned.objectives)
        tell(Told(course.now(), "step", said(verdict)))
        return measure.evidence(
            course,
            planned,
            phases,
            tallies,
            verdict,
            system=system,
            world=world,
            wiring=wiring,
            seed=seed,
            operated=operate,
        )


@contextmanager
def opened(
    system: str,
    settings: Settings,
    tell: Tell,
    *,
    world: WorldName,
    workload: str,
    rate: float | None,
    shape: str,
    seed: int,
    operate: bool,
    wiring: Path | None,
) -> Iterator[Course]:
    """Start and load a system in a local or in a simulated world."""
    if world == "local":
        from telic.lab import journey as courses
    else:
        from telic.lab import virtual as courses  # type: ignore[no-redef]
    with courses.start(
        system,
        settings,
        tell,
        workload=workload,
        rate=rate,
        shape=shape,
        seed=seed,
        operate=operate,
        wiring=wiring,
    ) as course:
        yield course


def through(course: Course, planned: Planned) -> Phases:
    """Take a loaded world through the phases of a trial; return when they were."""
    timing, inject = planned.timing, planned.trial.inject
    if kind_of(inject) == "load":
        first = float(course.record().seconds[0].second)
        start = first + timing.before
        end = start + 1.0 + planned.seconds  # the record knows the load's start to the second
        course.pause(start - course.now())
        course.tell(Told(course.now(), "lab", words(inject)))
        course.pause(end - course.now())
    else:
        course.pause(timing.before)
        start = course.now()
        course.tell(Told(start, "lab", words(inject)))
        with injected(course.harm, inject):
            course.pause(planned.seconds)
        end = course.now()
    course.tell(Told(end, "lab", "that is over; now we watch"))
    course.pause(end + timing.recovery - course.now())
    course.pause(DECIDED)
    return Phases(
        Window(start - timing.baseline, start), Window(start, end), Window(end, end + float(int(timing.recovery)))
    )


def said(verdict: Verdict) -> str:
    """Return a verdict in words.

    Examples
    --------
    >>> said(Verdict("recovered", 1.0, 0.1234, 0.99, 2.0))
    'recovered after 2.0 s; good before 100 %, during 12 %, at the end 99 %'
    """
    took = "" if verdict.recovery is None else f" after {verdict.recovery:.1f} s"
    missed = f", {', '.join(verdict.missed)} missed" if verdict.missed else ""
    shares = f"good before {verdict.before:.0%}, during {verdict.during:.0%}, at the end {verdict.tail:.0%}"
    return f"{verdict.outcome}{took}{missed}; {shares}".replace("%", " %")
