"""What a mechanism proposes: a place, and the clues for and against it, in nats of evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from telic.model import Action, Change
from telic.operate.diagnosis.findings import Findings
from telic.registry import Registry

PRIOR = -3.0  # weight of any one explanation before clues; "something else" has 0 [nat]


@dataclass(frozen=True)
class Clue:
    """One observation that speaks for (positive) or against (negative) an explanation."""

    weight: float  # logarithm of the likelihood ratio, judged by hand [nat]
    says: str
    topics: tuple[str, ...] = ()  # what it was read from; evidence ids are looked up by these


@dataclass(frozen=True)
class Proposal:
    """A possible cause with everything that speaks for and against it."""

    mechanism: str
    entity: str
    clues: Sequence[Clue]
    signal: str = ""
    onset: float = 0.0
    change: Change | None = None
    mitigations: Sequence[Action] = field(default_factory=tuple)

    @property
    def weight(self) -> float:
        """Evidence for it over "something else" [nat]."""
        return PRIOR + sum(each.weight for each in self.clues)

    @property
    def place(self) -> str:
        """The service that it blames, or the caller of the edge."""
        return self.entity.partition("->")[0]


Detector = Callable[[Findings], Sequence[Proposal]]
mechanism: Registry[Sequence[Proposal]] = Registry("mechanism")


def harm_clue(findings: Findings, share: float | None, where: str) -> Clue:
    """Say how many of the harmed requests were harmed at a place: the strongest clue there is."""
    if share is None:
        return Clue(0.0, "no harmed request could be followed", ("traces",))
    if share >= 0.6:
        weight = 3.0
    elif share >= 0.3:
        weight = 2.0
    elif share >= 0.1:
        weight = 0.5
    elif share >= 0.03:
        weight = -1.0
    else:
        weight = -4.0
    return Clue(weight, f"{share:.0%} of {len(findings.blames)} harmed requests were harmed {where}", ("traces",))


def change_clue(findings: Findings, change: Change | None, weight: float, absent: float) -> Clue:
    """Say whether a change came shortly before the harm; recency alone proves little."""
    if change is None:
        return Clue(absent, "no change came before it", ("changes",))
    age = findings.onset - change.time
    nearness = 1.0 if age <= 15.0 else 0.6
    when = f"{age:.0f} s before" if age >= 0.5 else "at"
    return Clue(
        weight * nearness, f'{change.kind} of {change.entity} "{change.summary}" {when} the onset', ("changes",)
    )
