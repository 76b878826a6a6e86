"""Makes a recorded scenario: of an episode just played, of a system that runs, or of an incident folder of a user's."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from telic.errors import UsageError, WorldError
from telic.intent.verdicts import bad_errors_in
from telic.lab.course import Course
from telic.lab.recorded.observing import Monitored, Stretch, lines, observed
from telic.lab.recorded.sealed import EPISODE, write_truth
from telic.lab.session.record import Episode
from telic.model import AnswerStep, Observed, State, Truth, Window, dump
from telic.worlds.recorded import read
from telic.worlds.recorded.replayed import STATES

SURE = 1.0  # before the earliest fault the recorded baseline ends [s]


def take(
    course: Course,
    episode: Episode,
    folder: Path,
    *,
    states: Sequence[State] = (),
    answers: Sequence[AnswerStep] = (),
) -> Path:
    """Record an episode whose world still runs.

    Parameters
    ----------
    folder
        Must not exist, or be empty; it appears whole or not at all.
    states
        What its state was meanwhile.
    answers
        What was checked of its answers meanwhile.

    Raises
    ------
    UsageError
        `folder` holds something.
    WorldError
        It cannot be written.
    """
    phases, began = episode.phases, episode.brief.began
    safe = began + episode.scenario.phases.baseline - SURE
    stretch = Stretch(Window(phases["warm"].start, safe), Window(safe, phases["recovery"].end))
    with _made(folder) as made:
        design = course.design
        bad = bad_errors_in(design.folder)
        observed(course.world, stretch, made, Monitored(design.objectives, design.entry, bad, answers))
        (made / STATES).write_bytes(lines(states))
        write_truth(made, episode.truth, negative=episode.scenario.healthy)
        (made / EPISODE).write_bytes(dump(episode))
    return folder


def take_running(
    world: Observed,
    stretch: Stretch,
    folder: Path,
    *,
    truths: Sequence[Truth] | None,
    monitored: Monitored = Monitored(),  # noqa: B008 - frozen
) -> Path:
    """Record a stretch of a system that runs.

    Parameters
    ----------
    truths
        What was really wrong; none: nothing was; None: nobody knows, and nothing can be judged yet.
    monitored
        What monitors of the lab's own go by.
    """
    with _made(folder) as made:
        observed(world, stretch, made, monitored)
        _seal(made, truths)
    return folder


def adopt(given: Path, folder: Path, truths: Sequence[Truth] | None) -> Path:
    """Copy an incident folder of a user's and seal what was really wrong in it; `folder` may be the same.

    Parameters
    ----------
    truths
        What was wrong; none: nothing was; None: what the folder says already.

    Raises
    ------
    InvalidRecord
        No incident, or one that cannot be read.
    """
    read(given)
    if folder.resolve() == given.resolve():
        _seal(folder, truths)
        return folder
    with _made(folder) as made:
        for each in sorted(path for path in given.rglob("*") if path.is_file()):
            target = made / each.relative_to(given)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(each, target)
        _seal(made, truths)
    return folder


def _seal(folder: Path, truths: Sequence[Truth] | None) -> None:
    if truths is not None:
        (folder / EPISODE).unlink(missing_ok=True)  # what is said now counts
        write_truth(folder, truths, negative=not truths)


@contextmanager
def _made(folder: Path) -> Iterator[Path]:
    """Give an empty folder that becomes `folder` when all is well."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is there already", hint="name another folder, or remove it")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        around = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            made = around / folder.name
            made.mkdir()
            yield made
            made.replace(folder)
        finally:
            shutil.rmtree(around, ignore_errors=True)
    except OSError as error:
        raise WorldError(f"cannot write {folder}: {error.strerror}", hint="check its owner and the disk") from error
