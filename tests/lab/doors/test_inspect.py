"""The Inspect door; runs where Inspect is installed, which it is not beside Telic by default."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
from pathlib import Path

import pytest

from telic.errors import UsageError
from telic.lab.doors import inspect as door

ROOT = Path(__file__).parents[3]
PYTHON = os.environ.get("TELIC_INSPECT_PYTHON", "")  # of an environment with Inspect and Telic

PROGRAM = """
import json, sys
from functools import partial
from inspect_ai import eval
from tests.lab.doors.fixed_run import SCENARIOS, run
from telic.lab.doors.inspect import build
sys.path.insert(0, "examples/03-lab")
from inspect_solver import watches

sessions = []
(log,) = eval(build(SCENARIOS, [1], run=partial(run, sessions=sessions)), solver=watches(), model="mockllm/model",
              display="none", log_dir=sys.argv[1])
prompts = [each.messages[0].text for each in log.samples]
print(json.dumps({"status": log.status, "prompts": prompts, "tools": [each.tools for each in sessions],
                  "scores": [each.scores["graded"].metadata["tasks"] for each in log.samples]}))
"""


@pytest.mark.skipif(not PYTHON, reason="TELIC_INSPECT_PYTHON names no Python with inspect-ai")
def test_a_solver_of_inspect_operates_and_is_graded(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [PYTHON, "-c", PROGRAM, str(tmp_path)], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["status"] == "success"
    assert said["tools"] == [["get_services", "wait", "alerts", "submit"]] * 2
    assert all("99 % of searches" in each for each in said["prompts"])
    assert [each["detect"]["passed"] for each in said["scores"]] == [False, False]


@pytest.mark.skipif(importlib.util.find_spec("inspect_ai") is not None, reason="inspect-ai is installed")
def test_without_inspect_it_says_what_to_install() -> None:
    with pytest.raises(UsageError, match="inspect_ai") as wrong:
        door.build([], [1])
    assert wrong.value.hint == "pip install 'inspect-ai'"
