"""What a shell is shown: files of the state folder, without secrets and without what is not the system's."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telic.lab.shell.commands import shell_of
from telic.lab.shell.fresh import OWN_PROC
from telic.lab.shell.look import LOG_BYTES, address, look
from telic.lab.shell.processes import Shown, renamed, snapshot, status
from telic.lab.shell.tree import Tree, lay
from telic.model import InstanceState, ServiceState, State, StoreState
from telic.worlds.local.desired import Desired
from telic.worlds.local.layout import Layout

PASSWORD = "pw-7f3a9c"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path / "state", tmp_path / "run")
    made.make()
    (made.secrets / "rate").write_text(PASSWORD)
    made.log("rate-1").write_text(f"serves\npassword={PASSWORD}\nfrom {made.state}/releases/rate/2/app.py\n")
    made.log("postgres").write_bytes(b"\xff" + b"x" * LOG_BYTES + b"ready\n")
    made.log("supervisor").write_text("harm")
    for version in ("1", "2"):
        code = made.release("rate", version) / "services" / "rate"
        code.mkdir(parents=True)
        (code / "app.py").write_text(f"VERSION = {version}\n")
        (code / "__pycache__").mkdir()
        (code / "__pycache__" / "app.pyc").write_bytes(b"\0")
    settings = {"log.level": "INFO", "api.token": PASSWORD, "store.postgres.password_file": f"{made.secrets}/rate"}
    said = {"service": "rate", "listen": {"port": 21044}, "settings": settings, "capacity": {"slots": 4}}
    for name in ("current", "1", "rate-1"):
        made.config("rate", name).parent.mkdir(parents=True, exist_ok=True)
        made.config("rate", name).write_text(json.dumps(said))
    made.config("rate", "2").write_text("{half")
    return made


@pytest.fixture
def state() -> State:
    instance = InstanceState("rate-1", os.getpid(), "ready", "2", 0.0)
    service = ServiceState("rate", "2", "1", 1, {}, {}, (instance,))
    return State("small", 0.0, {"rate": service}, {"postgres": StoreState("postgres", replace(instance, pid=0))})


def test_it_is_the_state_folder_without_secrets_and_the_lab(layout: Layout, state: State) -> None:
    seen = look(layout, state)
    files = {path: text for path, text in seen.tree.files.items() if path.startswith("srv/")}
    assert set(files) == {
        "srv/README",
        "srv/log/rate-1.log",
        "srv/log/postgres.log",
        "srv/releases/rate/1/services/rate/app.py",
        "srv/releases/rate/2/services/rate/app.py",
        *(f"srv/config/rate/{name}.json" for name in ("current", "1", "rate-1")),
    }
    assert seen.tree.links["srv/releases/rate/current"] == "2"
    assert not any(PASSWORD in text or str(layout.state) in text for text in seen.tree.files.values())
    assert "from /srv/releases/rate/2/app.py" in files["srv/log/rate-1.log"]
    assert len(files["srv/log/postgres.log"]) <= LOG_BYTES
    settings = json.loads(files["srv/config/rate/current.json"])["settings"]
    assert settings["log.level"] == "INFO"
    assert settings["store.postgres.password_file"] == "/srv/secrets/rate"
    assert "capacity" not in files["srv/config/rate/current.json"]


def test_services_have_names_and_addresses(layout: Layout, state: State) -> None:
    seen = look(layout, state)
    assert seen.ports == {"rate": 21044}
    assert f"{address(0)} rate\n" in seen.tree.files["hosts"]
    assert len({address(at) for at in range(1_000)}) == 1_000


def test_a_store_that_does_not_answer_is_said(layout: Layout, state: State) -> None:
    Desired("small", "x", "x", stores={"postgres": 1}).save(layout.desired)
    files = look(layout, state).tree.files
    assert [path for path in files if "/stores/" in path] == ["srv/stores/postgres/unreachable"]
    assert "PostgreSQL does not answer" in files["srv/stores/postgres/unreachable"]


def test_a_process_is_shown_as_what_it_is_for(layout: Layout, state: State) -> None:
    tree = look(layout, state).tree
    own = f"proc/{os.getpid()}"
    assert tree.files[f"{own}/comm"] == "rate-1\n"
    assert tree.files[f"{own}/cmdline"] == "rate-1\0"
    assert tree.files[f"{own}/status"].startswith("Name:\trate-1\n")
    assert "NSpid" not in tree.files[f"{own}/status"]
    assert f"({os.getpid()}" not in tree.files[f"{own}/stat"]
    assert tree.links["proc/self"] == f"{OWN_PROC}/self"
    assert {path.split("/")[1] for path in tree.files if path.startswith("proc/") and path.split("/")[1].isdigit()} == {
        str(os.getpid())
    }


def test_who_has_ended_is_left_out() -> None:
    assert not [path for path in snapshot([Shown("gone", 2**22 + 1)], str, "/own").files if "/" in path]


@given(st.text(min_size=1, max_size=20), st.integers(1, 9), st.integers(0, 9))
def test_a_parent_that_is_not_shown_is_none(name: str, pid: int, parent: int) -> None:
    found = renamed(f"{pid} ({name}) S {parent} 1 1", "new", {1, 2, 3})
    assert found == f"{pid} (new) S {parent if parent in (1, 2, 3) else 0} 1 1"
    lines = f"Name:\told\nPPid:\t{parent}\nUid:\t1000\t1000\t1000\t1000\nCapEff:\t1\nThreads:\t2\n"
    seen = f"Name:\tnew\nPPid:\t{parent if parent in (1, 2, 3) else 0}\nUid:\t0\t0\t0\t0\nThreads:\t2\n"
    assert status(lines, "new", {1, 2, 3}) == seen


def test_trees_lie_in_each_other() -> None:
    made = Tree({"a": "1"}, {"b": "a"}).below("x") | Tree({"x/a": "2"})
    assert made == Tree({"x/a": "2"}, {"x/b": "a"})
    assert made.within("x") == Tree({"a": "2"}, {"b": "a"})


NAMES = st.sampled_from(["1", "2", "1/comm", "1/fd/0", "2/comm", "2/fd/3", "stat"])
TREES = st.dictionaries(NAMES, st.tuples(st.booleans(), st.sampled_from(["a", "b"])), max_size=5).map(
    lambda drawn: Tree(
        {path: text for path, (file, text) in drawn.items() if file and not within_another(path, drawn)},
        {path: text for path, (file, text) in drawn.items() if not file and not within_another(path, drawn)},
    )
)


def within_another(path: str, paths: Iterable[str]) -> bool:
    return any(each != path and path.startswith(f"{each}/") for each in paths)


@given(st.lists(TREES, min_size=1, max_size=4))
def test_a_folder_becomes_what_it_is_to_be(trees: list[Tree]) -> None:
    with tempfile.TemporaryDirectory() as name:
        before = Tree()
        for tree in trees:
            lay(tree, Path(name), before)
            before = tree
        found = [path for path in Path(name).rglob("*") if path.is_symlink() or not path.is_dir()]
        links = {str(path.relative_to(name)): os.readlink(path) for path in found if path.is_symlink()}
        files = {str(path.relative_to(name)): path.read_text() for path in found if not path.is_symlink()}
        assert Tree(files, links) == trees[-1]
        assert all(any(each.iterdir()) for each in Path(name).rglob("*") if each.is_dir() and not each.is_symlink())


def test_a_world_that_is_not_real_has_no_shell() -> None:
    said = shell_of(object())  # type: ignore[arg-type]
    assert "no namespaces" in str(said)
