"""Weighs what mechanisms propose against each other and against "something else".

Each proposal carries clues in nats (logarithms of likelihood ratios), so their sum is the logarithm of the odds over
"something else", which has 0; confidences are the softmax of all sums. Before that, symptoms are explained away: what
is slow or fails because something below it does is no cause.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from telic.errors import TelicError
from telic.model import Action, ActionRecord, Diagnosis, Hypothesis, Topology, Window
from telic.operate.diagnosis.changed import changed
from telic.operate.diagnosis.findings import Findings
from telic.operate.diagnosis.manners import Narrowed, narrowed
from telic.operate.diagnosis.mechanisms import mechanism
from telic.operate.diagnosis.proposal import Clue, Proposal
from telic.operate.statistics import softmax
from telic.tools.evidence import Notebook

MOST = 5  # hypotheses of one diagnosis [1]
LEAST = 0.01  # confidence that is worth a line [1]
ABSTAIN = 0.5  # below, "something else" or another cause is as likely [1]
STRONG = 2.0  # weight of a cause that explains symptoms above it away [nat]
PROCESS = frozenset({"crash-loop", "hang", "cpu-starvation"})
QUEUES = frozenset({"queue-backlog", "poison-message"})
PATHS = frozenset({"network-delay", "network-partition"})
STORES = frozenset({"store-slow", "store-refusal"})
FAILED = ("undone", "left", "undo_failed")
STORM = "metastable-overload"
DERIVED = frozenset({"overload", "cpu-starvation", "hang"})  # also seen at callers of what is really broken

_log = logging.getLogger(__name__)


def diagnose(findings: Findings, notebook: Notebook, *, began: float, tried: Sequence[ActionRecord] = ()) -> Diagnosis:
    """Return ranked hypotheses; abstain where nothing carries one.

    Parameters
    ----------
    findings
        The snapshot.
    notebook
        Holds the evidence.
    began
        When the diagnosis was begun [s since the Unix epoch].
    tried
        What was done in this incident already: a cause whose mitigation did not help is less likely.
    """
    proposals, missing = _propose(findings)
    learned = [learn(each, tried) for each in proposals]
    ranked = sorted(explain_away(findings, learned), key=lambda each: -each.weight)
    ranked = last_resort(ranked, changed(findings), tried)
    confidences = confidence([each.weight for each in ranked])
    abstained = not carried(ranked)
    manner = None if abstained else narrowed(findings, ranked[0])
    hypotheses = tuple(
        _hypothesis(findings, rank, each, certain, manner if rank == 1 else None)
        for rank, (each, certain) in enumerate(zip(ranked, confidences, strict=True), 1)
        if certain >= LEAST and rank <= MOST
    )
    cited = [identity for each in hypotheses for identity in each.evidence]
    if abstained:
        cited = [*cited, *findings.evidence.values()]
        missing = [*missing, *_wanted(findings, ranked)]
    return Diagnosis(
        began,
        Window(findings.current.window.start, findings.now),
        hypotheses,
        notebook.quote(cited),
        tuple(dict.fromkeys([*findings.missing, *missing])),
        abstained,
        max(0.0, findings.now - began),
    )


def confidence(weights: Sequence[float]) -> list[float]:
    """Return the probability of each proposal, where "something else" weighs 0.

    Examples
    --------
    >>> [round(each, 2) for each in confidence([3.0, 0.0])]
    [0.91, 0.05]
    """
    return softmax([0.0, *weights])[1:]


def carried(ranked: Sequence[Proposal]) -> bool:
    """Whether the evidence carries the first of some proposals, rather than another one or "something else"."""
    return bool(ranked) and confidence([each.weight for each in ranked])[0] >= ABSTAIN


def last_resort(ranked: list[Proposal], changes: Sequence[Proposal], tried: Sequence[ActionRecord]) -> list[Proposal]:
    """Let changes explain what nothing explains better, and be taken back where a cause has nothing left to try."""
    if not carried(ranked) or any(each.weight > ranked[0].weight for each in changes):
        return sorted([*ranked, *(learn(each, tried) for each in changes)], key=lambda each: -each.weight)
    first, here = ranked[0], [each for each in changes if each.place == ranked[0].place]
    if not here or any(not _was_tried(action, tried) for action in first.mitigations):
        return ranked
    found = here[0]
    back = replace(first, mitigations=(*first.mitigations, *found.mitigations), change=first.change or found.change)
    return [replace(back, clues=(*back.clues, *found.clues[1:])), *ranked[1:]]


def _was_tried(action: Action, tried: Sequence[ActionRecord]) -> bool:
    return any(same(action, record.action) for record in tried)


def learn(each: Proposal, tried: Sequence[ActionRecord]) -> Proposal:
    """Weaken a proposal for each of its mitigations that was carried out and did not help."""
    failed = [record for record in tried if record.outcome in FAILED]
    vain = [record for record in failed if any(same(record.action, action) for action in each.mitigations)]
    clues = [Clue(-4.0, f"{record.action} did not help ({record.id})") for record in vain]
    return replace(each, clues=(*each.clues, *clues)) if clues else each


def same(first: Action, second: Action) -> bool:
    """Whether two actions do the same, whatever their reasons."""
    return (first.verb, first.target, _words(first)) == (second.verb, second.target, _words(second))


def _words(action: Action) -> dict[str, str]:
    return {name: str(value) for name, value in action.params.items()}


def explain_away(findings: Findings, proposals: Sequence[Proposal]) -> list[Proposal]:
    """Weaken proposals whose symptoms another, stronger one brings about."""
    weakened = []
    for each in proposals:
        causes = [
            other
            for other in proposals
            if other is not each
            and other.weight >= STRONG
            and other.weight > each.weight
            and _brings_about(findings.topology, other, each)
        ]
        if causes:
            strongest = max(causes, key=lambda other: other.weight)
            clue = Clue(-3.0, f"{strongest.mechanism} at {strongest.entity} brings this about")
            each = replace(each, clues=(*each.clues, clue))
        weakened.append(each)
    return weakened


def _brings_about(topology: Topology, cause: Proposal, effect: Proposal) -> bool:
    if cause.mechanism == STORM:  # everything that leads to a storm waits, tries again and is full
        served = effect.entity.rpartition("->")[2]
        storming = served == cause.entity or cause.entity in topology.reach(served)
        return storming and effect.mechanism in (*PATHS, *DERIVED)
    if cause.mechanism in STORES and cause.entity in topology.reach(effect.place):  # whoever asks it waits or fails
        return effect.mechanism in (*PATHS, *DERIVED, "slow-query") and not effect.entity.endswith(f"->{effect.place}")
    if effect.mechanism in QUEUES:  # a consumer that cannot work, or whose callee cannot, leaves work waiting
        ends = cause.entity.split("->")
        reached = {effect.entity, *topology.reach(effect.entity)}
        return cause.mechanism not in QUEUES and any(each in reached for each in ends)
    if effect.mechanism in PATHS:  # a process that does not answer looks like a path that loses messages
        callee = effect.entity.partition("->")[2]
        if cause.mechanism in PROCESS and cause.entity in (callee, effect.place):
            return True
        return cause.mechanism == "wrong-config" and cause.place == effect.place
    if effect.mechanism == "wrong-config" and cause.mechanism in PROCESS:
        return cause.entity in topology.callees(effect.entity)
    if effect.mechanism in DERIVED:
        return effect.entity != cause.place and cause.place in topology.reach(effect.entity)
    return False


def _propose(findings: Findings) -> tuple[list[Proposal], list[str]]:
    proposals: list[Proposal] = []
    missing: list[str] = []
    for name in mechanism:
        try:
            proposals.extend(mechanism.factory(name)(findings))
        except TelicError as error:
            missing.append(f"{name} could not be judged: {error}")
        except Exception as error:  # noqa: BLE001 - one card that breaks down leaves the others to be judged
            _log.exception("mechanism %s broke down", name)
            missing.append(f"{name} broke down: {type(error).__name__}: {error}")
    return proposals, missing


def _hypothesis(findings: Findings, rank: int, each: Proposal, certain: float, manner: Narrowed | None) -> Hypothesis:
    telling = sorted((clue for clue in each.clues if clue.weight > 0), key=lambda clue: -clue.weight)[:3]
    against = [clue for clue in each.clues if clue.weight < 0]
    why = "; ".join(clue.says for clue in telling)
    if against:
        why += f"; against it: {min(against, key=lambda clue: clue.weight).says}"
    if manner is not None and manner.name != each.mechanism:
        why += f"; as {manner.name}: {', '.join(manner.says)}"
    topics = [topic for clue in each.clues for topic in clue.topics]
    return Hypothesis(
        rank,
        each.entity,
        each.mechanism,
        round(certain, 4),
        findings.cite(*topics),
        findings.path(each.place),
        each.signal,
        each.onset,
        each.change.id if each.change else "",
        tuple(each.mitigations),
        why,
        manner=manner.name if manner is not None else "",
    )


def _wanted(findings: Findings, ranked: Sequence[Proposal]) -> list[str]:
    """Say what would decide."""
    wanted = []
    queues = [each for each in findings.symptoms if each.signal == "queue"]
    for found in queues:
        where = f"logs and callees of {found.entity}, and the dead letters of {found.operation or 'its queue'}"
        wanted.append(f"what holds {found.entity} up: {where}")
    if not findings.blames and (len(queues) < len(findings.symptoms) or not queues):
        wanted.append("no harmed request could be followed: traces of them are not there (yet)")
    if findings.baseline is None:
        wanted.append("what is normal: telemetry from before the onset")
    if len(ranked) >= 2 and ranked[1].weight > max(0.0, ranked[0].weight - 1.0):
        first, second = ranked[0], ranked[1]
        wanted.append(f"what tells {first.mechanism} at {first.entity} from {second.mechanism} at {second.entity}")
    for each in ranked[:2]:
        against = [clue for clue in each.clues if clue.weight < 0]
        if against:
            says = min(against, key=lambda clue: clue.weight).says
            wanted.append(f"signs of {each.mechanism} at {each.entity}; against it: {says}")
    if not wanted:
        places = ", ".join(sorted({each.entity for each in findings.blames})) or "nowhere"
        wanted.append(f"signs of a known mechanism: requests are harmed at {places}, and nothing there fits one")
    return wanted
