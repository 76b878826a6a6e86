"""From a journey to the record that a report is made of."""

from __future__ import annotations

import hashlib
import os
import platform

from telic import intent
from telic.design.reading import INTENT
from telic.lab.course import Course, Episode
from telic.lab.episode import Score
from telic.model import Window, dump
from telic.model.intent import Intent, Objective
from telic.report import LogLine, Moment, RunRecord, Standing, latencies
from telic.telemetry import queries

LOGS = 60  # at most so many warnings and errors go into a report [1]


def chronicle(journey: Course, episodes: tuple[Episode, ...], moments: tuple[Moment, ...] = ()) -> RunRecord:
    """Gather everything that is known of a journey while its world still runs.

    Parameters
    ----------
    episodes
        What was done to it, oldest first.
    moments
        The story so far, for the timeline.
    """
    made, record = journey.design, journey.record()
    wanted = intent.read(made.folder / INTENT)
    lines = record.seconds
    window = Window(float(lines[0].second), float(lines[-1].second + 1))
    return RunRecord(
        system=made.system,
        started=window.start,
        ended=window.end,
        seed=episodes[0].hurt.seed if episodes else 0,
        topology=journey.world.topology(),
        command=" && ".join(f"telic demo --fault {each.hurt.fault} --seed {each.hurt.seed}" for each in episodes),
        hashes={"intent": made.intent_hash, "design": made.hash, "wiring": _digest(dump(made.wiring))},
        operations={each.id: each.name for each in wanted.operations},
        objectives=made.objectives,
        tallies=tuple(record.tallies()),
        latencies=latencies(
            (line.second, name, row.latency) for line in lines for name, row in line.operations.items()
        ),
        truths=tuple(each.injection.truth for each in episodes),
        incidents=journey.incidents(),
        changes=tuple(journey.world.changes(Window(window.start - 600, window.end + 600))),
        moments=moments,
        standings=_standings(wanted, made.objectives, record.summary().good, tuple(each.score for each in episodes)),
        logs=_logs(journey, window),
        saturation=tuple(queries.saturation(journey.world.store(), window)),
        waited=tuple(queries.waited(journey.world.store(), window)),
        timings=dict(journey.timings),
        facts=_facts(journey),
    )


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _standings(
    wanted: Intent, objectives: tuple[Objective, ...], good: float, scores: tuple[Score, ...]
) -> tuple[Standing, ...]:
    harmed = sum(each.harm_minutes for each in scores) * 60
    standings = [
        Standing(
            each.id,
            "FULFILLED" if good >= each.target else "DEGRADED",
            f"{good:.2%} of this run's requests were good, {each.target:.1%} wanted; users harmed for {harmed:.0f} s",
            "the load generator's record",
            f"{each.sli} at {each.service}",
        )
        for each in objectives
    ]
    ids = [
        *(each.id for each in wanted.use_cases),
        *(each.id for each in wanted.invariants),
        *(each.id for each in wanted.security),
    ]
    standings += [Standing(each, "UNVERIFIED", "this run does not test it") for each in ids]
    return tuple(standings)


def _logs(journey: Course, window: Window) -> tuple[LogLine, ...]:
    rows = journey.world.store().query(
        "SELECT time_ns, service, severity, body FROM logs WHERE time_ns >= ? AND severity_number >= 13 "
        "ORDER BY time_ns",
        (int(window.start * 1e9),),
        limit=LOGS,
    )
    return tuple(
        LogLine(int(str(row["time_ns"])) / 1e9, str(row["service"]), str(row["severity"]), str(row["body"]))
        for row in rows
    )


def _facts(journey: Course) -> dict[str, str]:
    state = journey.world.state()
    services = [each for service in state.services.values() for each in service.instances]
    stores = [each.instance for each in state.stores.values()]
    memory = sum(each.memory_bytes for each in (*services, *stores))
    return {
        "machine": f"{os.cpu_count()} cores, {platform.platform(terse=True)}, Python {platform.python_version()}",
        "isolation": str(journey.world.about()["isolation"]),
        "services and stores": f"{len(services)} + {len(stores)} processes, {memory / 1e6:.0f} MB",
    }
