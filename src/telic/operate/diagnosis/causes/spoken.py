"""One reason for an entity that says little about the mechanism."""

from __future__ import annotations

from dataclasses import dataclass

from telic.operate.diagnosis.causes.cause import Reason


@dataclass(frozen=True)
class Support:
    """A reason for an entity, and the mechanism that it suggests where nothing else does."""

    entity: str
    mechanism: str
    signal: str
    reason: Reason
    onset: float = 0.0  # [s since the Unix epoch]; 0: not known
