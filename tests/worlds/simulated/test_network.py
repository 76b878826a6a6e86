"""Links with weather, ports that refuse or reset, callers that leave."""

from __future__ import annotations

import asyncio
import gc
import random
from collections.abc import Iterator

import pytest

from telic.errors import PortInUse
from telic.model.weather import Weather
from telic.runtime.client.transport import Reply, TransportFailed
from telic.runtime.server.messages import Request, Response
from telic.worlds.simulated.caller import Caller
from telic.worlds.simulated.links import Exchange
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.network import Network

ASK = Request("POST", "/get", "", {}, b"{}")


class Echo:
    """Answers after 10 ms."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.taken: list[Exchange] = []
        self.abandoned: list[float] = []

    def accept(self, exchange: Exchange, transit: float) -> None:
        self.taken.append(exchange)
        self.loop.call_later(0.01, exchange.answer, Response(200, exchange.request.body, b"retry-after: 1\r\n"))

    def abandon(self, exchange: Exchange) -> None:
        self.abandoned.append(self.loop.time())


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    made = VirtualLoop()
    yield made
    made.close()


@pytest.fixture
def network(loop: VirtualLoop) -> Network:
    made = Network(loop, random.Random(7))
    made.route("a->b", {"a": 100, "b": 101}, 200)
    return made


@pytest.fixture
def echo(loop: VirtualLoop, network: Network) -> Echo:
    made = Echo(loop)
    network.listen(200, made)
    return made


async def ask(network: Network, port: int = 100, patience: float = 1.0) -> Reply:
    async with asyncio.timeout(patience):
        return await network.ask(port, ASK)


def test_both_links_and_the_port_itself_lead_to_the_callee(loop: VirtualLoop, network: Network, echo: Echo) -> None:
    for port in (100, 101, 200):
        reply = loop.run_until_complete(ask(network, port))
        assert reply == Reply(200, b"{}", {b"retry-after": b"1"})
    assert loop.time() == pytest.approx(0.03)


def test_nobody_there_is_refused_at_a_port_and_reset_behind_a_link(loop: VirtualLoop, network: Network) -> None:
    with pytest.raises(TransportFailed) as refused:
        loop.run_until_complete(ask(network, 300))
    assert (refused.value.error_type, refused.value.unsent) == ("connection_refused", True)
    with pytest.raises(TransportFailed) as reset:
        loop.run_until_complete(ask(network))
    assert (reset.value.error_type, reset.value.unsent) == ("connection_reset", False)


def test_delay_is_each_way_and_concerns_one_link_only(loop: VirtualLoop, network: Network, echo: Echo) -> None:
    link = network.link("a->b")
    assert link is not None
    link.set_weather(Weather(delay=0.2))
    loop.run_until_complete(ask(network))
    assert loop.time() == pytest.approx(0.41)
    loop.run_until_complete(ask(network, 101))
    assert loop.time() == pytest.approx(0.42)


def test_what_is_dropped_arrives_when_the_link_is_well_again(loop: VirtualLoop, network: Network, echo: Echo) -> None:
    link = network.path(100)
    assert link is not None
    link.set_weather(Weather(drop=True))
    with pytest.raises(TimeoutError):
        loop.run_until_complete(ask(network))
    waiting = loop.create_task(ask(network, patience=60))
    loop.run_until(30)
    assert echo.taken == []
    link.set_weather()
    reply = loop.run_until_complete(waiting)
    assert reply.status == 200
    assert len(echo.taken) == 1, "the caller that left before is not answered"
    assert loop.time() == pytest.approx(30.01)


def test_an_answer_under_way_is_held_by_a_drop(loop: VirtualLoop, network: Network, echo: Echo) -> None:
    waiting = loop.create_task(ask(network, patience=60))
    loop.run_until(0.005)
    link = network.path(100)
    assert link is not None
    link.set_weather(Weather(drop=True))
    loop.run_until(5)
    assert not waiting.done()
    link.set_weather()
    loop.run_until_complete(waiting)


def test_a_share_of_answers_breaks_off_although_the_work_was_done(
    loop: VirtualLoop, network: Network, echo: Echo
) -> None:
    link = network.path(100)
    assert link is not None
    link.set_weather(Weather(fail=0.3))

    async def many() -> list[Reply | BaseException]:
        return await asyncio.gather(*(ask(network) for _ in range(1000)), return_exceptions=True)

    found = loop.run_until_complete(many())
    failed = [each for each in found if isinstance(each, TransportFailed)]
    assert 250 < len(failed) < 350
    assert {each.error_type for each in failed} == {"connection_reset"}
    assert len(echo.taken) == 1000


def test_the_callee_hears_of_a_caller_that_leaves_after_the_links_delay(
    loop: VirtualLoop, network: Network, echo: Echo
) -> None:
    link = network.path(100)
    assert link is not None
    link.set_weather(Weather(delay=0.3))
    with pytest.raises(TimeoutError):
        loop.run_until_complete(ask(network, patience=0.4))
    loop.run_until(5)
    assert echo.abandoned == [pytest.approx(0.7)]


def test_routes_move_and_go(loop: VirtualLoop, network: Network, echo: Echo) -> None:
    other = Echo(loop)
    network.listen(201, other)
    link = network.path(100)
    assert link is not None
    link.set_weather(Weather(delay=0.1))
    network.route("a->b", {"a": 100, "b": 101}, 201)
    loop.run_until_complete(ask(network))
    assert (len(echo.taken), len(other.taken)) == (0, 1)
    assert link.delay == 0.1, "the weather stays"
    network.unroute("a->b")
    with pytest.raises(TransportFailed):
        loop.run_until_complete(ask(network))
    with pytest.raises(PortInUse):
        network.listen(201, echo)
    network.unlisten(201, echo)
    assert loop.run_until_complete(ask(network, 201)).status == 200, "only who listens lets go of a port"


def test_answers_may_be_lost_alone_and_arrive_when_they_may(loop: VirtualLoop, network: Network, echo: Echo) -> None:
    link = network.link("a->b")
    assert link is not None
    link.set_weather(Weather(drop=True, way="back"))
    waiting = loop.create_task(ask(network, patience=5.0))
    loop.run_until(1.0)
    assert len(echo.taken) == 1
    assert not waiting.done()
    link.set_weather()
    assert loop.run_until_complete(waiting).status == 200


def test_silent_connections_carry_nothing_and_never_will(loop: VirtualLoop, network: Network, echo: Echo) -> None:
    link = network.link("a->b")
    assert link is not None
    link.set_weather(Weather(silent=1.0))
    with pytest.raises(TimeoutError):
        loop.run_until_complete(ask(network))
    link.set_weather()
    loop.run_until(5.0)
    assert echo.taken == []


def test_little_bandwidth_makes_messages_queue(loop: VirtualLoop, network: Network, echo: Echo) -> None:
    link = network.link("a->b")
    assert link is not None
    link.set_weather(Weather(rate=252.0))  # one message of this size a second

    async def both() -> None:
        await asyncio.gather(ask(network, patience=9.0), ask(network, patience=9.0))

    loop.run_until_complete(both())
    assert loop.time() == pytest.approx(3.0, abs=0.05)


def test_an_answer_may_have_another_last_byte(loop: VirtualLoop, network: Network, echo: Echo) -> None:
    link = network.link("a->b")
    assert link is not None
    link.set_weather(Weather(corrupt=1.0))
    assert loop.run_until_complete(ask(network)).body == b"{\x82"
    link.set_weather()
    assert loop.run_until_complete(ask(network)).body == b"{}"


def test_spells_of_weather_come_and_go(loop: VirtualLoop, network: Network, echo: Echo) -> None:
    link = network.link("a->b")
    assert link is not None
    link.set_weather(Weather(fail=1.0, every=2.0, share=0.5))
    seen = []
    for _ in range(4):
        seen.append(link.fail)
        loop.run_until(loop.time() + 1.0 + 1e-6)
    assert seen == [1.0, 0.0, 1.0, 0.0]
    link.set_weather()
    loop.run_until(loop.time() + 5.0)
    assert link.fail == 0.0


def test_users_who_were_answered_leave_nothing_for_the_garbage_collector(
    loop: VirtualLoop, network: Network, echo: Echo
) -> None:
    gc.collect()
    gc.disable()
    try:
        for _ in range(100):
            caller = Caller(lambda status, body, error: None)
            caller.exchange = network.begin(100, ASK, caller)
        loop.run_until(1.0)
        assert caller.done()
        del caller
        echo.taken.clear()
        assert not [each for each in gc.get_objects() if type(each) is Caller]
    finally:
        gc.enable()
