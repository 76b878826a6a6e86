"""A replica that replays too late: who reads there does not see what was written since."""

from __future__ import annotations

from collections.abc import Sequence

from telic.model import Action
from telic.model.design import FROM_REPLICA, READS
from telic.operate.diagnosis.findings import Findings
from telic.operate.diagnosis.proposal import Clue, Proposal, harm_clue, mechanism
from telic.telemetry.queries import ReplicaStep

LATE = 2.0  # behind [s]
USUAL = 4.0  # times what it was before [1]
GROWS = 0.7  # seconds that a replica that stands still falls behind in a second, at least [1]


@mechanism("replica-lag", example={"store": "postgres-replica", "seconds": 12.0, "services": ["history", "quota"]})
def replica_lag(findings: Findings) -> Sequence[Proposal]:
    """Replicas that are further behind their primary than they ever were before the onset.

    Source: PostgreSQL documentation, 26.2.5.2 ("Monitoring"): https://www.postgresql.org/docs/current/warm-standby.html
    """
    names = dict.fromkeys(each.replica for each in findings.replicas)
    rows = ([each for each in findings.replicas if each.replica == name] for name in names)
    return [found for row in rows if (found := _of(findings, row)) is not None]


def _of(findings: Findings, row: Sequence[ReplicaStep]) -> Proposal | None:
    last = row[-1]
    since = last.time - last.lag
    usual = max((each.lag for each in row if each.time < since), default=0.0)
    if last.lag < max(LATE, USUAL * usual):
        return None
    readers = [name for name, each in findings.state.services.items() if each.config.get(READS) == FROM_REPLICA]
    clues = [
        Clue(
            4.0, f"{last.replica} is {last.lag:.0f} s behind its primary, {usual:.2g} s at most before", ("replicas",)
        ),
        _growing(row, since),
        _ready(findings, last.replica),
    ]
    if readers:
        clues.append(Clue(1.0, f"{', '.join(readers)} read from it", ("state",)))
    if findings.blames:
        share = findings.share(lambda each: any(each.touches(name) for name in (*readers, last.replica)))
        clues.append(harm_clue(findings, share, "in who reads from it"))
    why = f"it replays nothing since {last.lag:.0f} s: back to what the design declares"
    actions = [Action("reconcile", last.replica, {}, why)]
    actions += [_elsewhere(name, last.replica) for name in readers]
    return Proposal("replica-lag", last.replica, clues, f"lag of {last.replica}", since, None, tuple(actions))


def _growing(row: Sequence[ReplicaStep], since: float) -> Clue:
    """Say whether nothing at all is replayed, or less than is written."""
    behind = [each for each in row if each.time >= since]
    seconds, more = behind[-1].time - behind[0].time, behind[-1].lag - behind[0].lag
    if seconds > 0 and more >= GROWS * seconds:
        return Clue(1.5, f"it fell {more:.0f} s further behind in {seconds:.0f} s: it replays nothing", ("replicas",))
    return Clue(0.0, f"it fell {more:.0f} s further behind in {seconds:.0f} s", ("replicas",))


def _ready(findings: Findings, replica: str) -> Clue:
    store = findings.state.stores.get(replica)
    if store is not None and store.instance.phase == "ready":
        return Clue(0.5, f"{replica} answers its readiness probe", ("state",))
    return Clue(-3.0, f"{replica} is not ready: that is more than being late", ("state",))


def _elsewhere(service: str, replica: str) -> Action:
    why = f"{replica} is behind: {service} reads what was written"
    return Action("set_config", service, {"key": READS, "value": "primary"}, why)
