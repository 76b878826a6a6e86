"""What queues show of a consumer whose work does not get done, whatever holds it up."""

from __future__ import annotations

from dataclasses import dataclass

from telic.model import Symptom
from telic.operate.diagnosis.edges import HELD
from telic.operate.diagnosis.findings import Findings
from telic.operate.diagnosis.proposal import Clue
from telic.telemetry.queries import QueueFlow

LEAST = 5  # deliveries that say anything [1]
FAILING = 0.5  # of the deliveries [1]


@dataclass(frozen=True)
class Waiting:
    """One consumer with work that waits."""

    consumer: str
    subject: str
    onset: float  # [s since the Unix epoch]
    count: int  # messages
    seconds: float  # that the oldest waited when it was noticed [s]
    now: QueueFlow  # since the onset
    before: QueueFlow

    @property
    def failing(self) -> float:
        """Share of the deliveries that failed [1]; 0 where too few were made."""
        return self.now.failed / self.now.taken if self.now.taken >= LEAST else 0.0


def waiting(findings: Findings) -> list[Waiting]:
    """Return what the monitors of queues told in this incident, each consumer once."""
    found = {each.entity: each for each in findings.symptoms if each.signal == "queue" and each.entity}
    return [_of(findings, each) for each in found.values()]


def consumer_clues(findings: Findings, consumer: str) -> list[Clue]:
    """Return what speaks against a queue's own trouble: a consumer that could not work whatever it is sent."""
    clues = []
    if findings.ready(consumer):
        clues.append(Clue(0.5, f"{consumer} answers its readiness probe", ("state",)))
    elif stopped(findings, consumer):
        clues.append(Clue(2.5, f"no process of {consumer} is meant to run", ("state",)))
    else:
        clues.append(Clue(-3.0, f"{consumer} is not ready", ("state",)))
    if findings.exits(consumer):
        clues.append(Clue(-3.0, f"processes of {consumer} ended", ("events",)))
    motion = findings.motion(consumer)
    if motion is not None and motion.held >= HELD:
        clues.append(Clue(-3.0, f"{consumer} is kept from running {motion.held:.0%} of the time", ("state",)))
    return clues


def stopped(findings: Findings, consumer: str) -> bool:
    """Whether the world knows the consumer and means no process of it to run."""
    known = consumer in findings.state.services
    return known and all(each.phase == "stopped" for each in findings.instances(consumer))


def _of(findings: Findings, symptom: Symptom) -> Waiting:
    subject = symptom.operation
    known = findings.queues.get(subject, QueueFlow(subject)), findings.queues_before.get(subject, QueueFlow(subject))
    seconds = max(0.0, symptom.detected - symptom.onset)
    return Waiting(symptom.entity, subject, symptom.onset, symptom.bad, seconds, *known)
