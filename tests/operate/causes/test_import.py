"""Whoever is woken up waits for the diagnosis alone."""

from __future__ import annotations

import subprocess
import sys

IMPORTED = "from telic.operate.diagnosis.causes import diagnose_recording; from telic.worlds.recorded import read"


def test_a_diagnosis_waits_for_nothing_that_runs_systems() -> None:
    code = f"{IMPORTED}; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"asyncio", "duckdb", "telic.runtime", "telic.model.design"} & set(done.stdout.split())
