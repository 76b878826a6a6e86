"""An actor in a process of its own: what it can do, what it can reach, and how it ends."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path

import psutil
import pytest
from tests.lab.doors.fixed import ROWS, FixedSession

from telic.errors import UsageError
from telic.lab.doors.confine import LAB, Confinement, confinement
from telic.lab.doors.outside import Outside

PROCESS = Confinement("process", "all that this user can read")
BEST = confinement()
HIDDEN = "quiet-otter-7731"  # stands for a scenario's name in the lab's own environment and files

LOOKS = """
    import os
    from pathlib import Path
    from telic_kit.client import connect

    session = connect()
    print("environment", sorted(os.environ.items()))
    for process in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                print(process, name, (process / name).read_bytes()[:2000])
            except OSError:
                pass
        if not SHALLOW:
            print("mounts", [line.split()[1] for line in (process / "mounts").read_text().splitlines()][:100])
    for each in Path("/proc/self/fd").iterdir():
        print("open", each, os.path.realpath(each))
    roots = ["."] if SHALLOW else [each for each in os.listdir("/") if each not in ("proc", "sys", "dev", "usr")]
    for root in roots:
        for folder, folders, files in os.walk("/" + root if root != "." else "."):
            if "python3" in folder or os.path.islink(folder):
                folders.clear()
                continue
            print("folder", folder, files[:50])
            for name in files[:50]:
                try:
                    print("file", Path(folder, name).read_bytes()[:300])
                except OSError:
                    pass
    try:
        os.kill(int(os.environ.get("PARENT", "0")) or 1 << 22, 0)
        print("the lab can be signalled")
    except OSError:
        pass
    session.call("submit", {"entity": "rate", "final": True})
