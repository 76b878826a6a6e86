"""A child process ends with its parent's process, and with nothing less."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from telic.errors import WorldError
from telic.worlds.child import Child

WAITS = "code"  # an interpreter that waits for what it is told


def test_a_child_outlives_the_thread_that_asked_for_it(tmp_path: Path) -> None:
    made: list[Child] = []

    def start() -> None:
        made.append(Child(WAITS, [], log=tmp_path / "log", told=True))

    asking = threading.Thread(target=start)
    asking.start()
    asking.join()
    (child,) = made
    with child:
        subprocess.run([sys.executable, "-c", "pass"], check=True)  # the signal arrives while another comes and goes
        assert child.running(), child.tail()


def test_a_child_that_failed_by_itself_says_so_and_one_that_runs_or_ended_well_does_not(tmp_path: Path) -> None:
    well, child = (Child(WAITS, [], log=tmp_path / name, told=True) for name in ("well", "failed"))
    with well, child:
        assert child.failed() == ""
        well.tell(b"")
        child.tell(b"raise SystemExit(3)\n")
        well.wait(20.0)
        with pytest.raises(WorldError):
            child.wait(20.0)
        assert well.failed() == ""
        assert child.failed().startswith("ended early with code 3")
