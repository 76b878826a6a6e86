"""What somebody or something reported: alerts, orchestrator events, and the symptom of a recorded incident."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Alert:
    """A rule that fired."""

    time: float  # when it fired [s since the Unix epoch]
    name: str
    entity: str = ""
    severity: str = ""
    text: str = ""
    attributes: Mapping[str, object] = field(default_factory=dict)  # whatever else the sender knew


@dataclass(frozen=True)
class Event:
    """What an orchestrator did or noticed."""

    time: float  # [s since the Unix epoch]
    kind: str
    entity: str = ""
    reason: str = ""
    text: str = ""
    attributes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Reported:
    """The symptom as it was reported: each field may be unknown, and the report may be a false alarm."""

    entity: str = ""
    signal: str = ""
    onset: float | None = None  # [s since the Unix epoch]
