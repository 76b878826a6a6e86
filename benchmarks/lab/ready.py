"""How long the lab takes to a first live world, and to the next one, each in a process that begins cold.

What is imported here is part of it, so it is what the lab needs for that and nothing else.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import closing
from typing import Any

from telic.lab.scenario import Load, Scenario
from telic.lab.scenario.usual import PHASES, RATE
from telic.lab.session import loading
from telic.lab.session.loading import Ahead
from telic.lab.session.standby import Standby
from telic.worlds.local import proc

LIKE_SUITES: dict[str, Any] = {"workload": Load(rate=RATE), "phases": PHASES}  # as generated scenarios are
CALM = Scenario("calm", **LIKE_SUITES)
_READY = "import json; from benchmarks.lab import ready; print(json.dumps(ready.ready()))"


def ready() -> tuple[float, float]:
    """Return how long this process took to its first loaded live world, and from its end to a fresh one [s]."""
    with closing(Standby()) as standby:
        design = loading.prepared(CALM)
        with loading.loaded(CALM, 1, "local", design=design, ahead=Ahead(standby, design)) as course:
            first = proc.age(os.getpid())
            course.pause(CALM.phases.warm)
            over = time.monotonic()
        with loading.loaded(CALM, 2, "local", design=design, ahead=Ahead(standby)) as course:
            return first, time.monotonic() - over - course.timings["loaded"]


def starts(times: int = 3) -> tuple[float, float]:
    """Return the medians of `ready` over processes that begin cold [s]."""
    found = []
    for _ in range(times):
        said = subprocess.run([sys.executable, "-c", _READY], check=True, stdout=subprocess.PIPE, text=True)
        found.append(json.loads(said.stdout.splitlines()[-1]))
    first, second = zip(*found, strict=True)
    return statistics.median(first), statistics.median(second)
