"""The map of a wiring's weak side: from which load and which length of a trigger on it does not come back.

Every cell is a trial on the simulated world: rate times length, once a panel of retries; the wiring as it is, at the
load and the length that the intent speaks of, is marked.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from telic import loop
from telic.design import write_wiring
from telic.errors import UsageError
from telic.lab.course import Told
from telic.lab.trials.plan import Planned, Timing, plan
from telic.lab.trials.run import run
from telic.lab.trials.triggers import words
from telic.model import Design
from telic.runtime.wiring import EdgePolicy, RetryPolicy, Wiring
from telic.settings import Settings

QUICK = Timing(warm=3.0, baseline=5.0, recovery=15.0)  # of a cell
RATES = (0.33, 0.67, 1.0, 1.33)  # of the trial's own load [1]
LENGTHS = (1.0, 2.0, 5.0, 10.0)  # of the trigger [s]
RETRIES = (0, 1, 3)  # at every hop, without a budget [1]


@dataclass(frozen=True)
class Cell:
    """One trial of the map."""

    rate: float  # [requests/s]
    seconds: float  # length of the trigger [s]
    outcome: str
    recovery: float | None  # [s]
    tail: float  # share of good answers at the end [1]


@dataclass(frozen=True)
class Panel:
    """All cells of one wiring."""

    title: str
    current: bool  # the wiring that was asked about
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class StormMap:
    """Everything that the picture shows, and what it takes to repeat it."""

    system: str
    wiring: str
    trial: str
    trigger: str  # in words, without its length
    seed: int
    rates: tuple[float, ...]  # [requests/s]
    lengths: tuple[float, ...]  # [s]
    here: tuple[float, float]  # the trial's own rate [requests/s] and length [s]
    panels: tuple[Panel, ...]
    hashes: Mapping[str, str]


def storm(
    system: str,
    settings: Settings,
    *,
    trial: str = "T1",
    wiring: Path | None = None,
    rates: Sequence[float] = (),
    lengths: Sequence[float] = LENGTHS,
    retries: Sequence[int] = RETRIES,
    seed: int = 1,
    workers: int = 0,
    on_cell: Callable[[int, int], None] = lambda done, of: None,
) -> StormMap:
    """Run every cell.

    Parameters
    ----------
    wiring
        A file, instead of the design's own wiring.
    rates
        Requests a second [1/s]; by default shares of the trial's own load.
    lengths
        Of the trigger [s].
    retries
        A panel each: so many retries at every hop, without a budget.
    workers
        Processes at once [1]; 0: one a core.
    on_cell
        Called with the cells done and the cells in all.
    """
    planned = plan(system, trial, timing=QUICK)
    if planned.seconds <= 0:
        raise UsageError(f"{trial} has no length that could be varied", hint="choose a trial with for:")
    asked = tuple(sorted(rates)) or tuple(round(each * planned.workload.rate) for each in RATES)
    with tempfile.TemporaryDirectory(prefix="telic-storm-") as home:
        own = replace(settings, home=Path(home), port=0, otlp_port=0)
        made = loop.design(system, own, wiring=wiring)
        variants = list(_variants(made, retries, Path(home)))
        work = [(path, rate, seconds) for _, _, path in variants for rate in asked for seconds in sorted(lengths)]
        cells = _all(work, partial(cell, system, own, trial, seed), workers or os.cpu_count() or 1, on_cell)
        panels = tuple(
            Panel(title, current, tuple(each for (path, _, _), each in zip(work, cells, strict=True) if path == file))
            for title, current, file in variants
        )
    name = "" if wiring is None else wiring.stem
    here = (planned.workload.rate, planned.seconds)
    hashes = {"intent": made.intent_hash, "design": made.hash}
    said = words({key: value for key, value in planned.trial.inject.items() if key != "for"})
    return StormMap(made.system, name, trial, said, seed, asked, tuple(sorted(lengths)), here, panels, hashes)


def cell(system: str, settings: Settings, trial: str, seed: int, place: tuple[Path, float, float]) -> Cell:
    """Run one cell: a wiring file, a rate [requests/s] and a length of the trigger [s]."""
    wiring, rate, seconds = place
    planned = lasting(plan(system, trial, rate=rate, timing=QUICK), seconds)
    with tempfile.TemporaryDirectory(prefix="telic-cell-", dir=settings.home) as home:
        own = replace(settings, home=Path(home))
        found = run(planned, own, _quiet, system=system, wiring=wiring, seed=seed).verdict
    return Cell(rate, seconds, found.outcome, found.recovery, found.tail)


def lasting(planned: Planned, seconds: float) -> Planned:
    """Return the same trial with a trigger of another length [s]."""
    trial = replace(planned.trial, inject={**planned.trial.inject, "for": seconds})
    return replace(planned, trial=trial)


def with_retries(design: Design, retries: int) -> Wiring:
    """Return a design's wiring with so many retries [1] at every hop between services, and no budget."""
    services = {each.name for each in design.services}
    edges = {
        f"{caller}->{callee}": _with(design.wiring.of_edge(f"{caller}->{callee}"), retries if callee in services else 0)
        for caller, callee in design.edges
    }
    return replace(design.wiring, edges=edges)


def _with(policy: EdgePolicy, retries: int) -> EdgePolicy:
    if retries == 0:
        return replace(policy, retry=None)
    return replace(policy, retry=replace(policy.retry or RetryPolicy(backoff=0.0), max=retries, budget=0.0))


def _variants(design: Design, retries: Sequence[int], folder: Path) -> Iterator[tuple[str, bool, Path]]:
    """Write a wiring file for every panel: its title, whether it is the wiring asked about, and the file."""
    every = {f"{caller}->{callee}": design.wiring.of_edge(f"{caller}->{callee}") for caller, callee in design.edges}
    as_it_is = replace(design.wiring, edges=every)
    variants = [(_title(each), with_retries(design, each)) for each in retries]
    if all(each != as_it_is for _, each in variants):
        variants.insert(0, ("as it is wired", as_it_is))
    for number, (title, wiring) in enumerate(variants):
        path = folder / f"panel-{number}.yaml"
        path.write_text(write_wiring(wiring, about=title), encoding="utf-8")
        yield title, wiring == as_it_is, path


def _title(retries: int) -> str:
    if retries == 0:
        return "no retries"
    return "1 retry at every hop" if retries == 1 else f"{retries} retries at every hop"


def _all(
    work: Sequence[tuple[Path, float, float]],
    do: Callable[[tuple[Path, float, float]], Cell],
    workers: int,
    on_cell: Callable[[int, int], None],
) -> list[Cell]:
    cells: list[Cell] = []
    if workers == 1:
        found: Iterator[Cell] = map(do, work)
        for each in found:
            cells.append(each)
            on_cell(len(cells), len(work))
        return cells
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for each in pool.map(do, work):
            cells.append(each)
            on_cell(len(cells), len(work))
    return cells


def _quiet(told: Told) -> None:
    """Nobody watches a map cell by cell."""
