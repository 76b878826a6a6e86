"""What became of a program that did not come to its session's end."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from telic.lab.doors.outside import Outside
from telic.lab.session import Session, playing
from telic.lab.session.stage import Stage


@pytest.mark.parametrize(
    ("why", "said", "status", "ended"),
    [
        ("left", "", 0, "left: without a word"),
        ("left", "one\nlast words\n", 0, "left: last words"),
        ("left", "Traceback\nKeyError: 'x'", 1, "crashed: KeyError: 'x' (status 1)"),
        ("silent", "I wait", -9, "lost: it called nothing for 600 s"),
        ("over", "done", 0, ""),
    ],
)
def test_the_record_says_how_a_program_left(
    why: str, said: str, status: int, ended: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(self: Outside, session: Session) -> None:
        self.why, self.said, self.status = why, said, status

    monkeypatch.setattr(Outside, "run", run)
    told: list[str] = []
    session = SimpleNamespace(closed=False, end=told.append)
    play = playing.outside("mine", "python3 agent.py")["mine"]
    play(cast(Session, session), cast(Stage, SimpleNamespace(session=session)))
    assert told == ([ended] if ended else [])
