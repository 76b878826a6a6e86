"""What a system's state was from second to second, for who asks about configuration and processes in a replay."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from telic.errors import TelicError
from telic.lab.course import Course
from telic.model import State

EVERY = 2.0  # between two looks [s]


class Watching:
    """Looks at the state of a course's world until it is told to stop.

    Attributes
    ----------
    seen
        What was seen, oldest first.
    """

    def __init__(self, course: Course) -> None:
        self._world = course.world
        self._over = False
        self.seen: list[State] = []

    async def run(self) -> None:
        """Look; a world that does not answer is looked at again."""
        while not self._over:
            with suppress(TelicError):  # it is being hurt: there may be nothing to see just now
                self.seen.append(await asyncio.to_thread(self._world.state))
            await self._world.clock.sleep(EVERY)

    def stop(self) -> None:
        """Look no more."""
        self._over = True
