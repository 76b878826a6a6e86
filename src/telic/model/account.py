"""The account of a diagnosis: claims with evidence, rivals and why they lost, timeline, next steps, levels to draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from telic.model.incident import Diagnosis, Evidence
from telic.model.signals import Reported
from telic.model.topology import Topology, Window
from telic.model.traces import Comparison

SCHEMA = "telic/diagnosis/v1"

About = Literal["cause", "change", "circumstance", "path", "symptom"]


@dataclass(frozen=True)
class Claim:
    """One sentence of a diagnosis, what carries it, and how much it weighs.

    Parameters
    ----------
    strength
        Logarithm of the likelihood ratio: above 0 speaks for the diagnosis, below against it [nats].
    evidence
        Ids of evidence; none where the claim only joins others.
    """

    id: str
    about: About
    says: str
    strength: float
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rival:
    """Another possible cause, and why it lost."""

    what: str
    kind: Literal["entity", "change"]
    confidence: float  # [1]
    lost: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Moment:
    """One entry of the timeline."""

    time: float  # [s since the Unix epoch]
    kind: Literal["change", "sign", "alert", "event", "cause", "symptom"]
    entity: str
    text: str
    id: str = ""  # of the change


@dataclass(frozen=True)
class Level:
    """A metric over time, bounded to what a chart can show."""

    entity: str
    name: str
    times: tuple[float, ...]  # [s since the Unix epoch]
    values: tuple[float, ...]
    before: float  # its median when all was well
    evidence: str = ""


@dataclass(frozen=True)
class Step:
    """Something to do next: look at something, or undo the cause."""

    kind: Literal["check", "mitigation"]
    says: str


@dataclass(frozen=True)
class CodeLine:
    """A line at which an entity fails, or that prints what it logs, and the commit that it comes from."""

    entity: str
    path: str
    line: int
    text: str
    commit: str  # "" where the code has no history; and then no author, time, summary, hunk
    author: str
    time: float  # when it was written [s since the Unix epoch]
    summary: str  # of the commit
    hunk: str  # of the commit's diff, around the line
    failure: str  # what is thrown there, or the template of what is printed
    prints: bool = False  # rather than fails


@dataclass(frozen=True)
class Account:
    """Everything a report of a diagnosis says.

    Parameters
    ----------
    incident, source
        Name of the incident, and the folder that it was read from, to ask again.
    symptom, signal, onset
        What was reported: entity, metric, time [s since the Unix epoch].
    given
        What was named as the symptom instead of the recorded one, to diagnose again; None: nothing.
    telic
        Version that wrote it.
    """

    incident: str
    source: str
    window: Window
    diagnosis: Diagnosis
    topology: Topology
    claims: tuple[Claim, ...]
    evidence: tuple[Evidence, ...]
    rivals: tuple[Rival, ...] = ()
    timeline: tuple[Moment, ...] = ()
    steps: tuple[Step, ...] = ()
    levels: tuple[Level, ...] = ()
    baseline: Window | None = None
    symptom: str = ""
    signal: str = ""
    onset: float = 0.0
    headline: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    requests: Comparison | None = None  # those that have become slower, healthy against now
    code: tuple[CodeLine, ...] = ()
    given: Reported | None = None
    telic: str = ""
