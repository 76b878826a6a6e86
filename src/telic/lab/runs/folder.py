"""A run on disk: what was planned, a record for each episode that is done, and what is missing."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from telic import __version__
from telic.errors import InvalidRecord, UnknownName, UsageError
from telic.lab.scenario import Scenario, digest
from telic.lab.session import Episode
from telic.lab.session.record import WorldKind, read
from telic.model import dump, load, write_whole
from telic.registry import near_names

SCHEMA = "telic/lab-run/v1"
RUNS = Path("lab") / "runs"  # below the home of settings
FILE, EPISODES, LOCK = "run.json", "episodes", ".lock"
_ACTOR = re.compile(r"[A-Za-z0-9][\w.@:+-]{0,79}")  # part of a file's name


@dataclass(frozen=True, order=True)
class Cell:
    """One episode that belongs to a run."""

    scenario: str
    scenario_hash: str
    seed: int
    actor: str
    world: WorldKind = "simulated"
    repeat: int = 1


@dataclass(frozen=True)
class Run:
    """What a run is made of; where it stopped it goes on."""

    id: str
    title: str
    suite: str
    made: float  # [s since the Unix epoch]
    cells: tuple[Cell, ...]
    held_out: bool = False  # made of what nobody who writes monitors has seen
    telic: str = __version__


@dataclass(frozen=True)
class Damaged:
    """A record that cannot be read; its episode counts as missing."""

    path: Path
    why: str


def cells(
    scenarios: Iterable[Scenario],
    actors: Sequence[str],
    seeds: Sequence[int],
    *,
    world: WorldKind = "simulated",
    repeats: int = 1,
) -> tuple[Cell, ...]:
    """Return every episode of scenarios times seeds times actors, seed by seed, so that a stopped run is balanced.

    A recording leaves a seed nothing to choose: it is replayed once for each repeat, in the world `recorded`.

    Raises
    ------
    UsageError
        An actor whose name can be no file's, or a scenario that is no recording for the world of recordings.
    """
    for each in actors:
        if not _ACTOR.fullmatch(each):
            raise UsageError(
                f"no actor can be called {each!r}: records are files of that name",
                hint="letters, digits and . _ - + : @, a letter or digit first, 80 at most: --actor my-agent",
            )
    known = [(each, digest(each)) for each in scenarios]
    if world == "recorded" and (played := [each for each, _ in known if not each.recording]):
        raise UsageError(
            f"scenario {played[0].name} is no recording",
            hint=f"make one: telic lab record {played[0].name} --out FOLDER",
        )
    return tuple(
        Cell(each.name, hashed, seed, actor, "recorded" if each.recording else world, repeat)
        for repeat in range(1, repeats + 1)
        for place, seed in enumerate(seeds)
        for each, hashed in known
        for actor in actors
        if not (each.recording and place)
    )


def create(
    home: Path, planned: Sequence[Cell], *, now: float, title: str = "", suite: str = "", held_out: bool = False
) -> Path:
    """Make the folder of a new run; return it.

    Parameters
    ----------
    home
        Of the settings.
    planned
        See `cells`.
    now
        Makes the run's id [s since the Unix epoch].

    Raises
    ------
    UsageError
        Nothing to run, or an episode twice.
    """
    if not planned:
        raise UsageError("a run without episodes", hint="name a scenario, an actor and a seed")
    if len(set(planned)) != len(planned):
        raise UsageError("the run has an episode twice", hint="name each scenario, actor and seed once")
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%d-%H%M%S")
    stem = f"{stamp}-{re.sub('[^a-z0-9-]+', '-', (suite or title or planned[0].scenario).lower()).strip('-')}"
    taken = {each.id for each in listing(home)}
    id_ = next(
        name for number in range(1, len(taken) + 2) if (name := f"{stem}-{number}" if number > 1 else stem) not in taken
    )
    folder = home / RUNS / id_
    (folder / EPISODES).mkdir(parents=True)
    _write(folder, Run(id_, title or suite or planned[0].scenario, suite, now, tuple(planned), held_out))
    return folder


def extend(folder: Path, planned: Iterable[Cell]) -> Run:
    """Add episodes to a run that is there; those that it has already stay as they are."""
    run = opened(folder)
    grown = Run(
        run.id, run.title, run.suite, run.made, tuple(dict.fromkeys((*run.cells, *planned))), run.held_out, run.telic
    )
    _write(folder, grown)
    return grown


def find(home: Path, name: str) -> Path:
    """Return the folder of the run called `name`: its id, the beginning of one, ``latest``, or a path.

    Raises
    ------
    UnknownName
        No such run, or several.
    """
    ids = [each.id for each in listing(home)]
    if name == "latest" and ids:
        return home / RUNS / ids[-1]
    fitting = [each for each in ids if each == name] or [each for each in ids if name and each.startswith(name)]
    if len(fitting) == 1:
        return home / RUNS / fitting[0]
    if not fitting and (Path(name) / FILE).is_file():
        return Path(name)
    what = "no run" if not fitting else f"{len(fitting)} runs begin with"
    raise UnknownName(f"{what} {name!r}", hint=near_names(name, fitting or ids) if ids else "make one: telic lab run")


def listing(home: Path) -> list[Run]:
    """Return every run, oldest first; folders that hold none are passed over."""
    found = []
    for path in sorted((home / RUNS).glob(f"*/{FILE}")):
        try:
            found.append(opened(path.parent))
        except InvalidRecord:
            continue
    return sorted(found, key=lambda each: (each.made, each.id))


def opened(folder: Path) -> Run:
    """Read what a run is made of.

    Raises
    ------
    InvalidRecord
        Not there, or no run.
    """
    path = folder / FILE
    try:
        return load(Run, path.read_bytes(), schema=SCHEMA)
    except OSError as error:
        raise InvalidRecord(f"{path}: {error.strerror}", hint="name a run: telic lab report RUN") from error
    except InvalidRecord as error:
        raise InvalidRecord(f"{path}: {error}", hint=error.hint) from error


def require_actors(folder: Path, actors: Iterable[str]) -> None:
    """Refuse to go on with a run that has no episode of somebody who is to play.

    Raises
    ------
    UsageError
        An actor that the run was not made for.
    """
    planned = {each.actor for each in opened(folder).cells}
    strange = [each for each in actors if each not in planned]
    if strange:
        raise UsageError(
            f"run {folder.name} has no episodes of {', '.join(strange)}; it was made for {', '.join(sorted(planned))}",
            hint="leave --actor out to go on with it, or --resume to make a run",
        )


@contextmanager
def played_alone(folder: Path) -> Iterator[None]:
    """Keep everybody else from playing a run for the length of a block, or of this process if that is killed.

    Raises
    ------
    UsageError
        Somebody plays it now.
    """
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UsageError(
                f"run {folder.name} is being played by another process",
                hint=f"wait for it, or look at it: telic lab report {folder.name}",
            ) from error
        yield


def episodes(folder: Path) -> tuple[list[Episode], list[Damaged]]:
    """Return the records of a run in the order of their names, and what cannot be read."""
    found, damaged = [], []
    for path in sorted((folder / EPISODES).glob("[!.]*.json")):
        try:
            found.append(read(path))
        except InvalidRecord as error:
            damaged.append(Damaged(path, str(error)))
    return found, damaged


def cell_of(episode: Episode) -> Cell:
    """Return which episode of a run this is."""
    return Cell(
        episode.scenario.name, episode.scenario_hash, episode.seed, episode.actor, episode.world, episode.repeat
    )


def missing(run: Run, done: Iterable[Episode]) -> list[Cell]:
    """Return the episodes that have yet to be run, in the order of the plan; a changed scenario is another one."""
    there = {cell_of(each) for each in done}
    return [each for each in run.cells if each not in there]


def _write(folder: Path, run: Run) -> None:
    write_whole(folder / FILE, dump(run, schema=SCHEMA, indent=2) + b"\n")
