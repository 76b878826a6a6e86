"""An actor in the lab's own process: takes back the newest deploy once something complains."""

from __future__ import annotations

from telic.lab.session.session import Session


class TakeBack:
    """Anything with `run(session)` is an actor."""

    def run(self, session: Session) -> None:
        """Wait for an alert, roll back what was deployed last, say so; without an alert all is well."""
        last = session.brief.began + session.brief.seconds - 6.0  # when something has to be said at the latest
        while not (alerts := session.call("alerts", {}).rows) and session.now() < last and not session.closed:
            session.call("wait", {"seconds": 2.0})
        times = {"start": session.brief.began, "end": session.now()}
        deploys = [each for each in session.call("get_changes", times).rows if each["kind"] == "deploy"]
        if alerts and deploys:
            entity, version = deploys[-1]["entity"], deploys[-1]["before"]
            session.call("rollback", {"target": entity, "version": version})
            session.call("submit", {"entity": entity, "onset": deploys[-1]["time"]})
        session.call("submit", {"healthy": not alerts, "final": True})
