"""From a trial's id to everything that its run needs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path

from telic import apps, intent
from telic.errors import UnknownName, UsageError
from telic.model.intent import Intent, Objective, Recovery, Trial, Workload
from telic.registry import near_names

GENTLE = 0.3  # of the load during warm-up: a cold start at full load is a trigger of its own [1]


@dataclass(frozen=True)
class Timing:
    """How long the phases of a trial last."""

    warm: float = 4.0  # load before anything counts [s]
    baseline: float = 8.0  # the comparison before the trigger [s]
    recovery: float = 25.0  # watched after the trigger [s]

    @property
    def before(self) -> float:
        """From the first request to the trigger [s]."""
        return self.warm + self.baseline


@dataclass(frozen=True)
class Planned:
    """One trial, resolved against its intent."""

    trial: Trial
    workload: Workload  # its rate already replaced where another was asked for
    recoveries: tuple[Recovery, ...]
    objectives: tuple[Objective, ...]
    timing: Timing = field(default_factory=Timing)

    @property
    def seconds(self) -> float:
        """How long the trigger or the condition lasts [s]."""
        return float(str(self.trial.inject.get("for", 0.0)))

    @property
    def shape(self) -> str:
        """The load's shape: gentle while it warms up, and a spike where the trial is one."""
        warm, start = self.timing.warm, self.timing.before
        gentle = f"steps:{GENTLE:g}@0,1@{warm:g}"
        factor = self.trial.inject.get("load")
        return gentle if factor is None else f"{gentle},{factor}@{start:g},1@{start + self.seconds:g}"


def plan(
    source: str | Path, trial: str, *, rate: float | None = None, workload: str = "", timing: Timing | None = None
) -> Planned:
    """Return the trial called `trial` of the intent `source` (a bundled name or a file).

    Parameters
    ----------
    rate
        Instead of the workload's [requests/s].
    workload
        Id or name, instead of the trial's own.
    timing
        Of the phases; by default enough to see a recovery, or just the condition of a benefit.

    Raises
    ------
    UnknownName
        No such trial or workload.
    UsageError
        A rate that is no load.
    """
    wanted = intent.read(apps.find(source))
    found = _trial(wanted, trial)
    if rate is not None and not 0 < rate < math.inf:
        raise UsageError(f"{rate:g} requests/s is no load", hint="give a finite rate above 0")
    load = _workload(wanted, workload or found.under or _under(wanted, found))
    return Planned(
        found,
        replace(load, rate=load.rate if rate is None else rate),
        tuple(each for each in wanted.recovery if each.id in found.must),
        tuple(each for each in wanted.objectives if each.id in found.must),
        timing or _timing(found),
    )


def _timing(trial: Trial) -> Timing:
    if trial.kind == "benefit":
        return Timing(recovery=2.0)
    return Timing(warm=20.0) if "flush" in trial.inject else Timing()


def _trial(wanted: Intent, name: str) -> Trial:
    known = {each.id: each for each in wanted.trials}
    if name not in known:
        raise UnknownName(
            f"{wanted.system} has no trial {name!r}", hint=near_names(name, known) if known else "write one: trials:"
        )
    return known[name]


def _workload(wanted: Intent, name: str) -> Workload:
    names = [each for load in wanted.workloads for each in (load.id, load.name)]
    if name not in names:
        raise UnknownName(f"{wanted.system} has no workload {name!r}", hint=near_names(name, names))
    return wanted.workload(name)


def _under(wanted: Intent, trial: Trial) -> str:
    """Return the workload of the objective that the trial is about."""
    about = [each for each in trial.must if each in {one.id for one in wanted.objectives}]
    about += [each.metric[8:-1] for each in wanted.recovery if each.id in trial.must]
    return next((each.under for each in wanted.objectives if each.id in about and each.under), wanted.workloads[0].id)
