"""Traffic follows call plans: who passes a place for certain, and how often it is called."""

from __future__ import annotations

from dataclasses import replace

import pytest

from telic.errors import InvalidDesign
from telic.lab.fault import Scene
from telic.lab.places import token_services
from telic.lab.traffic import Place, traffic
from telic.model import Call, Design, ServiceOperation


def test_shares_come_from_the_mix(design: Design) -> None:
    flow = traffic(design)
    assert flow.shares == pytest.approx(
        {"search_hotels": 0.6, "reserve": 0.2, "read_reviews": 0.18, "create_user": 0.02}
    )
    assert flow.share(Place("service", "hotel")) == pytest.approx(0.6)
    assert flow.share(Place("edge", "search->hotel")) == pytest.approx(0.6)
    assert flow.share(Place("statement", "booking.take")) == pytest.approx(0.2)
    assert flow.share(Place("service", "nowhere")) == 0


def test_only_what_every_request_passes_is_certain(design: Design) -> None:
    flow = traffic(design)
    assert flow.share(Place("service", "user")) == pytest.approx(0.02)  # not the reserve on a cache miss
    assert "user" not in flow.popular("service")
    assert flow.calls[Place("service", "user")] == pytest.approx(0.22)


def test_popular_places_leave_the_entry_out(design: Design) -> None:
    flow = traffic(design)
    assert flow.popular("service") == ("booking", "hotel", "review", "search")
    assert flow.popular("edge") == (
        "booking->postgres",
        "gateway->booking",
        "gateway->review",
        "gateway->search",
        "hotel->postgres",
        "review->postgres",
        "search->hotel",
    )


def test_services_beside_an_operation(design: Design) -> None:
    assert traffic(design).beside(frozenset({"search_hotels"})) == ("booking", "review", "user")


def test_calls_multiply_down_the_plan(design: Design) -> None:
    gateway = design.service("gateway")
    twice = replace(gateway.operations[0], calls=(Call("search", "find", times=2.0),))
    changed = replace(
        design, services=(replace(gateway, operations=(twice, *gateway.operations[1:])), *design.services[1:])
    )
    assert traffic(changed).calls[Place("service", "hotel")] == pytest.approx(1.2)


def test_a_call_cycle_does_not_hang(design: Design) -> None:
    hotel = design.service("hotel")
    looping = replace(hotel, operations=(replace(hotel.operations[0], calls=(Call("hotel", "find"),)),))
    changed = replace(design, services=(*(each for each in design.services if each.name != "hotel"), looping))
    assert traffic(changed).share(Place("service", "hotel")) == pytest.approx(0.6)


def test_an_unknown_workload_is_refused(design: Design) -> None:
    with pytest.raises(InvalidDesign, match="no workload 'W9'"):
        traffic(design, "W9")


def test_where_hardly_anybody_is_logged_in_nobody_checks_tokens(scene: Scene) -> None:
    operation = ServiceOperation("login_user", ("F7.login",), (), (), calls=(Call("hotel", "find"),))
    gateway, *others = scene.design.services
    entry = replace(gateway, operations=(*gateway.operations, operation))
    with_login = replace(scene, design=replace(scene.design, services=(entry, *others)))
    assert token_services(with_login) == ("gateway", "hotel")
    assert token_services(replace(with_login, rate=60.0)) == ()
    assert token_services(replace(scene, rate=60.0)) == ("gateway",)
