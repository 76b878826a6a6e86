"""Time enough on a machine that is busy with something else."""

from __future__ import annotations

import pytest

from telic.telemetry.sources import Limit


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Limit.__init__, "__defaults__", (Limit.rows, Limit.bytes, 600.0))
