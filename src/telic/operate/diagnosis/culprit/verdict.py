"""The answer for one change, and for no change: what speaks for it, what against, and how sure."""

from __future__ import annotations

from dataclasses import dataclass

from telic.model import Change


@dataclass(frozen=True)
class Reason:
    """One thing that speaks for or against, as a likelihood ratio.

    Parameters
    ----------
    name
        ``prior | effect | names | numbers | frame | vanished | latency | time | shipped | near | scope``.
    weight
        Its logarithm: above 0 speaks for guilt [nats].
    says
        For people.
    query
        What to run to see it again; empty where the change record itself shows it.
    """

    name: str
    weight: float
    says: str
    query: str = ""


@dataclass(frozen=True)
class ChangeVerdict:
    """One change, or none (`change` is None): how likely it is the cause, and why.

    Parameters
    ----------
    change
        The commit, deploy, flag or push; None stands for "no change explains it".
    score
        Sum of the reasons [nats].
    confidence
        Share of all verdicts together [1].
    mechanism
        How it does it, in a few words.
    entity
        Where it came into force; for none where the circumstance was seen.
    time
        When it came into force [s since the Unix epoch].
    reasons
        The strongest first.
    says
        One sentence for people.
    """

    change: Change | None
    score: float
    confidence: float
    mechanism: str
    entity: str
    time: float
    reasons: tuple[Reason, ...]
    says: str
    paths: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Id of the change; empty for none."""
        return self.change.id if self.change else ""
