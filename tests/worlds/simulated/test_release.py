"""Releases are imported apart from each other."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from telic.runtime.telemetry.recorder import Recorder
from telic.worlds.simulated.release import Release
from telic.worlds.simulated.telemetry.logs import instance_log

APP = """
from __future__ import annotations

from services.{service}.messages import Word


def build(runtime):
    return Word(text="{text}", parts=[])
"""
MESSAGES = """
from __future__ import annotations

import msgspec


class Part(msgspec.Struct):
    number: int


class Word(msgspec.Struct):
    text: str
    parts: list[Part]


def fail() -> None:
    raise ValueError("no such word")
"""


def write(folder: Path, service: str, text: str) -> Path:
    home = folder / "services" / service
    home.mkdir(parents=True)
    (home / "app.py").write_text(APP.format(service=service, text=text))
    (home / "messages.py").write_text(MESSAGES)
    return folder


def build(release: Release) -> Any:
    return release.build(None)  # type: ignore[arg-type]


def test_versions_and_services_do_not_meet(tmp_path: Path) -> None:
    folders = [write(tmp_path / "a" / version, "a", version) for version in ("1", "2")]
    folders.append(write(tmp_path / "b" / "1", "b", "b"))
    releases = [Release(folder.parent.name, folder) for folder in folders]
    assert [build(each).text for each in releases] == ["1", "2", "b"]
    assert type(build(releases[0])) is not type(build(releases[1]))
    assert not [name for name in sys.modules if name.partition(".")[0] == "services"]


def test_each_start_has_modules_of_its_own(tmp_path: Path) -> None:
    folder = write(tmp_path / "a" / "1", "a", "x")
    assert type(build(Release("a", folder))) is not type(build(Release("a", folder)))


def test_types_are_known_after_the_import(tmp_path: Path) -> None:
    made = build(Release("a", write(tmp_path / "a" / "1", "a", "x")))
    decoded = msgspec.json.decode(b'{"text": "y", "parts": [{"number": 3}]}', type=type(made))
    assert decoded.parts[0].number == 3


def test_modules_are_shown_before_they_are_used(tmp_path: Path) -> None:
    def present(modules: Mapping[str, ModuleType]) -> None:
        assert sorted(modules) == ["services", "services.a", "services.a.app", "services.a.messages"]
        modules["services.a.app"].Word = lambda text, parts: text * 2  # type: ignore[attr-defined]

    assert build(Release("a", write(tmp_path / "a" / "1", "a", "x"), present)) == "xx"


def test_a_broken_release_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = write(tmp_path / "a" / "1", "a", "x")
    (folder / "services" / "a" / "messages.py").write_text("class Word:\n  pass\nraise RuntimeError('broken')\n")
    before = list(sys.meta_path)
    with pytest.raises(RuntimeError, match="broken"):
        Release("a", folder)
    assert sys.meta_path == before
    assert not [name for name in sys.modules if name.partition(".")[0] == "services"]


def test_traces_name_files_wherever_the_state_folder_lies(tmp_path: Path) -> None:
    stacks = []
    for place in ("here", "there"):
        release = Release("a", write(tmp_path / place / "releases" / "a" / "7", "a", "x"))
        recorder = Recorder(now=lambda: 5_000_000_000)
        log = instance_log("a", recorder)
        with release.active():
            try:
                sys.modules["services.a.messages"].fail()
            except ValueError:
                log.exception("it failed")
        assert not logging.getLogger("a").handlers
        stacks.append(str(recorder.logs[0].attributes["exception.stacktrace"]))
    assert stacks[0] == stacks[1]
    assert 'File "a/7/services/a/messages.py", line 17, in fail' in stacks[0]
    assert 'raise ValueError("no such word")' in stacks[0]
