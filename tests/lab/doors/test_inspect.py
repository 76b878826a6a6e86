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
from inspect_solver import takes_back

sessions = []
(log,) = eval(build(SCENARIOS, [1], run=partial(run, sessions=sessions)), solver=takes_back(), model="mockllm/model",
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
    assert said["tools"] == [["alerts", "get_changes", "rollback", "submit", "submit"]] * 2
    assert all("99 % of searches" in each for each in said["prompts"])
    assert [each["detect"]["passed"] for each in said["scores"]] == [True, True]


@pytest.mark.skipif(importlib.util.find_spec("inspect_ai") is not None, reason="inspect-ai is installed")
def test_without_inspect_it_says_what_to_install() -> None:
    with pytest.raises(UsageError, match="inspect_ai") as wrong:
        door.build([], [1])
    assert wrong.value.hint == "pip install 'inspect-ai'"


SCENARIO = """
schema = "telic/scenario/v1"
name = "hung"
tasks = ["detect", "localise"]
faults = [{kind = "hang", params = {service = "search"}}]
workload = {rate = 15.0}
phases = {warm = 4.0, baseline = 6.0, spread = 1.0, hold = 12.0, recovery = 3.0}
"""

SCRIPTED = """
from inspect_ai import Task, task
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_task import telic_lab

CALLS = [
    ("get_topology", {}), ("get_service", {}), ("wait", {"seconds": 14}), ("alerts", {}),
    ("submit", {"healthy": False, "entity": "search", "mechanism": "hang"}), ("submit", {"final": True}),
]

@task
def scripted(suite: str, right: bool = True) -> Task:
    lab, outputs = telic_lab(suite=suite), []
    for number, (name, given) in enumerate(CALLS):
        wrong = {**given, "entity": "user"} if "entity" in given and not right else given
        outputs.append(ModelOutput.for_tool_call("mockllm", name, wrong, tool_call_id=str(number)))
    outputs.append(ModelOutput.from_content("mockllm", "It was search."))
    for each in outputs:  # counting them takes a table from the network
        each.usage = ModelUsage(input_tokens=100, output_tokens=10, total_tokens=110)
    lab.model = get_model("mockllm/model", custom_outputs=outputs)
    return lab
"""


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.skipif(not PYTHON, reason="TELIC_INSPECT_PYTHON names no Python with inspect-ai")
@pytest.mark.parametrize(("right", "score"), [("true", 1), ("false", 0)])
def test_a_scripted_model_takes_part_from_the_command_line(tmp_path: Path, right: str, score: int) -> None:
    (tmp_path / "hung.toml").write_text(SCENARIO)
    (tmp_path / "scripted.py").write_text(SCRIPTED)
    asked = ["-m", "inspect_ai", "eval", "scripted.py", "-T", "suite=hung.toml", "-T", f"right={right}"]
    asked += ["--log-dir", "logs", "--log-format", "json", "--display", "none"]
    path = os.pathsep.join((str(ROOT), str(ROOT / "examples" / "03-lab")))
    environment = {**os.environ, "PYTHONPATH": path, "HOME": str(tmp_path)}
    done = subprocess.run([PYTHON, *asked], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    (written,) = (tmp_path / "logs").glob("*.json")
    log = json.loads(written.read_text())
    assert log["status"] == "success", log.get("error")
    (sample,) = log["samples"]
    graded = sample["scores"]["graded"]
    assert graded["value"] == score, graded
    assert graded["metadata"]["tasks"]["detect"]["passed"] is True
    assert graded["metadata"]["tasks"]["localise"]["passed"] is bool(score)
    answers = [each for each in sample["messages"] if each["role"] == "tool"]
    assert [each["function"] for each in answers][:3] == ["get_topology", "get_service", "wait"]
    assert "gateway" in str(answers[0]["content"])
    assert answers[1]["error"], "a tool that does not exist is an error that the model sees"
    assert "hung" not in json.dumps(sample["messages"]), "the scenario's name is nowhere in what a model sees"
