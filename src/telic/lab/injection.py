"""Starting, reading and healing injections from outside the injector's process."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time as _time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from telic import design as designs
from telic.clock import Clock, SystemClock
from telic.errors import TelicError, UsageError, WorldError
from telic.lab import faults
from telic.lab.fault import Scene, fault, make
from telic.lab.ledger import Entry, Ledger
from telic.model import Change, Scalar, Truth, Window, dump, load, write_whole
from telic.worlds.child import Child
from telic.worlds.local.harm import LocalHarm
from telic.worlds.local.spec import SIMULATED
from telic.worlds.local.world import LocalWorld
from telic.worlds.simulated.remote import AttachedHarm

SCHEMA = "telic/injection/v1"
SYSTEM_TIME = SystemClock()
_GRACE = 3.0  # how long an injector may take to end [s]
_PATIENCE = 30.0  # how long an injection may take: a deploy with its readiness, on a busy machine [s]


@dataclass(frozen=True)
class Injection:
    """The sealed record of one injection: what is wrong, and all it takes to repeat it."""

    truth: Truth
    seed: int
    params: Mapping[str, Scalar] = field(default_factory=dict)
    decoy: Change | None = None  # the harmless change that came before


@contextmanager
def attach(state: Path) -> Iterator[Scene]:
    """Reach the running world whose state is in `state`, with the means to hurt it."""
    with LocalWorld.attach(state) as world:
        kind: type[AttachedHarm | LocalHarm] = AttachedHarm if world.about()["isolation"] == SIMULATED else LocalHarm
        with closing(kind.attach(state)) as harm:
            yield Scene(harm, designs.read(world.design_folder()), world.changes)


def write(path: Path, injection: Injection) -> None:
    """Write the record where only its owner can read it, whole or not at all."""
    write_whole(path, dump(injection, schema=SCHEMA, indent=2), mode=0o600)


def read(path: Path) -> Injection | None:
    """Return the record, or None before the injection."""
    return load(Injection, path.read_bytes(), schema=SCHEMA) if path.exists() else None


def truth(path: Path) -> Truth | None:
    """Return what is wrong, or None before the injection."""
    found = read(path)
    return found.truth if found else None


def start(
    state: Path,
    name: str,
    *,
    out: Path,
    seed: int = 1,
    params: Sequence[str] = (),
    after: float = 0.0,
    decoy_before: float | None = None,
) -> Child:
    """Start an injector that ends with this process; it injects `after` [s] and writes `out` when it has.

    Parameters
    ----------
    state
        State folder of the running system.
    name
        Which fault.
    out
        File that gets the record (`read`).
    seed, params
        Place and size: what the seed chooses, or ``key=value``.
    after
        From now to the fault [s].
    decoy_before
        How long before the fault a harmless change happens elsewhere [s]; None: never.
    """
    arguments = _arguments(state, name, out=out, seed=seed, params=params)
    arguments += ["--at", f"{after}", "--stay"]
    if decoy_before is not None:
        arguments += ["--decoy-before", f"{decoy_before}"]
    return Child("telic.lab.injector", arguments, log=state / "harm" / "injector.log")


def inject(state: Path, name: str, *, seed: int = 1, params: Sequence[str] = ()) -> Truth:
    """Hurt a running system now, through a process of its own that outlives this one where the harm needs it."""
    fault.factory(name)  # an unknown name is an error here, with its near names
    with tempfile.TemporaryDirectory(prefix="telic-injection-") as scratch:
        out, log = Path(scratch) / "truth.json", Path(scratch) / "log"
        pid = _spawn(_arguments(state, name, out=out, seed=seed, params=params), log)
        deadline = _time.monotonic() + _PATIENCE
        while True:
            ended, code = _exit_code(pid)
            found = truth(out)
            if found is not None and (ended or name in faults.LASTING):
                return found
            if ended:
                said = log.read_text(errors="replace").strip()
                raise _error(code)(f"{name} was not injected: {said}", hint="see `telic inject --list`")
            if _time.monotonic() > deadline:
                os.kill(pid, signal.SIGTERM)
                os.waitpid(pid, 0)
                raise WorldError(f"{name} was not injected within {_PATIENCE:g} s", hint="run `telic heal`, look again")
            _time.sleep(0.05)


def _spawn(arguments: Sequence[str], log: Path) -> int:
    """Start an injector in a session of its own; return its process id."""
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    command = [sys.executable, "-m", "telic.lab.injector", *arguments]
    return os.posix_spawn(sys.executable, command, os.environ, file_actions=actions, setsid=True)


def _exit_code(pid: int) -> tuple[bool, int]:
    ended, state = os.waitpid(pid, os.WNOHANG)
    return ended != 0, os.waitstatus_to_exitcode(state) if ended else 0


def heal(state: Path) -> list[str]:
    """Take back every injection that the ledger of `state` holds; return the faults' names."""
    ledger = Ledger(state / "harm")
    if not ledger.open():
        return []
    with attach(state) as scene:
        return heal_all(scene, ledger)


def heal_all(scene: Scene, ledger: Ledger, clock: Clock = SYSTEM_TIME) -> list[str]:
    """Heal what `ledger` has open, newest first; every one is tried before the first error is raised."""
    healed: list[str] = []
    errors: list[TelicError] = []
    for entry in ledger.open():
        end_injector(entry)
        try:
            heal_one(scene, ledger, entry, clock)
        except TelicError as error:
            errors.append(error)
            continue
        healed.append(entry.fault)
    if errors:
        raise errors[0]
    return healed


def heal_one(scene: Scene, ledger: Ledger, entry: Entry, clock: Clock = SYSTEM_TIME) -> None:
    """Heal one injection and note it."""
    make(entry.fault, entry.params).heal(scene.harm, _change(scene, entry, clock))
    ledger.healed(entry, time=clock.time())


def _change(scene: Scene, entry: Entry, clock: Clock) -> Change | None:
    """Return what the injection changed; an injector that died may not have written down which change it was."""
    service = str(entry.params.get("service", ""))
    since = scene.changes(Window(entry.begun - 1.0, clock.time() + 60.0))
    if entry.truth is not None:
        return next((each for each in since if each.id == entry.truth.change), None)
    made = [each for each in since if each.entity == service and each.kind in ("deploy", "config")]
    return next((each for each in made if not each.own), None)


def end_injector(entry: Entry) -> None:
    """End the process that injected `entry`, if it lives: a duty cycle must not go on after the healing."""
    try:
        process = psutil.Process(entry.pid)
        if abs(process.create_time() - entry.born) > 1.0 or process == psutil.Process():
            return
        process.terminate()
        deadline = _time.monotonic() + _GRACE
        while process.status() != psutil.STATUS_ZOMBIE:
            if _time.monotonic() > deadline:
                process.kill()
                return
            _time.sleep(0.02)
    except psutil.NoSuchProcess:
        return


def _arguments(state: Path, name: str, *, out: Path, seed: int, params: Sequence[str]) -> list[str]:
    given = [part for each in params for part in ("--param", each)]
    return ["--state", str(state), "--fault", name, "--seed", str(seed), "--out", str(out), *given]


def _error(code: int | None) -> type[TelicError]:
    return UsageError if code == UsageError.exit_code else WorldError
