"""A store that is slow, or silent, for everybody who asks it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from telic.model import Action
from telic.operate.diagnosis.findings import Findings, Picture
from telic.operate.diagnosis.proposal import Clue, Proposal, harm_clue, mechanism
from telic.operate.diagnosis.statement_times import Key, grew, key, usual_times
from telic.telemetry.queries import StatementCalls

SERVICES = 2  # have to wait: one alone asks for too much [1]
SEEN = 2  # calls of a statement that say how long it takes [1]
GIVEN_UP = 0.3  # of the calls of a statement [1]
HALF = 0.5  # of those who ask alike [1]
EXPECTED = 3.0  # answers to a service, by its usual rate, whose absence says anything [1]
ANSWERED = 0.05  # of the usual answers, by which the onset is an estimate [1]
HELD_UP = frozenset({"slow", "refused", "unanswered", "failed"})  # what becomes of requests that wait for a store
READS = ("select", "get", "mget", "exists", "with")


@dataclass(frozen=True)
class Waiting:
    """Who waits for a store, and who does not although it asks alike."""

    slow: Mapping[str, Sequence[StatementCalls]]  # by service
    well: frozenset[str]
    writes: bool  # only statements that write are slow


@dataclass(frozen=True)
class Silence:
    """A store that answers nobody."""

    services: frozenset[str]  # that ask it
    says: str


@mechanism("store-slow", example={"store": "postgres", "services": 3, "seconds": 0.08})
def store_slow(findings: Findings) -> Sequence[Proposal]:
    """Statements of several services that take far longer than before, or are given up, on one store."""
    usual = usual_times(findings.baseline.statements if findings.baseline else ())
    found = []
    for store in findings.state.stores:
        waiting, silent = _waiting(findings, store, usual), _silent(findings, store)
        if waiting.slow and (silent or len(waiting.slow) >= SERVICES):
            found.append(_proposal(findings, store, waiting, usual, silent))
    return found


def writes(each: StatementCalls) -> bool:
    """Whether a statement changes what is stored; by its text, else by its name."""
    said = (each.text or each.statement).lstrip().lower()
    return not said.startswith(READS) or " insert " in said or " update " in said


def _waiting(findings: Findings, store: str, usual: Mapping[Key, float]) -> Waiting:
    asked = [each for each in findings.current.statements if each.store == store and each.calls >= SEEN]
    slow: dict[str, list[StatementCalls]] = {}
    for each in asked:
        before = usual.get(key(each))
        if before is not None and _waits(each, before):
            slow.setdefault(each.service, []).append(each)
    only_writes = all(writes(each) for grown in slow.values() for each in grown)
    alike = {each.service for each in asked if not only_writes or writes(each)}
    return Waiting(slow, frozenset(alike - set(slow)), only_writes)


def _waits(each: StatementCalls, before: float) -> bool:
    return grew(each, before) or each.by_state.get("cancelled", 0) >= max(SEEN, GIVEN_UP * each.calls)


def _silent(findings: Findings, store: str) -> Silence | None:
    """Return whom a store leaves without answers: statements are given up, and none ends of several that ask it."""
    if findings.baseline is None or findings.baseline.covered <= 0:
        return None
    share = findings.current.window.seconds / findings.baseline.covered
    before, now = (_answers(each, store) for each in (findings.baseline, findings.current))
    given_up = sum(each.by_state.get("cancelled", 0) for each in findings.current.statements if each.store == store)
    expected = {service: count * share for service, count in before.items() if count * share >= EXPECTED}
    answered = sum(now.get(service, 0) for service in expected)
    usually = sum(expected.values())
    if len(expected) < SERVICES or given_up < EXPECTED or answered > min(given_up, ANSWERED * usually):
        return None
    says = f"{store} is silent: {given_up} statements were given up and {answered} answered, usually {usually:.0f} are"
    return Silence(frozenset(expected), says)


def _answers(picture: Picture, store: str) -> Mapping[str, int]:
    """Return how many statements of each service the store answered."""
    found: Counter[str] = Counter()
    for each in picture.statements:
        if each.store == store:
            found[each.service] += each.calls - each.by_state.get("cancelled", 0)
    return found


def _proposal(
    findings: Findings, store: str, waiting: Waiting, usual: Mapping[Key, float], silent: Silence | None
) -> Proposal:
    who, what = ", ".join(sorted(waiting.slow)), "writes" if waiting.writes else "statements"
    worst = max((each for grown in waiting.slow.values() for each in grown), key=lambda each: each.p50)
    before = usual[key(worst)]
    says = (
        f"{what} of {who} wait for {store}: {worst.statement} takes {worst.p50 * 1000:.0f} ms "
        f"(usually {before * 1000:.1f} ms)"
    )
    share = findings.share(
        lambda each: (
            each.entity.partition("->")[2] == store
            or (each.kind == "service" and each.how == "slow" and each.entity in waiting.slow)
            or (silent is not None and each.how in HELD_UP and each.entity.rpartition("->")[2] in silent.services)
        )
    )
    clues = [Clue(2.5, says, ("statements",)), harm_clue(findings, share, f"waiting for {store}")]
    if silent is not None:
        clues.append(Clue(2.0, silent.says, ("statements",)))
    if len(waiting.slow) > SERVICES:
        clues.append(Clue(1.0, f"{len(waiting.slow)} services wait alike", ("statements",)))
    if len(waiting.well) > HALF * (len(waiting.well) + len(waiting.slow)):
        clues.append(Clue(-2.0, f"{', '.join(sorted(waiting.well))} ask alike and do not wait", ("statements",)))
    back = Action(
        "reconcile", store, {}, "what holds it up may not be of the design: settings, indexes, strangers' locks"
    )
    return Proposal("store-slow", store, clues, f"latency of {what}", findings.onset, None, (back,))
