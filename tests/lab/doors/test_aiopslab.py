"""Agents written for AIOpsLab, unchanged, in a session."""

from __future__ import annotations

import asyncio
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lab.doors.fixed import BRIEF, FixedSession

from telic.lab.doors.kit.aiopslab import AiopslabActor, load
from telic.lab.doors.kit.aiopslab.claims import claims
from telic.lab.doors.kit.aiopslab.kubectl import translate
from telic.lab.doors.kit.aiopslab.parsing import Call, Unparsable, parse
from telic.lab.session.tools import SHELL

SERVICES = ("rate", "rate-cache", "search")


class Scripted:
    """Says its lines, and keeps what it was told."""

    def __init__(self, *lines: str) -> None:
        self.lines, self.heard, self.context = list(lines), list[str](), ("", "", {"": ""})

    def init_context(self, problem_desc: str, instructions: str, apis: dict[str, str]) -> None:
        self.context = (problem_desc, instructions, apis)

    async def get_action(self, input: str) -> str:
        self.heard.append(input)
        return f"Thought: next.\n```\n{self.lines.pop(0)}\n```"


def play(*lines: str, tasks: tuple[str, ...] = BRIEF.tasks) -> tuple[FixedSession, Scripted]:
    session, agent = FixedSession(replace(BRIEF, tasks=tasks)), Scripted(*lines)
    AiopslabActor(agent).run(session)
    return session, agent


def test_an_agent_gets_its_context_its_answers_and_its_end() -> None:
    session, agent = play(
        'get_logs("hotel", "rate")',
        'get_metrics("hotel", 5)',
        'read_metrics("metrics_output/metrics_1.csv")',
        'get_traces(namespace="hotel")',
        'read_traces(file_path="traces_output/traces_2.csv")',
        'exec_shell("kubectl rollout restart deployment/rate -n hotel")',
        'submit({"entity": "rate", "mechanism": "bad-deploy"})',
    )
    description, instructions, apis = agent.context
    assert BRIEF.promises[0].says in description
    assert "code block" in instructions
    assert {"get_logs", "exec_shell", "submit", "rollback", "alerts"} <= set(apis)
    assert agent.heard[0] == "Please take the next action"
    assert "no such column" in agent.heard[1]
    assert "service,requests,errors,seconds" in agent.heard[3]
    assert "rate,rates,0.9,error" in agent.heard[5]
    assert session.tools == ["get_logs", "query", "get_traces", "get_services", "restart", "submit"]
    assert session.claims == {"healthy": False, "entity": "rate", "mechanism": "bad-deploy", "final": True}
    assert session.closed


@pytest.mark.parametrize(
    ("line", "task", "claimed"),
    [
        ('submit("Yes")', "detect", {"healthy": False}),
        ('submit("No")', "detect", {"healthy": True}),
        ('submit(["rate", "search"])', "localise", {"healthy": False, "entity": "rate"}),
        ("submit([])", "localise", {"healthy": True}),
        ("submit()", "explain", {"healthy": True}),
        (
            'submit({"system_level": "Application", "fault_type": "hang"})',
            "explain",
            {"healthy": False, "mechanism": "hang"},
        ),
        ("submit()", "mitigate", {}),
    ],
)
def test_each_tasks_form_of_submitting_is_understood(line: str, task: str, claimed: dict[str, object]) -> None:
    session, _ = play(line, tasks=(task,))
    assert session.claims == {**claimed, "final": True}


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("kubectl get pods -n hotel", ("services", "")),
        ("kubectl get svc", ("services", "")),
        ("kubectl -n hotel logs rate-7d9f-abc --tail=50", ("logs", "rate")),
        ("kubectl logs deployment/search -n hotel", ("logs", "search")),
        ("kubectl logs rate-cache-0 -n hotel", ("logs", "rate-cache")),
        ("kubectl get events --all-namespaces", ("changes", "")),
        ("kubectl rollout history deployment/rate", ("changes", "rate")),
        ("kubectl describe deployment rate -n hotel", ("config", "rate")),
        ("kubectl get configmap search -o yaml", ("config", "search")),
        ("kubectl rollout undo deployment/rate", ("rollback", "rate")),
        ("kubectl delete pod search-1 -n hotel", ("restart", "search")),
        ("cat metrics_output/metrics_1.csv", ("cat", "metrics_output/metrics_1.csv")),
        ("kubectl scale deployment rate --replicas=0", None),
        ("kubectl delete namespace hotel", None),
        ("kubectl logs rate; cat /etc/passwd", None),
        ("kubectl logs $(id)", None),
        ("cat 'unclosed", None),
        ("curl http://127.0.0.1", None),
        ("", None),
    ],
)
def test_commands_are_translated_and_nothing_else_is_understood(command: str, found: tuple[str, str] | None) -> None:
    assert translate(command, SERVICES) == found


