"""What a system's state was from second to second, and what it answered, for who asks about it in a replay."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from telic.errors import TelicError
from telic.lab.course import Course
from telic.model import AnswerStep, State

EVERY = 2.0  # between two looks [s]
CLOSE = 0.5  # between looks whether it is over [s]

_log = logging.getLogger(__name__)


class Watching:
    """Looks at the state of a course's world, and asks it as a user would, until it is told to stop.

    Attributes
    ----------
    seen
        What was seen, oldest first.
    answers
        What was checked of its answers, oldest first.
    """

    def __init__(self, course: Course) -> None:
        self._course, self._world = course, course.world
        self._over = False
        self.seen: list[State] = []
        self.answers: list[AnswerStep] = []

    async def run(self) -> None:
        """Look; a world that does not answer is looked at again."""
        while not self._over:
            with suppress(TelicError):  # it is being hurt: there may be nothing to see just now
                self.seen.append(await asyncio.to_thread(self._world.state))
            await self._world.clock.sleep(EVERY)

    async def ask(self) -> None:
        """Ask; that nobody can is no reason not to record."""
        asking = asyncio.ensure_future(self._course.checks(self.answers.append))
        try:
            while not (self._over or asking.done()):
                await self._world.clock.sleep(CLOSE)
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        error = None if asking.cancelled() else asking.exception()
        if isinstance(error, TelicError | OSError):
            _log.warning("answers are not checked: %s", error)
        elif error is not None:
            raise error

    def stop(self) -> None:
        """Look and ask no more."""
        self._over = True
