"""What a healthy system gives and costs: latency, correctness, freshness, memory, telemetry's share, false alarms."""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from telic.lab import decoys, injection, journey
from telic.model import Incident
from telic.settings import Settings
from telic.worlds.local.world import AskedWorld

SETTLE = 6.0  # load before anything is measured: connections, caches, first executions of statements [s]
RATE = 300.0  # [requests/s]


@dataclass(frozen=True)
class Healthy:
    """One healthy run."""

    p99: float  # [s]
    correct: float  # [1]
    requests: int
    cpu: float  # of every process of the system and the generator [s]
    pss: float  # of what `telic up` starts [bytes]
    freshness: float  # the worst of a few: from the end of a request until a query finds its spans [s]
    timings: Mapping[str, float]
    incidents: int


@contextmanager
def home(**changes: object) -> Iterator[Settings]:
    """Yield settings with a state folder of their own and free ports."""
    with tempfile.TemporaryDirectory(prefix="telic-bench-") as folder:
        yield replace(Settings.read(), home=Path(folder), port=0, otlp_port=0, **changes)  # type: ignore[arg-type]


def steady(
    seconds: float,
    *,
    rate: float = RATE,
    seed: int = 1,
    telemetry: str = "on",
    operate: bool = False,
    system: str = "hotel",
) -> Healthy:
    """Run the hotel, or another system, undisturbed for `seconds` [s]."""
    with (
        home(telemetry=telemetry) as settings,
        journey.start(system, settings, quiet, rate=rate, seed=seed, operate=operate) as running,
    ):
        tree = [psutil.Process(int(str(running.world.about()["pid"]))), psutil.Process(os.getpid())]
        running.pause(SETTLE)
        begun, before = time.time(), cpu_seconds(tree)
        running.pause(seconds)
        ended, cpu = time.time(), cpu_seconds(tree) - before
        pss = _pss(tree[0])
        asked = telemetry == "on" and system == "hotel"
        freshness = max(_freshness(running.world) for _ in range(5)) if asked else 0.0
        running.pause(3.5)  # until the last of them are decided
        record = running.record().since(int(begun) + 1, int(ended))
        incidents = len(running.incidents())
    (p99,) = record.percentiles(0.99)
    return Healthy(p99, record.correct(), record.total(), cpu, pss, freshness, dict(running.timings), incidents)


def restless(seconds: float, *, rate: float = 150.0, seed: int = 1) -> tuple[int, int]:
    """Return the alarms and the actions in `seconds` [s] of healthy running: harmless changes, +/- 30 % load."""
    rng = random.Random(seed)
    with (
        home() as settings,
        journey.start("hotel", settings, quiet, rate=rate, shape="swing:0.3", seed=seed) as running,
    ):
        end = time.time() + seconds
        while (left := end - time.time()) > 0:
            running.pause(min(left, rng.uniform(20, 40)))
            if time.time() < end - 10:
                with injection.attach(running.world.state_folder) as scene:
                    decoys.decoy(scene, rng.randrange(10**6))
        told = running.incidents()
        for each in told:
            print(f"false alarm: {_words(each)}", file=sys.stderr)
        return len(told), sum(len(each.actions) for each in told)


def _words(incident: Incident) -> str:
    felt = ", ".join(f"{each.operation} {each.signal} {each.bad}/{each.total}" for each in incident.symptoms)
    named = [f"{each.hypotheses[0].mechanism} at {each.hypotheses[0].entity}" for each in incident.diagnoses[-1:]]
    done = [f"{each.action}: {each.outcome}" for each in incident.actions]
    return "; ".join([f"{incident.id} at {incident.opened:.0f}: {felt}", *named, *done, incident.note])


def _freshness(world: AskedWorld) -> float:
    trace = f"{random.getrandbits(128):032x}"
    request = urllib.request.Request(
        f"{world.about()['url']}/read_reviews",
        data=json.dumps({"hotel": "none"}).encode(),
        headers={"traceparent": f"00-{trace}-{'1' * 16}-01", "content-type": "application/json"},
    )
    try:
        urllib.request.urlopen(request, timeout=5).close()
    except urllib.error.HTTPError as refused:
        refused.close()  # 400 and 422 leave spans too
    answered = time.monotonic()
    while time.monotonic() - answered < 10:
        if world.store().query("SELECT 1 FROM spans WHERE trace_id = ? LIMIT 1", (trace,)):
            return time.monotonic() - answered
        time.sleep(0.02)
    return 10.0


def cpu_seconds(roots: list[psutil.Process]) -> float:
    """Return the CPU that processes and their children have used [s]; of ourselves only the children."""
    total = 0.0
    for root in roots:
        for each in root.children(recursive=True) + ([root] if root.pid != os.getpid() else []):
            try:
                spent = each.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += spent.user + spent.system
    return total


def _pss(root: psutil.Process) -> float:
    return float(sum(each.memory_full_info().pss for each in [root, *root.children(recursive=True)]))


def quiet(told: journey.Told) -> None:
    """Benchmarks draw nothing."""
