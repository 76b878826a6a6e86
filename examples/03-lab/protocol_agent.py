"""An actor in the lab's own process: takes back the newest deploy."""

from __future__ import annotations

from telic.lab.session.session import Session


class TakeBack:
    """Anything with `run(session)` is an actor."""

    def run(self, session: Session) -> None:
        """Wait for an alert, roll back what was deployed last, say so."""
        while not session.closed and not session.call("alerts", {}).rows:
            session.call("wait", {"seconds": 2.0})
        times = {"start": session.brief.began, "end": session.now()}
        deploys = [each for each in session.call("get_changes", times).rows if each["kind"] == "deploy"]
        if not deploys:
            session.call("submit", {"healthy": False, "final": True})
            return
        entity, version = deploys[-1]["entity"], deploys[-1]["before"]
        session.call("rollback", {"target": entity, "version": version})
        session.call("submit", {"healthy": False, "entity": entity, "onset": deploys[-1]["time"], "final": True})
