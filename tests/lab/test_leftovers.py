"""What a killed lab leaves behind is found and ended; what still works is left alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from tests.worlds.kubernetes.cluster import Cluster

from telic.clock import VirtualClock
from telic.lab import leftovers
from telic.lab.cluster import LEFT
from telic.lab.session.standby import ACTORS, PREFIX
from telic.worlds.kubernetes import place
from telic.worlds.local.layout import Layout


def test_a_dead_labs_namespaces_are_looked_for_where_it_played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    state = tmp_path / f"{PREFIX}{gone.pid}-abc" / "hotel"
    state.mkdir(parents=True)
    (state / LEFT).write_text('{"context": "west", "namespace": "telic-lab-hotel-1"}')
    api, asked = Cluster(VirtualClock()), list[str]()
    labels = {place.MACHINE: place.machine(), place.PROCESS: str(gone.pid), place.BORN: "1"}
    api.create({"kind": "Namespace", "metadata": {"name": "telic-lab-hotel-1", "labels": labels}})

    def connect(namespace: str, *, context: str) -> Cluster:
        asked.append(context)
        return api

    monkeypatch.setattr(leftovers, "connect", connect)
    assert "removed namespace telic-lab-hotel-1" in leftovers.end(leftovers.find(tmp_path))
    assert (asked, api.objects) == (["west"], {})


def test_folders_and_processes_of_a_dead_lab_are_gone_and_those_of_a_living_one_stay(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    dead, alive = tmp_path / f"{PREFIX}{gone.pid}-abc", tmp_path / f"{PREFIX}{os.getpid()}-abc"
    for each in (dead, alive):
        (each / "hotel").mkdir(parents=True)
    left = subprocess.Popen([sys.executable, "-c", "input()", str(dead)], stdin=subprocess.PIPE)
    try:
        found = leftovers.find(tmp_path)
        assert [each.folder for each in found] == [dead]
        said = leftovers.end(found)
        assert f"ended process {left.pid}" in said
        assert not psutil.pid_exists(left.pid)
    finally:
        left.kill()
        left.communicate()
    assert not dead.exists()
    assert alive.exists()
    assert not leftovers.find(tmp_path)


def test_the_folder_of_a_dead_labs_actor_is_gone_with_who_works_in_it(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    folder = tmp_path / f"{ACTORS}{gone.pid}-abc"
    folder.mkdir()
    left = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, cwd=folder)
    try:
        assert f"ended process {left.pid}" in leftovers.end(leftovers.find(tmp_path))
    finally:
        left.kill()
        left.communicate()
    assert not folder.exists()


def test_sockets_of_a_world_whose_lab_died_before_it_was_up_are_gone(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    layout = Layout.of(tmp_path / f"{PREFIX}{gone.pid}-abc" / "hotel")
    layout.make()
    assert not layout.system_file.exists()
    assert f"removed {layout.run}" in leftovers.end(leftovers.find(tmp_path))
    assert not layout.run.exists()
