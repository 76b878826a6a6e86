"""Plays one episode on a thread of its own, so that a step is a call and not the lab's main program."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from telic.errors import TelicError, WorldError
from telic.lab.doors.desk import Desk
from telic.lab.scenario import Scenario
from telic.lab.session.record import Episode
from telic.lab.session.session import Brief, Session, ToolResult
from telic.model import Tally

Run = Callable[..., Episode]  # `telic.lab.session.running.run`, or what behaves like it


class Abandoned(BaseException):
    """Nobody wants this episode any more; passes through everything that only handles errors."""


class Felt:
    """A session that remembers after each call what users got until then, by their own record, and when that was."""

    def __init__(self, inner: Session, tallies: Callable[[], Sequence[Tally]]) -> None:
        self._inner, self._read = inner, tallies
        self.tallies: Sequence[Tally] = ()
        self.time = inner.now()  # after the last call [s since the Unix epoch]

    @property
    def brief(self) -> Brief:
        """What the actor is told."""
        return self._inner.brief

    @property
    def closed(self) -> bool:
        """Whether the session is over."""
        return self._inner.closed

    def now(self) -> float:
        """Return the world's time [s since the Unix epoch]."""
        return self._inner.now()

    def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
        """Call a tool."""
        result = self._inner.call(tool, arguments)
        self.tallies, self.time = self._read(), self._inner.now()
        return result


class Playing:
    """One episode that waits for calls.

    Parameters
    ----------
    given
        Further arguments of `run`.
    """

    def __init__(self, run: Run, scenario: Scenario, seed: int, **given: Any) -> None:
        self.desk = Desk(patience=float("inf"))
        self._run, self._scenario, self._seed, self._given = run, scenario, seed, given
        self._felt: Felt | None = None
        self._episode: Episode | None = None
        self._failed: TelicError | None = None
        self._abandoned = False
        self._thread = threading.Thread(target=self._work, name="episode", daemon=True)
        self._thread.start()
        self.desk.opened()

    @property
    def tallies(self) -> Sequence[Tally]:
        """What users got until the last call."""
        return self._felt.tallies if self._felt else ()

    @property
    def time(self) -> float:
        """When the last call was over [s since the Unix epoch]."""
        return self._felt.time if self._felt else 0.0

    def end(self) -> Episode:
        """Let the episode pass to its end and return its record.

        Raises
        ------
        TelicError
            The world failed.
        """
        self.desk.leave()
        self._thread.join()
        if self._failed is not None:
            raise self._failed
        if self._episode is None:
            raise WorldError("the episode ended without a record", hint="see the lab's log")
        return self._episode

    def abandon(self) -> None:
        """End it at once; there is no record."""
        self._abandoned = True
        self.desk.leave()
        self._thread.join()

    def _work(self) -> None:
        try:
            self._episode = self._run(self._scenario, self._play, actor="gym", seed=self._seed, **self._given)
        except Abandoned:
            return
        except TelicError as error:
            self._failed = error
        finally:
            self.desk.leave()

    def _play(self, session: Session, stage: Any) -> None:
        self._felt = Felt(session, lambda: stage.course.record().tallies())
        self.desk.run(self._felt)
        if self._abandoned:
            raise Abandoned
