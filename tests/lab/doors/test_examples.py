"""The examples of examples/03-lab, each through its door."""

from __future__ import annotations

import importlib.util
import io
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, cast

import pytest
from tests.lab.doors.fixed import BRIEF, FixedSession
from tests.lab.doors.fixed_run import DESIGN, SCENARIOS, run

from telic.lab.doors.gym.env import LabEnv
from telic.lab.doors.human import Human
from telic.lab.doors.outside import Outside
from telic.lab.grading import grade
from telic.lab.scenario import Load, Phases, Placed, Scenario, suite
from telic.lab.session import running
from telic.lab.session.record import Episode
from telic.lab.session.running import Play
from telic.lab.session.session import Session
from telic.lab.session.stage import Stage

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples" / "03-lab"
NAME = "quiet-otter-7731"
SLOW = "hotel-bad-deploy-slow-query-003"  # a service asks the database in a way that takes far longer
READS_ALL = """
import json

from telic_kit.client import connect

session = connect()
print(session.brief)
while not session.closed and not session.call("alerts", {}).rows:
    session.call("wait", {"seconds": 1.0})
times = {"start": session.brief.began - 60, "end": session.now()}
ASKED = {
    "get_topology": {},
    "get_services": {},
    "get_changes": times,
    "get_logs": {**times, "severity": 9},
    "get_traces": {**times, "errors_only": True},
    "query": {"sql": "SELECT DISTINCT service, name, unit FROM metrics"},
    "get_config": {"service": session.brief.entry},
}
answers = {tool: session.call(tool, given) for tool, given in ASKED.items()}
for own in ("FROM duckdb_settings()", "FROM duckdb_databases()", "SELECT current_setting('secret_directory')"):
    answers[own.split("(")[0]] = session.call("query", {"sql": own})
for tool, answer in answers.items():
    print(tool, answer.text, answer.error, json.dumps(list(answer.rows))[:7000])
deploys = [each for each in answers["get_changes"].rows if each["kind"] == "deploy"]
claims = {"entity": deploys[-1]["entity"], "onset": deploys[-1]["time"]} if deploys else {}
session.call("submit", {"healthy": False, **claims, "final": True})
"""


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_each_is_some_twenty_lines() -> None:
    for each in EXAMPLES.glob("*.py"):
        code = [line for line in each.read_text().splitlines() if line.strip() and "import" not in line]
        assert len(code) <= 30, each.name


def through(*words: str, file: str, door: Literal["http", "mcp"] = "http") -> Play:
    """Play with a program of the examples in a process of its own."""
    return lambda session, stage: Outside(words, files=[EXAMPLES / file], door=door).run(session)


def typed(session: Session, stage: Stage) -> None:
    """Play with the lines of a person."""
    out = io.StringIO()
    Human((EXAMPLES / "human.txt").read_text().splitlines(), out).run(session)
    assert "\nerror: " not in out.getvalue()


PLAYS: dict[str, Play] = {
    "http_agent.py": through("python", "http_agent.py", file="http_agent.py"),
    "mcp_agent.py": through(sys.executable, "mcp_agent.py", file="mcp_agent.py", door="mcp"),
    "aiopslab_agent.py": through("python", "-m", "telic_kit", "aiopslab_agent.py:Agent", file="aiopslab_agent.py"),
    "human.txt": typed,
    "protocol_agent.py": lambda session, stage: module("protocol_agent").TakeBack().run(session),
}


def test_every_example_is_played_here() -> None:
    elsewhere = {"gym_agent.py", "inspect_task.py", "inspect_solver.py", "README.md"}  # below, test_inspect.py
    assert {each.name for each in EXAMPLES.iterdir() if each.is_file()} == set(PLAYS) | elsewhere


@pytest.mark.parametrize("name", PLAYS)
def test_each_finds_and_mends_a_bad_deploy(name: str) -> None:
    (scenario,) = suite(SLOW)
    grades = grade(running.run(scenario, PLAYS[name], actor="example", seed=1))
    assert {each: found.passed for each, found in grades.tasks.items() if each not in ("explain", "predict")} == {
        "detect": True,
        "localise": True,
        "mitigate": True,
    }, grades
    assert grades.false_alarms == ()


@pytest.mark.parametrize("name", [each for each in PLAYS if each != "human.txt"])
def test_each_says_in_time_that_all_is_well(name: str) -> None:
    session = FixedSession(replace(BRIEF, calls=200), quiet=True)
    PLAYS[name](session, cast("Stage", None))
    assert session.claims == {"healthy": True, "final": True}


def test_the_gym_agent_finds_and_mends_a_bad_deploy() -> None:
    kept: list[Episode] = []

    def keeping(*given: Any, **named: Any) -> Episode:
        kept.append(running.run(*given, **named))
        return kept[-1]

    env = LabEnv(SLOW, run=keeping)
    try:
        assert module("gym_agent").play(env, seed=1) > 0.4
    finally:
        env.close()
    (episode,) = kept
    assert episode.claims.entity == episode.truth[0].entity
    assert grade(episode).tasks["mitigate"].passed


def test_the_gym_agent_says_in_time_that_all_is_well() -> None:
    sessions: list[FixedSession] = []
    env = LabEnv(SCENARIOS, run=partial(run, sessions=sessions, quiet=True), design=DESIGN)
    try:
        module("gym_agent").play(env, seed=2)
    finally:
        env.close()
    assert sessions[0].claims == {"healthy": True, "final": True}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Episode, str]:
    """An episode on the simulated world, operated by a program of its own that also prints all that it is told."""
    phases = Phases(warm=3.0, baseline=3.0, spread=0.0, hold=26.0, recovery=2.0)
    fault = Placed("bad-deploy-exception")
    scenario = Scenario(NAME, faults=(fault,), workload=Load(rate=10.0), phases=phases)
    program = tmp_path_factory.mktemp("actor") / "reads_all.py"
    program.write_text(READS_ALL)
    said: list[str] = []

    def play(session: object, stage: object) -> None:
        actor = Outside(["python", "reads_all.py"], files=[program])
        actor.run(session)  # type: ignore[arg-type]
        said.append(actor.said)

    return running.run(scenario, play, actor="http", seed=1), said[0]


def test_an_agent_of_its_own_process_operates_a_real_world(played: tuple[Episode, str]) -> None:
    episode, said = played
    assert episode.ended == "submitted", (episode.ended, said)
    assert {"get_topology", "get_services", "get_changes", "get_logs", "submit"} <= {
        each.tool for each in episode.calls
    }
    assert episode.claims.entity == episode.truth[0].entity


def test_nothing_that_a_real_world_tells_gives_the_lab_away(played: tuple[Episode, str]) -> None:
    episode, said = played
    assert "get_logs" in said
    names = [NAME, episode.truth[0].fault, "telic-lab-", "telic.lab", "injector", "injection", "director", "bad-deploy"]
    names += [str(Path.cwd()), str(Path.home() / ".")]
    assert [line[:400] for line in said.splitlines() if any(each in line for each in names)] == []
    assert episode.truth[0].fault == "bad-deploy-exception"