"""


def outside(tmp_path: Path, program: str, how: Confinement = BEST, **given: object) -> Outside:
    file = tmp_path / "agent.py"
    file.write_text(textwrap.dedent(program))
    return Outside(["python", "agent.py"], files=[file], how=how, **given)  # type: ignore[arg-type]


def children() -> set[int]:
    return {each.pid for each in psutil.Process().children(recursive=True)}


@pytest.mark.parametrize("how", ["best", "process"])
def test_a_program_works_through_its_session(tmp_path: Path, how: str) -> None:
    before, session = children(), FixedSession()
    program = """
        from telic_kit.client import connect
        session = connect()
        print(session.call("get_changes", {"start": session.now() - 60, "end": session.now()}).rows)
        session.call("submit", {"entity": "rate", "final": True})
    """
    actor = outside(tmp_path, program, BEST if how == "best" else PROCESS)
    actor.run(session)
    assert session.tools == ["get_changes", "submit"]
    assert session.claims["entity"] == "rate"
    assert str(ROWS["get_changes"][0]["summary"]) in actor.said
    assert actor.why == "over"
    assert children() == before


@pytest.mark.parametrize("means", ["bubblewrap", "process"])
def test_nothing_that_an_actor_reaches_gives_the_answer_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, means: str
) -> None:
    if means == "bubblewrap" and BEST.means != means:
        pytest.skip(BEST.says)
    monkeypatch.setenv("TELIC_SCENARIO", HIDDEN)
    monkeypatch.setenv("PARENT_KEY", "a-model's-key")
    secret = tmp_path / f"{HIDDEN}.toml"
    secret.write_text('kind = "crash_loop"')
    read_end, write_end = os.pipe()
    os.set_inheritable(write_end, True)  # as a careless library would
    shallow = means == "process"
    program = f"SHALLOW = {shallow}\n" + textwrap.dedent(LOOKS)
    if shallow:
        program = program.replace('Path("/proc").glob("[0-9]*")', '[Path("/proc/self")]')
    actor = outside(tmp_path, program, BEST if means == "bubblewrap" else PROCESS, keep=["PARENT_KEY"])
    session = FixedSession()
    with secret.open() as kept:
        actor.run(session)
        assert not kept.closed
    os.close(read_end)
    os.close(write_end)
    said = actor.said
    assert session.tools == ["submit"], said
    assert "a-model's-key" in said  # it looked indeed, and got what it was meant to have
    forbidden = [
        HIDDEN,
        "crash_loop",
        str(LAB),
        "suites",
        "injector",
        "ledger",
        "director",
        "TELIC_SCENARIO",
        "TELIC_HOME",
    ]
    if means == "bubblewrap":
        forbidden += [
            str(tmp_path),
            "\\x00pytest",
            "pytest-of",
            str(Path(__file__).parents[3]),
            "the lab can be signalled",
        ]
    assert [line for line in said.splitlines() if any(word in line for word in forbidden)] == []
    opened = [line for line in said.splitlines() if line.startswith("open ")]
    assert len(opened) >= 3
    assert not [line for line in opened if "pipe:" in line and line.split()[1].rpartition("/")[2] not in ("1", "2")]
    assert not [line for line in opened if "memfd" in line]


def test_what_is_not_hidden_is_said() -> None:
    assert BEST.means in ("bubblewrap", "process")
    assert "network" in BEST.says
    assert BEST.means == "bubblewrap" or "processes" in BEST.says


def test_an_actor_that_ends_or_dies_ends_its_session(tmp_path: Path) -> None:
    session = FixedSession()
    actor = outside(tmp_path, "import os; print('bye', flush=True); os.abort()", PROCESS)
    actor.run(session)
    assert (actor.why, session.calls) == ("left", [])
    assert "bye" in actor.said


def test_an_actor_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    before = children()
    program = """
        import subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
        child.wait()
    """
    actor = outside(tmp_path, program, PROCESS, patience=0.5)
    actor.run(FixedSession())
    assert actor.why == "silent"
    assert children() == before


def test_what_an_actor_leaves_behind_holds_nobody_up(tmp_path: Path) -> None:
    program = """
        import subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
        print(child.pid, flush=True)
    """
    actor = outside(tmp_path, program, PROCESS, patience=30.0)
    actor.run(FixedSession())
    left = psutil.Process(int(actor.said))
    assert actor.why == "left"
    left.kill()


def test_what_an_actor_writes_is_kept_in_part(tmp_path: Path) -> None:
    actor = outside(tmp_path, "print('x' * 10_000_000); print('the end')", PROCESS)
    actor.run(FixedSession())
    assert len(actor.said) <= 64 * 1024
    assert actor.said.endswith("the end\n")


def test_it_can_be_reached_by_the_model_context_protocol_instead(tmp_path: Path) -> None:
    session = FixedSession()
    program = """
        import json, os, urllib.request
        def ask(method, **params):
            body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
            headers = {"Authorization": "Bearer " + os.environ["TELIC_TOKEN"], "Content-Type": "application/json",
                       "Accept": "application/json, text/event-stream"}
            with urllib.request.urlopen(urllib.request.Request(os.environ["TELIC_URL"], body, headers)) as answer:
                return answer.headers.get("mcp-session-id"), answer.read().decode()
        client = {"name": "a", "version": "1"}
        print(ask("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=client))
    """
    actor = outside(tmp_path, program, PROCESS, door="mcp")
    actor.run(session)
    assert "hotel operations" in actor.said


def test_a_folder_that_shows_the_lab_is_refused(tmp_path: Path) -> None:
    for see in (LAB, LAB.parents[2], LAB / "doors"):
        with pytest.raises(UsageError, match="would show the lab"):
            outside(tmp_path, "", PROCESS, see=[see]).run(FixedSession())
    with pytest.raises(UsageError, match="no command"):
        Outside([], how=PROCESS).run(FixedSession())
    with pytest.raises(UsageError, match="/no/such/program"):
        Outside(["/no/such/program"], how=PROCESS).run(FixedSession())


def test_an_agent_of_aiopslab_runs_there_unchanged(tmp_path: Path) -> None:
    file = tmp_path / "theirs.py"
    file.write_text(
        textwrap.dedent("""
        class Agent:
            def init_context(self, problem_desc, instructions, apis):
                self.lines = ['exec_shell("kubectl rollout restart deployment/rate")', 'submit(["rate"])']

            async def get_action(self, input):
                return f"```\\n{self.lines.pop(0)}\\n```"
        """)
    )
    session = FixedSession()
    Outside(["python", "-m", "telic_kit", "theirs.py:Agent"], files=[file]).run(session)
    assert session.tools == ["get_services", "restart", "submit"]
    assert session.claims["entity"] == "rate"
