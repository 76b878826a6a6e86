"""The map of a wiring's weak side: from which load and which length of a trigger on it does not come back.

Every cell is a trial: rate times length, once a panel of retries; the wiring as it is, at the load and the length that
the intent speaks of, is marked.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

from telic import loop
from telic.design import write_wiring
from telic.errors import UsageError
from telic.lab.trials.cells import QUICK, Cell, lasting, modelled, simulated
from telic.lab.trials.measure import hashes
from telic.lab.trials.plan import Planned, plan
from telic.lab.trials.triggers import words
from telic.model import Design
from telic.runtime.wiring import EdgePolicy, RetryPolicy, Wiring
from telic.settings import Settings

__all__ = ["Cell", "Panel", "StormMap", "lasting", "storm", "with_retries"]

Means = Literal["model", "simulated"]
SHARES = {
    "model": (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0),
    "simulated": (0.5, 1.0, 1.5),
}  # of the trial's load [1]
LENGTHS = {"model": (0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0), "simulated": (1.0, 5.0, 10.0)}  # of the trigger [s]
AS_IT_IS = "as it is wired"
RETRIES = (0, 1, 3)  # at every hop, without a budget [1]
Progress = Callable[[int, int], None]


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
    by: Means
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
    by: Means = "model",
    rates: Sequence[float] = (),
    lengths: Sequence[float] = (),
    retries: Sequence[int] = RETRIES,
    seed: int = 1,
    on_cell: Progress = lambda done, of: None,
) -> StormMap:
    """Run every cell.

    Parameters
    ----------
    wiring
        A file, instead of the design's own wiring.
    by
        ``model``: the queueing model, in seconds; ``simulated``: the simulated world, in minutes.
    rates
        Requests a second [1/s]; by default shares of the trial's own load.
    lengths
        Of the trigger [s].
    retries
        A panel each: so many retries at every hop, without a budget.
    on_cell
        Called with the cells done and the cells in all.
    """
    planned = plan(system, trial, timing=QUICK)
    if planned.seconds <= 0:
        raise UsageError(f"{trial} has no length that could be varied", hint="choose a trial with for:")
    asked = tuple(sorted(rates)) or tuple(round(each * planned.workload.rate) for each in SHARES[by])
    longs = tuple(sorted(lengths)) or LENGTHS[by]
    with tempfile.TemporaryDirectory(prefix="telic-storm-") as home:
        own = replace(settings, home=Path(home), port=0, otlp_port=0)
        made = loop.design(system, own, wiring=wiring)
        variants = list(_variants(made, retries))
        places = [(number, rate, each) for number in range(len(variants)) for rate in asked for each in longs]
        wirings = [each for _, _, each in variants]
        with _cells(by, made, planned, wirings, places, partial(simulated, system, own, trial, seed), seed) as run:
            cells = list(_counted(run, len(places), on_cell))
    panels = tuple(
        Panel(title, current, tuple(cell for (at, _, _), cell in zip(places, cells, strict=True) if at == number))
        for number, (title, current, _) in enumerate(variants)
    )
    name = "" if wiring is None else wiring.stem
    here = (planned.workload.rate, planned.seconds)
    said = words({key: value for key, value in planned.trial.inject.items() if key != "for"})
    return StormMap(made.system, name, trial, said, by, seed, asked, longs, here, panels, hashes(made))


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


def _variants(design: Design, retries: Sequence[int]) -> Iterator[tuple[str, bool, Wiring]]:
    """Return the title of every panel, whether it is the wiring asked about, and the wiring."""
    every = {f"{caller}->{callee}": design.wiring.of_edge(f"{caller}->{callee}") for caller, callee in design.edges}
    as_it_is = replace(design.wiring, edges=every)
    variants = [(_title(each), with_retries(design, each)) for each in retries]
    if all(each != as_it_is for _, each in variants):
        variants.insert(0, (AS_IT_IS, as_it_is))
    for title, wiring in variants:
        yield title, wiring == as_it_is, wiring


def _title(retries: int) -> str:
    if retries == 0:
        return "no retries"
    return "1 retry at every hop" if retries == 1 else f"{retries} retries at every hop"


@contextmanager
def _cells(
    by: Means,
    design: Design,
    planned: Planned,
    wirings: Sequence[Wiring],
    places: Sequence[tuple[int, float, float]],
    on_world: Callable[[tuple[Path, float, float]], Cell],
    seed: int,
) -> Iterator[Iterable[Cell]]:
    """Give the cells of all places, in order, as they are done."""
    if by == "model":
        yield (modelled(design, planned, wirings[at], seed, rate, seconds) for at, rate, seconds in places)
        return
    files = [design.folder.parent / f"panel-{number}.yaml" for number in range(len(wirings))]
    for file, wiring in zip(files, wirings, strict=True):
        file.write_text(write_wiring(wiring, about=file.stem), encoding="utf-8")
    with ProcessPoolExecutor(os.cpu_count() or 1, mp_context=get_context("spawn")) as pool:
        yield pool.map(on_world, [(files[at], rate, seconds) for at, rate, seconds in places])


def _counted(cells: Iterable[Cell], of: int, on_cell: Progress) -> Iterator[Cell]:
    for done, each in enumerate(cells, start=1):
        on_cell(done, of)
        yield each
