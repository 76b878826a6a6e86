"""One thing that telemetry or state shows at a place, in yes and no."""

from __future__ import annotations

from collections.abc import Callable

from telic.operate.diagnosis.findings import Findings

Feature = Callable[[Findings, str], bool]
"""Asked with the findings and the blamed service, store or edge."""

SHARE = 0.3  # of the harmed requests, or of calls: more than a few [1]
MORE = 1.5  # times what was [1]
MUCH = 4.0  # times what was [1]
CLEAR = 0.005  # a time that grew by less did not grow [s]


def place(entity: str) -> str:
    """Return the service that is blamed, or the caller of the edge."""
    return entity.partition("->")[0]
