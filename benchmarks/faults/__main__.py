"""``python -m benchmarks.faults [--only NAMES] [--quick] --json OUT``: one live hotel, one fault after the other.

Each fault is injected by its own means, felt by the load generator's own record, and taken back by its own means. What
stands in ``OUT.lines`` was run before and is not run again; without ``--only`` all faults are run, also those that the
app has no place for: their line says why.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import result
from benchmarks.faults.line import Line
from benchmarks.loop.healthy import home
from benchmarks.result import Metric
from telic.errors import TelicError, WorldError
from telic.lab import journey
from telic.lab.fault import Fault, Scene, fault, make
from telic.model import Change, Truth, Window

RATE = 60.0  # [requests/s]
FELT = 15.0  # within which users have to feel it [s]
WELL = 25.0  # within which they have to be well after it was taken back [s]
FAILED = 5  # worlds that may fail to start [1]
CALM = 3  # whole seconds without harm that are called well [1]
QUICK = ("admission-closed", "third-party-down")


def main() -> int:
    """Run what is missing, write, and return 0; a fault that nobody felt is a result, not a failure."""
    parser = result.arguments("Every fault on a live system.")
    parser.add_argument("--only", nargs="*", default=[], choices=[*fault, []], help="only these")
    parser.add_argument("--seconds", type=float, default=3600.0, help="begin no fault after so long [s]")
    parser.add_argument("--rate", type=float, default=RATE, help="of users [requests/s]")
    chosen = parser.parse_args()
    lines = run(chosen, chosen.only or (QUICK if chosen.quick else list(fault)))
    print(Line.head())
    for each in lines:
        print(each)
    result.write(chosen.json, "faults", _metrics(lines), {"faults": {each.name: each.plain() for each in lines}})
    return 0


def run(chosen: argparse.Namespace, names: Sequence[str]) -> list[Line]:
    """Run each fault that has no line yet; return all lines, in the order of `names`."""
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    kept = chosen.json.with_suffix(".lines")
    known = read(kept)
    missing = [each for each in names if each not in known]
    end, failed = time.monotonic() + chosen.seconds, 0
    while missing and time.monotonic() < end:
        try:
            with (
                home() as settings,
                journey.start("hotel", settings, _silent, rate=chosen.rate, operate=False) as world,
            ):
                for line in _in_turn(world, missing, chosen.rate, end):
                    print(line, flush=True)
                    known[line.name] = line
                    with kept.open("a") as sink:
                        sink.write(json.dumps(line.plain()) + "\n")
        except WorldError as error:
            failed += 1
            print(f"a world did not start, or ended: {error}", file=sys.stderr)
            if failed == FAILED:
                raise
    return [known[each] for each in names if each in known]


def _in_turn(world: journey.Journey, missing: list[str], rate: float, end: float) -> Iterator[Line]:
    """Yield a line for each fault until the world is not well after one of them."""
    while _after(world, world.now(), WELL, harmed=False) is None:
        print(f"users are not well before anything is done: {_harmed(world)}", file=sys.stderr, flush=True)
    while missing and time.monotonic() < end:
        line = one(world, missing.pop(0), rate)
        yield line
        if line.healed is None and line.felt is not None:
            return


def read(path: Path) -> dict[str, Line]:
    """Return what was run before."""
    rows = [json.loads(row) for row in path.read_text().splitlines()] if path.exists() else []
    return {each["name"]: Line(**each) for each in rows}


def one(world: journey.Journey, name: str, rate: float) -> Line:
    """Hurt once and take it back; a fault without a place or refused by the host says so."""
    factory: Any = fault.factory(name)
    scene = Scene(world.harm, world.design, world.world.changes, rate)
    try:
        culprit: Fault = make(name, factory.plan(scene, 1, {}))
    except TelicError as error:
        return Line(name, factory.layer, why=f"{error}")
    begun, truth, why = world.now(), None, ""
    felt: float | None = None
    try:
        truth = culprit.inject(world.harm)
        felt = _after(world, world.now(), FELT, harmed=True)
    except TelicError as error:
        why = f"{type(error).__name__}: {error}"
    injected = world.now()
    try:
        culprit.heal(world.harm, _change(world, truth))
    except TelicError as error:
        why = f"{why} heal: {type(error).__name__}: {error}".strip()
    healed = _after(world, world.now(), WELL, harmed=False)
    if felt is None and not why:
        why = f"no harm within {FELT:g} s"
    if healed is None:
        why = f"{why}; not well within {WELL:g} s: {_harmed(world)}".removeprefix("; ")
    return Line(name, factory.layer, truth.entity if truth else "", felt, healed, round(injected - begun, 1), why)


def _after(world: journey.Journey, since: float, patience: float, *, harmed: bool) -> float | None:
    """Return how long it took until users were harmed, or were well for `CALM` whole seconds; None: never."""
    while world.now() < since + patience:
        world.pause(0.25)
        seconds: dict[int, bool] = {}
        for each in world.record().tallies():
            if each.second >= since - (1.0 if harmed else 0.0):
                seconds[each.second] = seconds.get(each.second, False) or each.harmed
        if harmed and any(seconds.values()):
            return max(0.0, round(min(second for second, bad in seconds.items() if bad) + 1.0 - since, 1))
        if not harmed:
            for second in sorted(seconds):
                if all(seconds.get(second + more) is False for more in range(CALM)):
                    return max(0.0, round(second - since, 1))
    return None


def _harmed(world: journey.Journey) -> str:
    """Say who was harmed last, and how many of the bad answers were right and late."""
    last = [each for each in world.record().tallies() if each.second >= world.now() - 8 and each.harmed]
    return ", ".join(f"{each.operation} {each.bad} of {each.good + each.bad} ({each.late} late)" for each in last[-4:])


def _change(world: journey.Journey, truth: Truth | None) -> Change | None:
    if truth is None or not truth.change:
        return None
    changes = world.world.changes(Window(0.0, world.now() + 60.0))
    return next((each for each in changes if each.id == truth.change), None)


def _metrics(lines: Sequence[Line]) -> Mapping[str, Metric]:
    felt = [each.felt for each in lines if each.felt is not None]
    healed = [each.healed for each in lines if each.felt is not None and each.healed is not None]
    return {
        "faults": Metric(float(len(lines)), "1"),
        "felt": Metric(float(len(felt)), "1", higher_is_better=True),
        "well_again": Metric(float(len(healed)), "1", higher_is_better=True),
        "felt_s_median": Metric(_median(felt), "s"),
        "healed_s_median": Metric(_median(healed), "s"),
    }


def _median(values: Sequence[float]) -> float | None:
    return sorted(values)[len(values) // 2] if values else None


def _silent(told: journey.Told) -> None:
    """Say nothing."""


if __name__ == "__main__":
    sys.exit(main())
