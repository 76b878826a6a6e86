"""The reference: is handed the truth, says it, and does what undoes the fault."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from telic.lab.actors.actor import actor
from telic.lab.actors.reference import mitigations
from telic.lab.injection import Injection
from telic.lab.session.session import Session
from telic.lab.session.stage import Stage
from telic.model import Action, Topology, Truth

LOOK = 1.0  # [s]
PATIENCE = 20.0  # for users to be harmed, once the fault is there [s]


@actor("oracle", example={})
class Oracle:
    """Knows what is wrong; shows that a scenario can be solved with the tools that everybody has."""

    def admit(self, stage: Stage) -> None:
        """Take the truth."""
        self._stage = stage

    def run(self, session: Session) -> None:
        """Wait for the fault, say what it is, mend it."""
        scenario = self._stage.means.scenario
        if scenario.healthy:
            session.call("submit", {"healthy": True, "final": True})
            return
        while len(self._stage.director.injections) < len(scenario.faults) and not session.closed:
            session.call("wait", {"seconds": LOOK})
        lasting = [each for each in self._stage.director.injections.values() if not each.truth.healed]
        self._say(session, lasting[0].truth)
        arrived = session.now()
        while not session.closed and session.now() < arrived + PATIENCE and not session.call("alerts", {}).rows:
            session.call("wait", {"seconds": LOOK})
        for tried, wanted in enumerate(self._wanted(lasting), 1):
            if session.closed:
                return
            session.call(wanted.verb, {"target": wanted.target, **wanted.params})
            if tried >= len(lasting) and self._well(session):
                break
        session.call("submit", {"final": True})

    def _wanted(self, lasting: Sequence[Injection]) -> Iterator[Action]:
        """Yield the best for each fault, then what else there is; of two faults one may be felt before the other."""
        ways = [mitigations(each, self._stage) for each in lasting]
        while ways:
            for each in tuple(ways):
                action = next(each, None)
                if action is None:
                    ways.remove(each)
                else:
                    yield action

    def _say(self, session: Session, truth: Truth) -> None:
        topology = self._stage.course.world.topology()
        service = truth.entity.split("->")[0]
        query = f"SELECT service, name, duration_ns FROM spans WHERE service = '{service}' OR peer = '{service}'"
        session.call(
            "submit",
            {
                "healthy": False,
                "entity": truth.entity,
                "mechanism": truth.mechanism,
                "onset": truth.injected,
                "path": list(dict.fromkeys([truth.entity, *path(topology, service)])),
                "evidence": [{"query": query, "says": f"requests pass {service}"}],
            },
        )

    def _well(self, session: Session) -> bool:
        return not session.call("alerts", {}).rows


def path(topology: Topology, entity: str) -> Sequence[str]:
    """Return a shortest way from an entity to where users enter, both included; only the entity where there is none.

    Nobody calls who takes work from a queue: users feel it in what it should have told others.
    """
    ways: dict[str, list[str]] = {entity: [entity]}
    waiting = [entity]
    while waiting:
        here = waiting.pop(0)
        if here == topology.entry:
            return ways[here]
        for caller in topology.callers(here):
            if caller not in ways:
                ways[caller] = [*ways[here], caller]
                waiting.append(caller)
    told = [] if topology.callers(entity) else [path(topology, each) for each in topology.callees(entity)]
    return min(([entity, *way] for way in told if way[-1] == topology.entry), key=len, default=[entity])
