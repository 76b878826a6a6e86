"""Who works in an episode: a built-in actor, a language model, a program outside, whoever connects, a person."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from telic.errors import UsageError
from telic.lab.actors import actor, work
from telic.lab.session.running import Play
from telic.lab.session.session import Session
from telic.lab.session.stage import Stage
from telic.settings import Settings


def built_in(name: str) -> Play:
    """Return what lets the built-in actor called `name` work."""
    actor.factory(name)  # an unknown name is an error here, with its near names

    def play(session: Session, stage: Stage) -> None:
        work(actor.create(name), session, stage)

    return play


def reacting(model: str, key: str = "") -> dict[str, Play]:
    """Return what lets the actor ``react`` work with a language model.

    Parameters
    ----------
    model, key
        ``URL#NAME``, and the name of the environment variable with its key.

    Raises
    ------
    UsageError
        No model is named.
    """
    from telic.lab.actors.react import React, configured

    chat = configured(replace(Settings.read(), model=model, model_key=key))

    def play(session: Session, stage: Stage) -> None:
        work(React(chat), session, stage)

    return {"react": play}


def outside(
    name: str,
    command: str,
    *,
    files: Sequence[Path] = (),
    keep: Sequence[str] = (),
    mcp: bool = False,
    tell: Callable[[str], None] | None = None,
) -> dict[str, Play]:
    """Return what lets a program in a process of its own work as the actor called `name`.

    Parameters
    ----------
    tell
        Called after each session with the end of what the program printed.

    Raises
    ------
    UsageError
        The program, or one of its files, is not there.
    """
    from telic.lab.doors import confine
    from telic.lab.doors.outside import Outside

    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"--command {command!r}: {error}", hint="close the quote") from error
    program = Outside(words, files=files, keep=keep, door="mcp" if mcp else "http")
    confine.require_program(words, [each.name for each in files])

    def play(session: Session, stage: Stage) -> None:
        program.run(session)
        if tell:
            tell(program.said)
        if session.closed:
            return
        if program.why == "left":
            last = program.said.strip().splitlines()[-1:] or ["without a word"]
            how = f"crashed: {last[0][:400]} (status {program.status})" if program.status else f"left: {last[0][:400]}"
            stage.session.end(how)
        elif program.why == "silent":
            stage.session.end(f"lost: it called nothing for {program.patience:.0f} s")

    return {name: play}


def awaited(name: str, tell: Callable[[str, str], None], *, mcp: bool = False, port: int = 0) -> dict[str, Play]:
    """Return what lets whoever connects work as the actor called `name`.

    Parameters
    ----------
    tell
        Called with the address and the token of each session.
    port
        On the loopback device; 0 takes a free one for each session.

    Raises
    ------
    UsageError
        The port cannot be taken.
    """
    from telic.lab.doors.awaited import Awaited, require_free

    require_free(port)
    door = Awaited(lambda served: tell(served.url, served.token), "mcp" if mcp else "http", port)

    def play(session: Session, stage: Stage) -> None:
        door.run(session)
        if door.why == "silent" and not session.closed:
            stage.session.end(f"lost: nobody called for {door.patience:.0f} s")

    return {name: play}


def human() -> Play:
    """Return what lets a person at the terminal work."""

    def play(session: Session, stage: Stage) -> None:
        from telic.lab.doors.human import Human

        Human().run(session)

    return play
