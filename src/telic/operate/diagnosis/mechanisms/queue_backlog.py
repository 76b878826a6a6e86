"""A consumer takes fewer messages from its queue than arrive."""

from __future__ import annotations

from collections.abc import Sequence

from telic.model import Action, Change
from telic.operate.diagnosis.findings import Findings
from telic.operate.diagnosis.proposal import Clue, Proposal, change_clue, mechanism
from telic.operate.diagnosis.waiting import FAILING, Waiting, consumer_clues, stopped, waiting
from telic.operate.diagnosis.wayback import changed_settings, take_back

FEWER = 0.7  # of what arrives is taken [1]
SLOWER, AS_EVER = 2.5, 1.6  # a message takes, compared with before [1]
SETTINGS = "queue."  # begins the names of a consumer's settings
RATE = "queue.rate"  # taken at most [1/s]; 0: no limit


@mechanism("queue-backlog", example={"service": "fanout", "waiting": 12, "age": 4.0})
def queue_backlog(findings: Findings) -> Sequence[Proposal]:
    """Consumers that are well and as fast as ever with each message, and take fewer of them than arrive."""
    return [_of(findings, each) for each in waiting(findings)]


def _of(findings: Findings, found: Waiting) -> Proposal:
    change = _pushed(findings, found.consumer)
    clues = [
        Clue(
            2.5,
            f"{found.count} messages of {found.subject} wait at {found.consumer}, the oldest for {found.seconds:.0f} s",
            ("queues",),
        ),
        *_taken(found),
        *_fast(found),
        *_limited(findings, found),
        *consumer_clues(findings, found.consumer),
        change_clue(findings, change, 2.0, -0.5),
    ]
    mitigations = tuple(_mitigations(findings, found, change))
    signal = f"age of {found.subject} at {found.consumer}"
    return Proposal("queue-backlog", found.consumer, clues, signal, found.onset, change, mitigations)


def _taken(found: Waiting) -> list[Clue]:
    done, sent = found.now.taken - found.now.failed, found.now.sent
    if found.failing >= FAILING:
        return [Clue(-4.0, f"{found.now.failed} of {found.now.taken} deliveries failed", ("queues",))]
    says = f"{done} messages were done while {sent} were sent"
    return [Clue(2.0 if done < FEWER * sent else -1.0, says, ("queues",))] if sent else []


def _fast(found: Waiting) -> list[Clue]:
    """A consumer whose every message takes longer waits for something, and that is the cause."""
    now, before = found.now.p50, found.before.p50
    if now <= 0 or before <= 0:
        return []
    says = f"a message takes {now * 1000:.0f} ms, {before * 1000:.0f} ms before"
    if now >= SLOWER * before:
        return [Clue(-4.0, says, ("queues", "queues before"))]
    return [Clue(1.5, says, ("queues", "queues before"))] if now <= AS_EVER * before else []


def _limited(findings: Findings, found: Waiting) -> list[Clue]:
    limit, arriving = _limit(findings, found.consumer), _arriving(findings, found)
    if not 0 < limit < arriving:
        return []
    says = f"{RATE} lets {found.consumer} take {limit:g} messages/s, {arriving:.1f} arrive"
    return [Clue(2.5, says, ("state", "queues"))]


def _limit(findings: Findings, consumer: str) -> float:
    state = findings.state.services.get(consumer)
    value = state.config.get(RATE) if state is not None else None
    return float(value) if isinstance(value, (int, float)) else 0.0


def _arriving(findings: Findings, found: Waiting) -> float:
    window = findings.current.window
    return found.now.sent / window.seconds if window.seconds > 0 else 0.0


def _pushed(findings: Findings, consumer: str) -> Change | None:
    """Return the newest push to the consumer that changed how it takes messages."""
    pushes = findings.changes_of(consumer, "config")
    return next((each for each in pushes if any(key.startswith(SETTINGS) for key in changed_settings(each))), None)


def _mitigations(findings: Findings, found: Waiting, change: Change | None) -> list[Action]:
    """Take the push back; else lift a limit below what arrives; else start a consumer that takes nothing."""
    if change is not None and (back := take_back(findings, change)):
        return back
    if 0 < _limit(findings, found.consumer) < _arriving(findings, found):
        return [Action("set_config", found.consumer, {"key": RATE, "value": 0.0}, "more arrive than it may take")]
    if stopped(findings, found.consumer):
        return [Action("scale", found.consumer, {"replicas": 1}, f"nobody takes messages of {found.subject}")]
    if not found.now.taken:
        return [Action("restart", found.consumer, {}, f"it takes no message of {found.subject}")]
    return []
