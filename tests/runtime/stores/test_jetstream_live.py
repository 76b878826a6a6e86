"""The queue port against a real NATS server with JetStream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.runtime.conftest import Store
from tests.runtime.queue_contract import CONTRACT, SUBJECT, filled, pulled

from telic.clock import SystemClock
from telic.runtime.failures import DependencyFailed
from telic.runtime.stores import jetstream
from telic.runtime.stores.jetstream import JetStreamQueue, QueueAddress
from telic.worlds.local.nats import program

pytestmark = pytest.mark.live


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Store]:
    users = "authorization { users: [ {user: one, password: secret} ] }"
    (tmp_path / "nats.conf").write_text(f'jetstream {{ store_dir: "{tmp_path}/streams" }}\n{users}\n')
    store = Store([str(program()), "--config", str(tmp_path / "nats.conf"), "--addr", "127.0.0.1", "--port", "PORT"])
    yield store
    store.stop()


@pytest.fixture
async def queue(server: Store, recorder: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[JetStreamQueue]:
    monkeypatch.setattr(jetstream, "TIMEOUT", 5.0)  # the machine may be busy
    made = JetStreamQueue(QueueAddress("127.0.0.1", server.port, "one", "secret"), recorder, SystemClock())
    yield made
    made.close()
    await asyncio.sleep(0)  # its transport ends in the next turn of the loop


@pytest.mark.parametrize("clause", CONTRACT, ids=lambda each: each.__name__)
async def test_it_keeps_the_contract(clause: Callable[[Any], Awaitable[None]], queue: JetStreamQueue) -> None:
    await clause(queue)


async def test_messages_outlive_the_server(queue: JetStreamQueue, server: Store) -> None:
    await filled(queue, 2)
    server.stop()
    with pytest.raises(DependencyFailed) as caught:
        await filled(queue, 1)
    assert caught.value.error_type in ("connection_reset", "connection_refused")
    server.start()
    assert await pulled(queue, wait=2.0) == [("m0", 1), ("m1", 1)]


async def test_a_wrong_password_is_told_as_such(server: Store, recorder: Any) -> None:
    queue = JetStreamQueue(QueueAddress("127.0.0.1", server.port, "one", "guess"), recorder, SystemClock())
    with pytest.raises(DependencyFailed) as caught:
        await queue.standing(SUBJECT)
    assert caught.value.error_type == "authorization"
    assert not await queue.answers()
    await asyncio.sleep(0)


async def test_the_span_of_a_message_follows_the_conventions(
    queue: JetStreamQueue, recorder: Any, attributes: Any
) -> None:
    await filled(queue, 1)
    (span,) = recorder.read()
    assert (span.name, span.kind, span.status.code) == ("send fan_out", 4, 0)
    assert attributes(span) == {
        "messaging.system": "nats",
        "messaging.operation.name": "publish",
        "messaging.operation.type": "send",
        "messaging.destination.name": "fan_out",
        "peer.service": "nats",
    }


async def test_only_what_was_sent_under_a_prefix_is_purged(queue: JetStreamQueue) -> None:
    await filled(queue, 1)
    await queue.put(SUBJECT, b"{}", {"Nats-Msg-Id": "backfill-1"})
    assert await queue.purge(SUBJECT, "backfill-") == 1
    assert await pulled(queue, wait=1.0) == [("m0", 1)]
