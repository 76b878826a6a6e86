"""The simulated NATS: the contract of queues on virtual time; servers that stand still or die, links, credentials."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.runtime.queue_contract import CONTRACT, SUBJECT, filled, pulled

from telic.runtime.failures import DependencyFailed

Kit = Any  # of conftest.py
PORT = 4222


def queue_of(kit: Kit) -> Any:
    kit.settings["store.nats.port"] = PORT
    kit.links.setdefault(PORT, type(kit.links[5432])())
    return kit.stores.queue("search", lambda: kit.settings, kit.recorder)


@pytest.mark.parametrize("clause", CONTRACT, ids=lambda each: each.__name__)
def test_it_keeps_the_contract(clause: Callable[[Any], Awaitable[None]], kit: Kit) -> None:
    kit.run(clause(queue_of(kit)))


def failure(kit: Kit, queue: Any) -> tuple[str, float]:
    """Return why nothing can be sent, and how long it took to know [s]."""
    begun = kit.loop.time()
    with pytest.raises(DependencyFailed) as caught:
        kit.run(filled(queue, 1))
    return caught.value.error_type, kit.loop.time() - begun


def test_messages_outlive_the_server(kit: Kit) -> None:
    queue = queue_of(kit)
    kit.run(filled(queue, 2))
    kit.stores.nats.kill()
    assert failure(kit, queue)[0] == "connection_reset"
    kit.stores.nats.start()
    assert kit.run(pulled(queue)) == [("m0", 1), ("m1", 1)]


def test_a_server_that_stands_still_is_not_waited_for_long(kit: Kit) -> None:
    queue = queue_of(kit)
    kit.stores.nats.stop()
    kind, took = failure(kit, queue)
    assert (kind, round(took, 2)) == ("timeout", 0.5)
    kit.stores.nats.move()
    kit.run(filled(queue, 1))


def test_links_have_weather(kit: Kit) -> None:
    queue = queue_of(kit)
    kit.links[PORT].drop = True
    assert failure(kit, queue)[0] == "timeout"
    kit.links[PORT].drop, kit.links[PORT].fail = False, 1.0
    assert failure(kit, queue)[0] == "connection_reset"
    kit.links[PORT].fail, kit.links[PORT].delay = 0.0, 0.1
    begun = kit.loop.time()
    kit.run(filled(queue, 1))
    assert 0.2 < kit.loop.time() - begun < 0.3


def test_somebody_elses_password_is_refused(kit: Kit) -> None:
    queue = queue_of(kit)
    kit.settings["store.nats.password_file"] = "/secrets/nats.search-2"
    assert failure(kit, queue)[0] == "authorization"


def test_a_failed_message_is_told_in_its_span(kit: Kit) -> None:
    queue = queue_of(kit)
    kit.stores.nats.kill()
    failure(kit, queue)
    assert [name for name, _, _ in kit.spans()] == [f"send {SUBJECT} connection_reset"]
