"""The examples of examples/03-lab, each through its door."""

from __future__ import annotations

import importlib.util
import io
import sys
from pathlib import Path
from types import ModuleType

import pytest
from tests.lab.doors.fixed import FixedSession
from tests.lab.doors.fixed_run import DESIGN, SCENARIOS, run

from telic.lab.doors.gym.env import LabEnv
from telic.lab.doors.human import Human
from telic.lab.doors.outside import Outside
from telic.lab.scenario import Load, Phases, Placed, Scenario
from telic.lab.session import running
from telic.lab.session.record import Episode

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples" / "03-lab"
NAME = "quiet-otter-7731"
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


def test_the_http_agent_rolls_back_and_says_so() -> None:
    session = FixedSession()
    Outside(["python", "http_agent.py"], files=[EXAMPLES / "http_agent.py"]).run(session)
    assert ("rollback", {"target": "rate", "version": "1"}) in session.calls
    assert (session.claims["entity"], session.claims["healthy"]) == ("rate", False)


def test_the_mcp_agent_blames_the_newest_change() -> None:
    session = FixedSession()
    actor = Outside([sys.executable, "mcp_agent.py"], files=[EXAMPLES / "mcp_agent.py"], door="mcp")
    actor.run(session)
    assert session.claims == {"healthy": False, "entity": "rate", "final": True}, actor.said


def test_the_gym_agent_plays_an_episode() -> None:
    env = LabEnv(SCENARIOS, run=run, design=DESIGN)
    try:
        assert -1.0 <= module("gym_agent").play(env, seed=2) <= 1.0
    finally:
        env.close()


def test_the_persons_lines_are_understood() -> None:
    session, out = FixedSession(), io.StringIO()
    Human((EXAMPLES / "human.txt").read_text().splitlines(), out).run(session)
    assert "error" not in out.getvalue().replace("ERROR", "").replace('"errors"', "")
    assert session.claims["entity"] == "rate"
    assert session.closed


def test_the_aiopslab_agent_rolls_back() -> None:
    session = FixedSession()
    words = ["python", "-m", "telic_kit", "aiopslab_agent.py:Agent"]
    Outside(words, files=[EXAMPLES / "aiopslab_agent.py"]).run(session)
    assert "rollback" in session.tools
    assert session.claims == {"healthy": False, "entity": "rate", "final": True}


def test_the_protocol_agent_takes_back_the_newest_deploy() -> None:
    session = FixedSession()
    module("protocol_agent").TakeBack().run(session)
    assert ("rollback", {"target": "rate", "version": "1"}) in session.calls


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
    assert [line[:400] for line in said.splitlines() if any(each in line for each in names)] == []
    assert episode.truth[0].fault == "bad-deploy-exception"
