"""From a symptom to a diagnosis: every claim names the evidence that carries it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from telic.model.action import Action, ActionRecord
from telic.model.topology import Window

MECHANISMS = {
    "crash-loop": "the process exits again and again",
    "hang": "the process is there, accepts connections and answers nothing",
    "slow-query": "a new version asks the database in a way that takes far longer",
    "exception": "a new version raises in one operation",
    "wrong-config": "a configured value, such as a port, is wrong",
    "permission-revoked": "the database refuses what the design grants",
    "store-refusal": "a store refuses statements with an error of its own",
    "certificate-expired": "the certificate that a service presents to its callers is past its time",
    "store-slow": "everybody who asks a store waits for it",
    "replica-lag": "a replica replays what its primary wrote too late",
    "network-delay": "messages on one edge take far longer than the ends need",
    "network-partition": "messages on one edge do not arrive",
    "cpu-starvation": "the process does not get the CPU that it asks for",
    "overload": "more work arrives than the declared capacity serves",
    "metastable-overload": "retries and stale work keep the process overloaded although load is what it was",
    "queue-backlog": "a consumer takes fewer messages from its queue than arrive",
    "poison-message": "messages that a consumer cannot read are delivered again and again, before all others",
    "bad-change": "harm began where and when something was changed; what of the change does it is not known",
    "unknown": "nothing seen so far explains the symptom",
}
"""The closed vocabulary of mechanisms; *cause right* compares these."""


@dataclass(frozen=True)
class Symptom:
    """What users feel, an objective that burns its budget; or what they will: work that waits behind a queue.

    Of a queue, `objective` is ``queue``, `entity` the consumer, `operation` the subject, `burn_rate` the age of the
    oldest message over what is usual, `bad` and `total` how many wait. Of a replica, `objective` is ``replica``,
    `entity` the replica, `burn_rate` how far it is behind over what is usual, `bad` and `total` the seconds. Of wrong
    answers, `objective` is ``answers``, `bad` and `total` count those that were checked; it is ``declines`` where
    nobody is refused any more, and `bad` says how many of all requests should have been.
    """

    objective: str  # intent id, O1
    entity: str  # where it was measured: gateway
    operation: str  # "" means all
    signal: Literal["errors", "latency", "traffic", "queue", "answers", "replica"]
    onset: float  # first bad second [s since the Unix epoch]
    detected: float
    burn_rate: float  # error budget spent per allowed [1]
    bad: int
    total: int

    @property
    def felt(self) -> bool:
        """Whether requests themselves show it: they fail, are slow, or do not come."""
        return self.signal not in ("queue", "answers", "replica")


@dataclass(frozen=True)
class Evidence:
    """One observation and the query that can be run again."""

    id: str
    says: str
    query: str
    window: Window
    result: str = ""  # JSON text of what the query returned, bounded
    result_hash: str = ""


@dataclass(frozen=True)
class Hypothesis:
    """A possible cause."""

    rank: int
    entity: str
    mechanism: str
    confidence: float  # [1]
    evidence: tuple[str, ...]
    path: tuple[str, ...] = ()  # from the cause to the symptom
    signal: str = ""
    onset: float = 0.0
    change: str = ""  # id of the change that brought it
    mitigations: tuple[Action, ...] = ()  # in the order to try
    why: str = ""  # one sentence for people
    instance: str = ""  # of the entity, where one is to blame
    manner: str = ""  # the narrower cause within the mechanism: "n-plus-one" of "bad-change"; "" where nothing tells it


@dataclass(frozen=True)
class Diagnosis:
    """Ranked hypotheses over evidence; `abstained` says that the evidence carries none."""

    time: float
    window: Window
    hypotheses: tuple[Hypothesis, ...]
    evidence: tuple[Evidence, ...]
    missing: tuple[str, ...] = ()
    abstained: bool = False
    seconds: float = 0.0
    next: tuple[str, ...] = ()  # what to look at next, above all when it abstained


@dataclass(frozen=True)
class Incident:
    """One stretch of user harm: symptoms, diagnoses, actions, end."""

    id: str
    system: str
    opened: float
    symptoms: tuple[Symptom, ...]
    diagnoses: tuple[Diagnosis, ...] = ()
    actions: tuple[ActionRecord, ...] = ()
    resolved: float = 0.0
    status: Literal["open", "mitigating", "resolved", "needs-person"] = "open"
    note: str = ""
