"""What an actor is: somebody who works through a session until it is closed or nothing is left to do."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from telic.lab.session.session import Session
from telic.lab.session.stage import Stage
from telic.registry import Registry


class Actor(Protocol):
    """Whoever operates in one episode."""

    def run(self, session: Session) -> None:
        """Work through `session`; it need not be closed at the end."""
        ...


@runtime_checkable
class Trusted(Protocol):
    """An actor of the lab's own that gets more than its session: the whole stage, the sealed truth included."""

    def admit(self, stage: Stage) -> None:
        """Take the stage; called once before `run`."""
        ...


actor: Registry[Actor] = Registry("actor")
