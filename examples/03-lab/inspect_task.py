"""The lab as an Inspect task.

    inspect eval examples/03-lab/inspect_task.py -T suite=core -T seeds=3 --model PROVIDER/MODEL
"""

from __future__ import annotations

from inspect_ai import Task, task

from telic.lab import scenario
from telic.lab.doors.inspect import build


@task
def telic_lab(suite: str = "core", seeds: int = 1, first_seed: int = 1) -> Task:
    """Operate the apps of a suite, one episode for each scenario and seed."""
    return build(scenario.suite(suite), range(first_seed, first_seed + seeds))
