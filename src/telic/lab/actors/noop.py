"""Nobody at work: what a system does by itself."""

from __future__ import annotations

from telic.lab.actors.actor import actor
from telic.lab.session.session import Session


@actor("noop", example={})
class Noop:
    """Says nothing and does nothing until the session's time is over."""

    def run(self, session: Session) -> None:
        """Wait."""
        while not session.closed:
            session.call("wait", {"seconds": session.brief.seconds})
