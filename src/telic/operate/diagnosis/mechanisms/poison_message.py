"""Messages that a consumer cannot read are delivered again and again, before all others."""

from __future__ import annotations

from collections.abc import Sequence

from telic.model import Action
from telic.operate.diagnosis.findings import Findings
from telic.operate.diagnosis.proposal import Clue, Proposal, change_clue, mechanism
from telic.operate.diagnosis.waiting import FAILING, Waiting, consumer_clues, waiting

SAME = 0.5  # of the failed deliveries are of messages that failed before [1]
TRIES = "queue.max_deliver"  # refusals after which a message is put aside
NOT_NOW = ("429",)  # of the statuses from 400 to 499: it may go well later


@mechanism("poison-message", example={"service": "fanout", "failed": 40, "redelivered": 32})
def poison_message(findings: Findings) -> Sequence[Proposal]:
    """Consumers that refuse the same messages again and again while others wait behind these."""
    return [_of(findings, each) for each in waiting(findings) if each.failing >= FAILING]


def _of(findings: Findings, found: Waiting) -> Proposal:
    now = found.now
    deploy = next(iter(findings.changes_of(found.consumer, "deploy")), None)
    clues = [
        Clue(2.5, f"{now.failed} of {now.taken} deliveries of {found.subject} failed", ("queues",)),
        *_same(found),
        *_unreadable(found),
        Clue(1.0, f"{found.count} messages wait at {found.consumer} behind them", ("queues",)),
        *consumer_clues(findings, found.consumer),
    ]
    if deploy is not None:  # a version that cannot read what the one before could
        clues.append(change_clue(findings, deploy, -3.0, 0.0))
    signal = f"failed deliveries of {found.subject} at {found.consumer}"
    mitigations = tuple(_aside(findings, found.consumer))
    return Proposal("poison-message", found.consumer, clues, signal, found.onset, None, mitigations)


def _same(found: Waiting) -> list[Clue]:
    again = found.now.redelivered
    if not again:
        return []
    says = f"{again:.0f} deliveries were of messages delivered before, {found.now.buried:.0f} messages were put aside"
    return [Clue(1.5 if again >= SAME * found.now.failed else -0.5, says, ("queues",))]


def _unreadable(found: Waiting) -> list[Clue]:
    """A refusal is about the message; a failure is about the consumer, or what it calls."""
    refused = sum(count for kind, count in found.now.by_type.items() if kind.startswith("4") and kind not in NOT_NOW)
    most = max(found.now.by_type, key=lambda kind: found.now.by_type[kind], default="")
    if refused >= FAILING * found.now.failed:
        return [Clue(2.0, f"they are refused ({most}), as a message is that cannot be read", ("queues",))]
    return [Clue(-3.5, f"they fail with {most}, which says nothing against a message", ("queues",))]


def _aside(findings: Findings, consumer: str) -> list[Action]:
    """Have a message that is refused put aside at once, among the dead letters, where it can be looked at."""
    state = findings.state.services.get(consumer)
    if state is None or TRIES not in state.config:
        return []
    return [Action("set_config", consumer, {"key": TRIES, "value": 1}, "refused messages are put aside at once")]
