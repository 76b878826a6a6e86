"""Whoever knows the token works through the session that waits for him; nobody else, and nobody at all, end it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from tests.lab.doors.fixed import FixedSession

pytest.importorskip("uvicorn", reason="needs the extra `lab`")
from telic.lab.doors.awaited import Awaited
from telic.lab.doors.kit import client
from telic.lab.doors.served import Served


def visited(door: Awaited, session: FixedSession, work: Callable[[Served], None]) -> None:
    """Let `work` come when the session is open."""
    wrong: list[BaseException] = []

    def come(served: Served) -> None:
        def safely() -> None:
            try:
                work(served)
            except Exception as error:  # noqa: BLE001 - the test's own thread shows it
                wrong.append(error)

        threads.append(threading.Thread(target=safely))
        threads[-1].start()

    threads: list[threading.Thread] = []
    door.tell = come
    door.run(session)
    for each in threads:
        each.join()
    assert not wrong


def test_who_connects_is_the_actor() -> None:
    session, door = FixedSession(), Awaited(lambda served: None)

    def work(served: Served) -> None:
        with pytest.raises(Exception, match="401"):
            client.connect(served.url, "guessed")
        remote = client.connect(served.url, served.token)
        assert remote.brief.app == "hotel"
        remote.call("alerts", {})
        assert remote.call("submit", {"healthy": True, "final": True}).closed

    visited(door, session, work)
    assert [name for name, _ in session.calls] == ["alerts", "submit"]
    assert door.why == "over"


def test_each_session_has_a_token_of_its_own_at_the_same_port() -> None:
    tokens, ports = [], []
    door = Awaited(lambda served: None)
    for _ in range(2):

        def work(served: Served) -> None:
            tokens.append(served.token)
            ports.append(int(served.url.rpartition(":")[2]))
            client.connect(served.url, served.token).call("submit", {"final": True})

        visited(door, FixedSession(), work)
        door.port = ports[0]
    assert ports[0] == ports[1]
    assert tokens[0] != tokens[1]


def test_where_nobody_comes_it_ends() -> None:
    session, door = FixedSession(), Awaited(lambda served: None, patience=0.05)
    door.run(session)
    assert door.why == "silent"
    assert not session.calls
