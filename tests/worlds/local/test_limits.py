"""Limits of files, memory and life, on processes of our own; a host that cannot says so."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from telic.errors import UsageError, WorldError
from telic.worlds.local import proc
from telic.worlds.local.limits import MemoryLimit, Relief, Watch, limit_files
from telic.worlds.local.store_trouble import TROUBLES, Trouble, _statements

_GONE = 2**22 - 3  # no process has this number


@pytest.fixture
def sleeper() -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
    yield process.pid
    process.kill()
    process.wait()


def test_files_are_limited_and_given_back(sleeper: int) -> None:
    _, hard = resource.prlimit(sleeper, resource.RLIMIT_NOFILE)
    limit_files([sleeper, _GONE], 5)
    assert resource.prlimit(sleeper, resource.RLIMIT_NOFILE) == (5, hard)
    limit_files([sleeper], 0)
    assert resource.prlimit(sleeper, resource.RLIMIT_NOFILE) == (hard, hard)


def test_who_lives_too_long_is_killed_and_new_ones_are_met_once(sleeper: int) -> None:
    met: list[int] = []
    watch = Watch(lambda: [sleeper], met.append, life=3.0, now=iter([0.0, 1.0, 5.0]).__next__)
    watch._look()
    watch._look()
    os.kill(sleeper, 0)
    watch._look()
    assert met == [sleeper]
    _, status = os.waitpid(sleeper, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL


def test_memory_of_either_version_of_cgroups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "cgroup.subtree_control").touch()
    monkeypatch.setattr(proc, "memory_cgroup", lambda pid: home)
    limit = MemoryLimit("telic-test")
    (home / "telic-test").mkdir()
    (home / "telic-test" / "memory.limit_in_bytes").touch()
    limit.limit([os.getpid()], 5e7)
    assert (home / "telic-test" / "memory.limit_in_bytes").read_text() == "50000000"
    assert (home / "telic-test" / "cgroup.procs").read_text() == str(os.getpid())
    (home / "telic-test" / "memory.limit_in_bytes").unlink()
    limit.limit([os.getpid()], 6e7)
    assert (home / "cgroup.subtree_control").read_text() == "+memory"
    assert (home / "telic-test" / "memory.max").read_text() == "60000000"


def test_who_wants_memory_stands_still_and_gets_it_then(tmp_path: Path) -> None:
    limit, oom = tmp_path / "memory.limit_in_bytes", tmp_path / "memory.oom_control"
    limit.write_text("50")
    relief = Relief(tmp_path, 50, stall=2.0)
    said = []
    for now, under in ((0.0, 0), (1.0, 1), (2.9, 1), (3.1, 1), (3.2, 0), (4.0, 1), (6.5, 1)):
        oom.write_text(f"oom_kill_disable 1\nunder_oom {under}\n")
        relief._look(now)
        said.append(limit.read_text())
    assert said == ["50", "50", "50", "-1", "50", "50", "-1"]


def test_a_host_without_memory_cgroups_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proc, "memory_cgroup", lambda pid: None)
    with pytest.raises(WorldError, match="no cgroup for memory"):
        MemoryLimit("telic-test").limit([os.getpid()], 5e7)
    MemoryLimit("telic-test").heal([os.getpid()])


def test_a_host_that_does_not_let_us_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proc, "memory_cgroup", lambda pid: tmp_path / "not" / "there")
    with pytest.raises(WorldError, match="does not let us"):
        MemoryLimit("telic-test").limit([os.getpid()], 5e7)


@pytest.mark.parametrize("name", sorted(set(TROUBLES) - {"lock", "index"}))
def test_each_trouble_has_statements_and_a_way_back_that_differs(name: str) -> None:
    on = {"": "", "role": "hotel", "table": "a.b", "table.column": "a.b.c"}[TROUBLES[name]]
    there, back = _statements(Trouble(name, on, 0.05), str.upper), _statements(Trouble(name, on, 0.0), str.upper)
    assert there
    assert back
    assert there != back


def test_names_that_are_none_never_reach_the_database() -> None:
    with pytest.raises(UsageError):
        Trouble("table", "a.b.c.d")
    with pytest.raises(Exception, match="no plain SQL name"):
        Trouble("table", 'a.b"; DROP TABLE x')
