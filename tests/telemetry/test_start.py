"""What a live world waits for when it starts: the receiver comes up without what it does not need."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("heavy", ["telic.model", "telic.intent", "numba", "pandas", "grpc"])
def test_the_receiver_starts_without(heavy: str) -> None:
    code = f"import sys, telic.telemetry.receiver; print({heavy!r} in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "False"
