"""Who operates in ``telic lab``: built-in actors, a program, a language model, whoever connects, a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from telic.cli.lab_output import printed, visited
from telic.errors import UsageError
from telic.settings import Settings

if TYPE_CHECKING:
    from telic.lab.session.running import Play

MODEL = "react"  # the built-in actor that asks a language model


@dataclass(frozen=True)
class Asked:
    """What ``telic lab run`` was told about its actors."""

    actor: str = ""
    command: str = ""
    files: Sequence[Path] = ()
    keep: Sequence[str] = ()
    http: bool = False
    mcp: bool = False
    port: int = 0
    human: bool = False
    model: str = ""
    model_key: str = ""
    output: bool = False

    @property
    def awaited(self) -> bool:
        """Whether somebody connects by themselves."""
        return (self.http or self.mcp) and not self.command

    def check(self) -> None:
        """Refuse options that say two things, or nothing here.

        Raises
        ------
        UsageError
            Two ways in at once, or an option that another one lacks.
        """
        if self.human and (self.command or self.http or self.mcp):
            raise UsageError("--human beside another way in", hint="you operate, or a program does: one of the two")
        if self.http and self.mcp:
            raise UsageError("--http and --mcp", hint="a session has one of the two doors")
        if (self.files or self.keep or self.output) and not self.command:
            said = "--file, --keep and --output are for a program"
            raise UsageError(said, hint="name it: --command 'python agent.py'")
        if self.port and not self.awaited:
            raise UsageError("--port is for whoever connects", hint="--http --port 8901, without --command")


def players(asked: Asked) -> tuple[list[str], dict[str, Play]]:
    """Return the names of those who operate, and what lets those work that are not built in.

    Raises
    ------
    UsageError
        What was asked does not fit together, or somebody cannot work: no such actor, program or file, no model.
    """
    from telic.lab.session import playing

    asked.check()
    plays: dict[str, Play] = {}
    if asked.human:
        plays = {asked.actor or "human": playing.human()}
    elif asked.command:
        given = (asked.actor or "program", asked.command)
        tell = printed if asked.output else None
        plays = playing.outside(*given, files=asked.files, keep=asked.keep, mcp=asked.mcp, tell=tell)
    elif asked.awaited:
        plays = playing.awaited(asked.actor or "visitor", visited, mcp=asked.mcp, port=asked.port)
    usual = MODEL if asked.model else "telic"
    actors = list(plays) or named(asked.actor or usual)
    if asked.model:
        plays |= playing.reacting(asked.model, asked.model_key)
    require([each for each in actors if each not in plays])
    return actors, plays


def named(text: str) -> list[str]:
    """Return names given by comma."""
    return [each.strip() for each in text.split(",") if each.strip()]


def require(actors: Iterable[str]) -> None:
    """Refuse built-in actors that do not exist, and the one that asks a language model where none is named.

    Raises
    ------
    UsageError
        See above.
    """
    from telic.lab.session import playing

    for each in actors:
        playing.built_in(each)
        if each == MODEL:
            settings = Settings.read()
            playing.reacting(settings.model, settings.model_key)
