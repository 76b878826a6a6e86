"""What an actor is: somebody who works through a session until it is closed or nothing is left to do."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from telic.lab.session.inside import WorldSession
from telic.lab.session.record import Thought
from telic.lab.session.session import Session
from telic.lab.session.stage import Stage
from telic.llm import Usage
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


@runtime_checkable
class Thinking(Protocol):
    """An actor of the lab's own that asks a language model; what that costs is counted here, not by the model."""

    thoughts: list[Thought]  # of the last session
    spent: tuple[Usage, float]  # tokens of it, and money [USD]


actor: Registry[Actor] = Registry("actor")


def work(made: Actor, session: Session, stage: Stage) -> None:
    """Let an actor of the lab's own work through a session, and put on record what its model said and cost."""
    if isinstance(made, Trusted):
        made.admit(stage)
    try:
        made.run(session)
    finally:
        if isinstance(made, Thinking) and isinstance(session, WorldSession):
            usage, money = made.spent
            session.account_for(made.thoughts, usage.tokens, money)
