"""A session's end while one of its calls is still at work."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from telic.lab.session.inside import WorldSession


class Written:
    """A journal that says whether it was closed."""

    closed = 0

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> WorldSession:
    """A session without a world, on whose clock nothing happens."""
    monkeypatch.setattr(WorldSession, "__init__", lambda self: None)
    made: Any = WorldSession()  # type: ignore[call-arg]
    made._course, made._lock = SimpleNamespace(now=lambda: 5.0), threading.RLock()
    made.brief = SimpleNamespace(began=0.0, seconds=60.0, calls=9, tools=())
    made._journal, made._think, made.ended, made.closed_at, made.calls = Written(), 0.0, "", 0.0, []
    return cast(WorldSession, made)


def test_the_journal_is_closed_when_the_last_call_has_been_written(
    session: WorldSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = session._journal
    assert isinstance(written, Written)
    at_work, ended = threading.Event(), threading.Event()

    def perform(tool: str, given: Mapping[str, object]) -> tuple[str, tuple[()]]:
        at_work.set()
        assert ended.wait(5.0)
        assert not written.closed
        return "done", ()

    monkeypatch.setattr(session, "_perform", perform)
    working = threading.Thread(target=lambda: session.call("alerts", {}))
    working.start()
    assert at_work.wait(5.0)
    session.end("time")
    ended.set()
    working.join()
    assert written.closed == 1
    session.end("once more")
    assert (written.closed, session.ended) == (1, "time")


def test_it_is_closed_at_once_where_nobody_is_at_work(session: WorldSession) -> None:
    written = session._journal
    assert isinstance(written, Written)
    session.end("submitted")
    assert written.closed == 1
