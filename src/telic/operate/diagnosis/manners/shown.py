"""What telemetry and state show at one place: the features that tell manners apart, by their names."""

from __future__ import annotations

from collections.abc import Mapping

from telic.operate.diagnosis.findings import Findings
from telic.operate.diagnosis.manners import of_calls, of_processes, of_stores
from telic.operate.diagnosis.manners.feature import Feature

FEATURES: Mapping[str, Feature] = {**of_processes.FEATURES, **of_calls.FEATURES, **of_stores.FEATURES}
"""Every feature by its name."""


def shown(findings: Findings, entity: str) -> frozenset[str]:
    """Return the names of the features that are there at a service, a store or an edge."""
    return frozenset(name for name, feature in FEATURES.items() if feature(findings, entity))
