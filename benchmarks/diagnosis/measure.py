"""Run Telic on one case in a process of its own, so that time and memory include starting up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.diagnosis.cases import Case
from benchmarks.diagnosis.score import Guess
from telic.operate.diagnosis.causes import diagnose_recording
from telic.worlds.recorded import read

_ALONE = """
import json, resource, sys, time
began = time.process_time()
from telic.operate.diagnosis.causes import answer, diagnose_recording
from telic.worlds.recorded import read
recording = read(sys.argv[1])
found = answer(recording.name, diagnose_recording(recording))
usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"cpu": time.process_time(), "rss": usage.ru_maxrss / 1024, "hypotheses": len(found["hypotheses"])}))
"""


@dataclass(frozen=True)
class Cost:
    """What one diagnosis took."""

    wall: float  # [s], from starting the interpreter
    cpu: float  # [s]
    memory: float  # [MB]


def guess(case: Case) -> Guess:
    """Diagnose one case; the truth stays closed."""
    found = diagnose_recording(read(case.folder))
    if not found.hypotheses:
        return Guess(())
    first = found.hypotheses[0]
    return Guess(
        tuple(each.entity for each in found.hypotheses),
        first.mechanism,
        first.signal,
        first.change,
        tuple(each.confidence for each in found.hypotheses),
    )


def costs(cases: Sequence[Case]) -> list[Cost]:
    """Diagnose each case in a fresh interpreter, its bytecode compiled before as an installation does."""
    with tempfile.TemporaryDirectory(prefix="telic-bytecode-") as folder:
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = folder
        return _costs([*cases[:1], *cases], environment)[1:]


def _costs(cases: Sequence[Case], environment: Mapping[str, str]) -> list[Cost]:
    found = []
    for case in cases:
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", _ALONE, str(case.folder)],
            check=True,
            capture_output=True,
            text=True,
            env=environment,
        )
        wall = time.perf_counter() - began
        answer = json.loads(done.stdout.splitlines()[-1])
        found.append(Cost(wall, answer["cpu"], answer["rss"]))
    return found
