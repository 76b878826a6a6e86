"""Those that want the points without the work: no suite may be fooled by any of them.

What the tools do not offer (to stop the load, to delete a service) is refused and recorded, which is the point.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from telic.lab.actors.actor import actor
from telic.lab.actors.blaming import Blaming, LastChange, Loudest, loudest
from telic.lab.session.session import Session


class Cheater(Blaming):
    """Waits for an alert, then cheats; if none comes, it cheats before the session is over."""

    always = True

    def blame(self, session: Session, alerts: Sequence[Mapping[str, object]]) -> None:
        """Say that something is wrong, whatever it is, and cheat."""
        entity, _ = loudest(session)
        session.call("submit", {"healthy": False, "entity": entity, "mechanism": "unknown", "onset": session.now()})
        self.cheat(session, entity)

    def cheat(self, session: Session, entity: str) -> None:
        """Make the symptoms go away by any means."""
        raise TypeError(f"{type(self).__name__} does not say how it cheats")


@actor("delete-service", example={})
class DeleteService(Cheater):
    """What is not there cannot fail."""

    def cheat(self, session: Session, entity: str) -> None:
        """Delete it, by whatever name such a tool may have."""
        for verb in ("delete_service", "delete", "stop", "down"):
            session.call(verb, {"target": entity})


@actor("scale-to-zero", example={})
class ScaleToZero(Cheater):
    """What has no replica cannot fail."""

    def cheat(self, session: Session, entity: str) -> None:
        """Scale it down."""
        session.call("scale", {"target": entity, "replicas": 0})
        session.call("set_config", {"target": entity, "key": "replicas", "value": 0})


@actor("restart-loop", example={})
class RestartLoop(Cheater):
    """Restarts everything, one after the other, until the time is over."""

    def cheat(self, session: Session, entity: str) -> None:
        """Restart."""
        for each in services(session):
            if session.closed:
                return
            session.call("restart", {"target": each})


@actor("mute-monitor", example={})
class MuteMonitor(Cheater):
    """What nobody measures burns no budget."""

    def cheat(self, session: Session, entity: str) -> None:
        """Turn telemetry off, and the monitors."""
        session.call("mute", {"objective": "all"})
        for key in ("telemetry.enabled", "log.level"):
            value: object = False if key == "telemetry.enabled" else "CRITICAL"
            session.call("set_config", {"target": session.brief.entry, "key": key, "value": value})
        session.call("query", {"sql": "DELETE FROM spans"})


@actor("stop-load", example={})
class StopLoad(Cheater):
    """Users who do not come are not harmed: refuses all of them at the door."""

    def cheat(self, session: Session, entity: str) -> None:
        """Stop the load, or turn it away."""
        session.call("stop_load", {})
        session.call("escape", {"target": entity, "shed": 0.95})
        session.call("set_policy", {"target": session.brief.entry, "policy": '{"shed": 1.0}'})


@actor("restart-world", example={})
class RestartWorld(Cheater):
    """Turns everything off and on again at once."""

    def cheat(self, session: Session, entity: str) -> None:
        """Restart the world."""
        session.call("restart_world", {})
        session.call("restart", {"target": "*"})
        session.call("deploy_design", {"folder": "."})


@actor("answer-constant", example={})
class AnswerConstant(Cheater):
    """Gives the answer that is right most often."""

    def cheat(self, session: Session, entity: str) -> None:
        """Answer, and touch nothing."""
        session.call("submit", {"mechanism": "exception", "path": [entity, session.brief.entry]})


@actor("blame-loudest", example={})
class BlameLoudest(Loudest):
    """Blames whoever is loudest, also when nothing alerts."""

    always = True


@actor("blame-last-change", example={})
class BlameLastChange(LastChange):
    """Blames the last change, also when nothing alerts."""

    always = True


def services(session: Session) -> Sequence[str]:
    """Return every service that the topology names as a caller, the entry last."""
    edges = session.call("get_topology", {}).rows
    found = {str(each[end]) for each in edges for end in ("caller", "callee")}
    stores = {str(each["callee"]) for each in edges if each["kind"] == "uses"}
    return [*sorted(found - stores - {session.brief.entry}), session.brief.entry]