def test_what_is_no_command_of_ours_reaches_no_shell_and_is_on_record(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    session, agent = play(f'exec_shell("touch {mark}")', f'exec_shell("cat {Path(__file__)}")', "submit()")
    assert not mark.exists()
    assert "This is no shell" in agent.heard[1]
    assert "no file" in agent.heard[2]
    assert ("exec_shell", {"command": f"touch {mark}"}) in session.calls
    assert "unreadable" in session.tools


def test_where_a_shell_is_offered_other_commands_go_there() -> None:
    session = FixedSession(replace(BRIEF, tools=(*BRIEF.tools, SHELL)))
    lines = ["ps aux", "cat /srv/README", "kubectl get pods", "ls"]
    agent = Scripted(*(f'exec_shell("{line}")' for line in lines), "submit()")
    AiopslabActor(agent).run(session)
    asked = [arguments["command"] for name, arguments in session.calls if name == "exec_shell"]
    assert asked == ["ps aux", "cat /srv/README"]
    told = agent.context[2]["exec_shell"]
    assert "/srv/README" in told
    assert "kubectl get" in told
    assert "no shell" not in told


@pytest.mark.parametrize(
    "answer", ["", "no block", "```\na()\n```\n```\nb()\n```", "```\nnot a call\n```", "```\nget_logs(x)\n```", 7]
)
async def test_garbage_is_told_recorded_and_costs_a_call(answer: object) -> None:
    class Confused(Scripted):
        async def get_action(self, input: str) -> str:
            self.heard.append(input)
            return answer if len(self.heard) < 3 else "```\nsubmit()\n```"  # type: ignore[return-value]

    session, agent = FixedSession(), Confused()
    await asyncio.to_thread(AiopslabActor(agent).run, session)
    assert session.tools == ["unreadable", "unreadable", "submit"]
    assert agent.heard[1].startswith("error: ")


def test_ten_megabytes_are_refused_and_the_record_stays_small() -> None:
    session, _ = play('query("' + "x" * 10_000_000 + '")', "submit()")
    assert session.tools == ["unreadable", "submit"]
    assert len(str(session.calls)) < 2000


def test_an_agent_that_does_not_answer_is_left() -> None:
    class Silent(Scripted):
        async def get_action(self, input: str) -> str:
            await asyncio.Event().wait()
            return ""

    session = FixedSession()
    AiopslabActor(Silent(), patience=0.01).run(session)
    assert session.calls == []


def test_an_agent_that_goes_on_for_ever_is_bounded_by_steps_and_budget() -> None:
    session = FixedSession(replace(BRIEF, calls=4))
    AiopslabActor(Scripted(*["alerts()"] * 99)).run(session)
    assert len(session.calls) == 4
    other = FixedSession()
    AiopslabActor(Scripted(*["alerts()"] * 99), steps=5).run(other)
    assert len(other.calls) == 5


def test_a_file_that_imports_the_orchestrator_is_loaded_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "neighbour.py").write_text("LINE = 'submit(\"No\")'\n")
    file = tmp_path / "gpt.py"
    file.write_text(
        textwrap.dedent('''
        """An agent as AIOpsLab's clients are written."""
        from aiopslab.orchestrator import Orchestrator
        from aiopslab.orchestrator.problems.registry import ProblemRegistry
        from neighbour import LINE

        class Agent:
            def init_context(self, problem_desc, instructions, apis):
                self.shell = {name: doc for name, doc in apis.items() if "exec_shell" in name}

            async def get_action(self, input):
                assert self.shell
                return f"```\\n{LINE}\\n```"

        if __name__ == "__main__":
            orchestrator = Orchestrator()
        ''')
    )
    before = set(sys.modules)
    session = FixedSession()
    AiopslabActor(load(f"{file}:Agent")).run(session)
    assert session.claims == {"healthy": True, "final": True}
    assert not {each for each in set(sys.modules) - before if each.startswith("aiopslab")}
    with pytest.raises(LookupError, match=r"FILE\.py:CLASS"):
        load(f"{file}:Missing")


@given(st.text(max_size=120), st.sampled_from(["{}", "```\n{}\n```", "```\nf({})\n```", "```\nexec_shell({})\n```"]))
@settings(max_examples=80, deadline=None)
def test_any_text_is_one_call_or_a_clear_error(text: str, form: str) -> None:
    try:
        found: object = parse(form.replace("{}", text))
    except Unparsable as error:
        found = error
    assert isinstance(found, Call | Unparsable)
    assert str(found)


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=9),
        lambda each: st.lists(each) | st.dictionaries(st.text(max_size=9), each),
        max_leaves=5,
    )
)
@settings(max_examples=60, deadline=None)
def test_whatever_is_submitted_becomes_claims_that_a_session_takes(value: object) -> None:
    found = claims((value,), {}, "")
    assert set(found) <= {"healthy", "entity", "mechanism", "onset", "path", "evidence"}
    assert isinstance(found.get("entity", ""), str)
