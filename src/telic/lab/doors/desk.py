"""Lets an actor on another thread, or behind a socket, work in a session that lives on one thread."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

from telic.errors import WorldUnavailable
from telic.lab.session.session import Brief, Session, ToolResult

OVER: Final = ToolResult(error="the session is over; nothing is answered any more", closed=True)
LOOK: Final = 0.25  # how often the session's own end is looked for while nobody calls [s of the machine's clock]


@dataclass
class _Asked:
    tool: str
    arguments: Mapping[str, object]
    answer: Future[ToolResult] = field(default_factory=Future)


class Desk:
    """An actor whose calls come from elsewhere: `run` carries them out, `call` posts them.

    One side is an actor as the lab knows it, the other a session as every door knows it. All calls are carried out on
    the thread of `run`, one after the other, in the order in which they came.

    Parameters
    ----------
    patience
        How long `run` waits for the next call before it takes the actor for lost [s of the machine's clock].
    """

    def __init__(self, patience: float = 600.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._patience, self._clock = patience, clock
        self._changed = threading.Condition()
        self._waiting: deque[_Asked] = deque()
        self._session: Session | None = None
        self._over = False
        self.why = ""  # it ended: "over", "left", "silent"

    def run(self, session: Session) -> None:
        """Carry out what is posted until the session is over, the actor left, or nothing comes for too long."""
        self.open(session)
        heard = self._clock()
        try:
            while not session.closed:
                asked = self._next()
                if asked is not None:
                    _carry_out(session, asked)
                    heard = self._clock()
                elif self._over:
                    break
                elif self._clock() - heard >= self._patience:
                    self.why = "silent"
                    break
        finally:
            self.leave("over")

    def open(self, session: Session) -> None:
        """Let others see the session already; calls wait for `run`."""
        with self._changed:
            self._session = session
            self._changed.notify_all()

    def leave(self, why: str = "left") -> None:
        """End: nothing is carried out after this, and whoever waits is told so."""
        with self._changed:
            self._over, self.why = True, self.why or why
            for each in self._waiting:
                each.answer.set_result(OVER)
            self._waiting.clear()
            self._changed.notify_all()

    def opened(self, timeout: float | None = None) -> bool:
        """Wait until there is a session [s], and say whether there is one."""
        with self._changed:
            self._changed.wait_for(lambda: self._session is not None or self._over, timeout)
        return self._session is not None

    @property
    def brief(self) -> Brief:
        """What the actor is told; waits for the session."""
        return self._opened().brief

    @property
    def closed(self) -> bool:
        """Whether nothing is answered any more."""
        return self._over or (self._session is not None and self._session.closed)

    def now(self) -> float:
        """Return the world's time [s since the Unix epoch]."""
        return self._opened().now()

    def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
        """Post a call and wait for its answer."""
        asked = _Asked(tool, arguments)
        with self._changed:
            if self._over:
                return OVER
            self._waiting.append(asked)
            self._changed.notify_all()
        return asked.answer.result()

    def _next(self) -> _Asked | None:
        with self._changed:
            if not self._waiting and not self._over:
                self._changed.wait(min(LOOK, self._patience))
            if not self._waiting or self._over:
                return None
            return self._waiting.popleft()

    def _opened(self) -> Session:
        self.opened()
        if self._session is None:
            raise WorldUnavailable("the session ended before it began", hint="see what the lab says about its world")
        return self._session


def _carry_out(session: Session, asked: _Asked) -> None:
    result = OVER
    try:
        result = session.call(asked.tool, asked.arguments)
    finally:
        asked.answer.set_result(result)
