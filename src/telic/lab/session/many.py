"""Runs the episodes of a run that are missing, several at a time, and goes on where it was stopped."""

from __future__ import annotations

import logging
import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path

from telic.errors import TelicError, UsageError
from telic.lab.actors import actor
from telic.lab.grading import soundness
from telic.lab.runs import folder as runs
from telic.lab.runs.folder import Cell
from telic.lab.scenario import Scenario, digest
from telic.lab.session import loading, running
from telic.lab.session.loading import Ahead
from telic.lab.session.playing import built_in
from telic.lab.session.record import LIVE, Episode, write
from telic.lab.session.running import Play
from telic.lab.session.standby import Standby
from telic.model import Design
from telic.worlds.brought import folder_of
from telic.worlds.child import die_with_parent

TRIES = 3  # to play an episode, at most, while others on this machine harm its users [1]
_log = logging.getLogger(__name__)
BATCH = 25  # episodes of one worker process, which then ends and gives its memory back [1]


@dataclass(frozen=True)
class Done:
    """One episode that was run, or why it was not."""

    cell: Cell
    path: Path | None = None
    error: str = ""
    seconds: float = 0.0  # of the machine's clock, start and end of the world included [s]
    left: str = ""  # what of a live world would not end, in the last of a series; its episodes count all the same


Tell = Callable[[Done], None]


def run(
    folder: Path,
    scenarios: Iterable[Scenario],
    *,
    jobs: int = 1,
    plays: Mapping[str, Play] | None = None,
    tell: Tell = lambda done: None,
) -> list[Done]:
    """Run every episode that is missing in the run of `folder`; an episode that fails does not end the others.

    Parameters
    ----------
    scenarios
        Those of the run; one whose file has changed since belongs to other episodes and is left out.
    jobs
        How many episodes run at the same time, each in a process of its own [1]; 1: in this process.
    plays
        What lets actors work that are not built in, by name.

    Raises
    ------
    UsageError
        A scenario of the run is not among `scenarios`, or somebody else plays this run now.
    """
    known = {(each.name, digest(each)): each for each in scenarios}
    todo = runs.missing(runs.opened(folder), runs.episodes(folder)[0])
    lost = [each for each in todo if (each.scenario, each.scenario_hash) not in known]
    if lost:
        raise UsageError(
            f"scenario {lost[0].scenario} is not there as it was when the run was made",
            hint="begin a new run: telic lab run SUITE",
        )
    given = plays or {}
    for name in sorted({each.actor for each in todo} - set(given)):
        actor.factory(name)
    done: list[Done] = []
    with runs.played_alone(folder):
        works = [_work(each, known[each.scenario, each.scenario_hash], folder, given) for each in todo]
        for each in _parallel(works, jobs) if jobs > 1 else _in_turn(works):
            tell(each)
            done.append(each)
    return done


@dataclass(frozen=True)
class _Work:
    """One episode to run."""

    cell: Cell
    scenario: Scenario
    folder: Path
    design: Design | None
    plays: Mapping[str, Play]


def _work(cell: Cell, scenario: Scenario, folder: Path, plays: Mapping[str, Play]) -> _Work:
    design = None if scenario.recording else loading.prepared(scenario)
    return _Work(cell, scenario, folder, design, plays)


def _run(work: _Work, after: _Work | None, standby: Standby) -> Done:
    """Run one episode; a live world for the one `after` it starts meanwhile."""
    cell = work.cell
    ahead = after is not None and after.cell.world == "local" and not folder_of(after.scenario.app)
    then = after.design if after and ahead else None
    begun = time.monotonic()
    disturbed: list[str] = []
    try:
        episode = _played(work, Ahead(standby, then))
        while cell.world in LIVE and len(disturbed) + 1 < TRIES and (why := soundness.disturbed(episode)):
            disturbed.append(why)
            episode = _played(work, Ahead(standby, then))
    except TelicError as error:
        return Done(cell, error=f"{error}; {error.hint}" if error.hint else str(error))
    except Exception as error:  # noqa: BLE001 - a mistake of the lab's costs its own episode, and no other
        _log.exception("%s under seed %d broke down", cell.scenario, cell.seed)
        return Done(cell, error=f"it broke down: {type(error).__name__}: {error}")
    episode = replace(episode, disturbed=tuple(disturbed))
    return Done(cell, write(work.folder / runs.EPISODES, episode), seconds=time.monotonic() - begun)


def _played(work: _Work, ahead: Ahead) -> Episode:
    cell = work.cell
    return running.run(
        work.scenario,
        work.plays.get(cell.actor) or _own(cell.actor, work.scenario),
        actor=cell.actor,
        seed=cell.seed,
        world=cell.world,
        repeat=cell.repeat,
        design=work.design,
        ahead=ahead,
    )


def _own(name: str, scenario: Scenario) -> Play:
    if not scenario.recording:
        return built_in(name)
    from telic.lab.recorded import actors

    return actors.play(name)


def _in_turn(works: Sequence[_Work]) -> Iterator[Done]:
    """Run `works` one after the other in this process."""
    with closing(Standby()) as standby:
        for work, after in zip_longest(works, works[1:]):
            done = _run(work, after, standby)
            yield done if after else replace(done, left=_closed(standby))


def _closed(standby: Standby) -> str:
    """Take down all live worlds; return what went wrong with that."""
    try:
        standby.close()
    except TelicError as error:
        return f"{error}; `telic lab doctor` ends it"
    return ""


@dataclass(frozen=True)
class _Taken:
    """What a worker process was handed over by the fork."""

    works: Sequence[_Work] = ()
    standby: Standby = field(default_factory=Standby)


_taken: list[_Taken] = []


def _take(works: Sequence[_Work]) -> None:
    die_with_parent()  # a lab that is killed leaves nobody behind
    _taken[:] = [_Taken(works)]


def _run_number(number: int) -> Done:
    """Run one of the episodes that this process took over; after the last no live world is left."""
    (taken,) = _taken
    after = taken.works[number + 1] if number + 1 < len(taken.works) else None
    done = _run(taken.works[number], after, taken.standby)
    return done if after else replace(done, left=_closed(taken.standby))


def _parallel(works: Sequence[_Work], jobs: int) -> Iterator[Done]:
    """Run `works` in `jobs` processes forked from this one, where everything is imported and every design is made.

    Who needs live worlds one ahead has to know what comes next: those are dealt out to the processes beforehand.
    """
    context = multiprocessing.get_context("fork")
    for start in range(0, len(works), BATCH * jobs):
        batch = works[start : start + BATCH * jobs]
        live = any(each.cell.world == "local" for each in batch)
        lanes = [lane for lane in (batch[number::jobs] for number in range(jobs)) if lane] if live else [batch]
        asked: dict[Future[Done], _Work] = {}
        with ExitStack() as pools:
            for lane in lanes:
                pool = pools.enter_context(
                    ProcessPoolExecutor(1 if live else jobs, context, initializer=_take, initargs=(lane,))
                )
                for number, each in enumerate(lane):
                    asked[pool.submit(_run_number, number)] = each
            for future in as_completed(asked):
                error = future.exception()
                lost = Done(asked[future].cell, error=f"its process ended: {error}")
                yield future.result() if error is None else lost
