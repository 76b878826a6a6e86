"""What a trial's record says beside the verdict: amplification, what was full, what an operator did."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from statistics import fmean

from telic import __version__, apps
from telic.design.paths import visits
from telic.design.shelf import code_hash
from telic.lab.course import Course
from telic.lab.trials.plan import Planned
from telic.model import Design, Incident, Store, Tally, Window, dump
from telic.model.goodput import Goodput, Phases, Verdict, goodput
from telic.model.intent import Workload
from telic.model.trial import Evidence, Fullness, WorldName
from telic.telemetry.queries.holding import held, waited
from telic.telemetry.queries.saturation import Saturation, saturation

PATIENCE = 30.0  # for a query after a storm [s]
DECIDING = (
    "*.py", "runtime/**/*", "model/**/*", "intent/**/*", "design/**/*", "telemetry/**/*", "worlds/**/*", "context/**/*",
    "tools/**/*", "operate/**/*", "lab/*.py", "lab/trials/*.py",
)  # fmt: skip
"""What of Telic's code decides how a trial goes."""
CALLS = "SELECT count(*) AS calls FROM spans WHERE kind = 'client' AND peer = ? AND start_ns >= ? AND start_ns < ?"


def evidence(
    course: Course,
    planned: Planned,
    phases: Phases,
    tallies: Iterable[Tally],
    verdict: Verdict,
    *,
    system: str,
    world: WorldName,
    wiring: Path | None,
    seed: int,
    operated: bool,
) -> Evidence:
    """Gather everything about a trial while its world still runs."""
    design, store, seconds = course.design, course.world.store(), goodput(tallies)
    bottleneck = fullest(design, planned.workload)
    late = Window(max(phases.trigger.end, phases.after.end - 8.0), phases.after.end)
    lasting = [each for each in (phases.trigger, late) if each.seconds >= 1.0]
    amplified = [calls_a_request(store, bottleneck, seconds, each) for each in lasting]
    worst = lasting[amplified.index(max(amplified))]
    return Evidence(
        trial=planned.trial.id,
        kind=planned.trial.kind,
        inject=planned.trial.inject,
        system=design.system,
        world=world,
        wiring="" if wiring is None else apps.reference(wiring),
        workload=planned.workload.id,
        rate=planned.workload.rate,
        seed=seed,
        telic=__version__,
        hashes=made_of(design),
        phases=phases,
        seconds=tuple(seconds),
        verdict=verdict,
        bottleneck=bottleneck,
        calm=calls_a_request(store, bottleneck, seconds, phases.before),
        amplification=max(amplified),
        full=fullness(store, worst),
        operated=operated,
        actions=done(course.incidents()),
        source=apps.reference(apps.find(system)),
    )


def fullest(design: Design, workload: Workload) -> str:
    """Return the service that `workload` fills most, by declared capacities; the entry where none declares any."""

    def load(service: str) -> float:
        capacity = design.service(service).capacity
        if capacity is None or capacity.service_time <= 0:
            return 0.0
        return visits(design, workload, service).rate * capacity.service_time / capacity.slots

    return max((each.name for each in design.services), key=load, default=design.entry)


def calls_a_request(store: Store, service: str, seconds: Sequence[Goodput], window: Window) -> float:
    """Return the calls to `service` for each user request of `window` [1]; 0 without requests."""
    asked = sum(each.asked for each in seconds if window.start <= each.second < window.end)
    params = (service, int(window.start * 1e9), int(window.end * 1e9))
    (row,) = store.query(CALLS, params, timeout=PATIENCE)
    return float(str(row["calls"])) / asked if asked else 0.0


def fullness(store: Store, window: Window) -> tuple[Fullness, ...]:
    """Return how full each service was over `window`, of the slots that it had then, fullest first."""
    waits = waited(store, window)
    steps: dict[str, list[Saturation]] = {}
    for each in saturation(store, window):
        steps.setdefault(each.service, []).append(each)
    found = [
        Fullness(
            name,
            fmean(each.utilisation for each in here),
            fmean(each.queued for each in here),
            str(held(name, here, waits) or ""),
        )
        for name, here in steps.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.utilisation, -each.queued, each.service)))


def hashes(design: Design) -> dict[str, str]:
    """Return the hashes of intent, design and wiring."""
    wiring = "sha256:" + hashlib.sha256(dump(design.wiring)).hexdigest()
    return {"intent": design.intent_hash, "design": design.hash, "wiring": wiring}


def made_of(design: Design) -> dict[str, str]:
    """Return the hashes of everything that a trial's run follows from, with its seed: also of Telic's code."""
    return {**hashes(design), "telic": _code()}


@cache
def _code() -> str:
    return "sha256:" + code_hash(DECIDING)


def done(incidents: Iterable[Incident]) -> tuple[str, ...]:
    """Return what an operator did, and the outcome."""
    return tuple(f"{each.action}: {each.outcome}" for incident in incidents for each in incident.actions)
