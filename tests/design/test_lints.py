"""Each lint fires where it should, and nowhere in a default design."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from telic.design import Finding, lint
from telic.design.lints import RULES, require_sound
from telic.errors import InvalidDesign
from telic.model import Call, Design, Grant, ServiceDesign
from telic.model.intent import Capacity
from telic.runtime.wiring import CachePolicy, EdgePolicy, NodePolicy, RetryPolicy

UNBUDGETED = RetryPolicy(max=3, budget=0.0)


def _edges(design: Design, changes: Mapping[str, EdgePolicy]) -> Design:
    return replace(design, wiring=replace(design.wiring, edges={**design.wiring.edges, **changes}))


def _nodes(design: Design, changes: Mapping[str, NodePolicy]) -> Design:
    return replace(design, wiring=replace(design.wiring, nodes={**design.wiring.nodes, **changes}))


def _service(design: Design, changed: ServiceDesign) -> Design:
    return replace(design, services=tuple(changed if each.name == changed.name else each for each in design.services))


def _only(design: Design) -> Finding:
    found = lint(design)
    assert len(found) == 1, [str(each) for each in found]
    return found[0]


@pytest.mark.parametrize("name", ["hotel", "notes", "rental"])
def test_default_designs_break_nothing(name: str, designs: dict[str, Design]) -> None:
    assert lint(designs[name]) == []
    require_sound(designs[name])


def test_a_caller_that_gives_up_first_is_found(hotel: Design) -> None:
    found = _only(_edges(hotel, {"search->hotel": EdgePolicy(0.4)}))
    assert (found.rule, found.where) == ("L-nest", "search->hotel")
    assert "hotel->postgres may take 0.5 s" in found.says


def test_inner_retries_count_for_the_callers_patience(hotel: Design) -> None:
    found = _only(_edges(hotel, {"search->hotel": EdgePolicy(0.6, RetryPolicy(max=1, budget=0.1))}))
    assert (found.rule, found.where) == ("L-nest", "gateway->search")
    assert "1.21 s" in found.says


def test_service_time_that_eats_the_objective_is_found(hotel: Design) -> None:
    slow = replace(hotel.service("hotel"), capacity=Capacity("hotel", slots=64, service_time=0.06))
    rules = {(each.rule, each.where) for each in lint(_service(hotel, slow))}
    assert ("L-slo", "search_hotels") in rules
    assert ("L-slo", "read_reviews") not in rules


def test_retries_of_what_is_not_idempotent_are_found(hotel: Design) -> None:
    booking = replace(hotel.wiring.of_node("booking"), dedupe=False)
    found = lint(_nodes(hotel, {"booking": booking}))
    assert {(each.rule, each.where) for each in found} == {("L-idem", "gateway->booking")}
    assert any("tries reserve again" in each.says for each in found)


def test_caches_that_outlive_their_requirement_are_found(hotel: Design) -> None:
    review = replace(hotel.wiring.of_node("review"), cache=CachePolicy(ttl=55.0, jitter=0.2))
    found = _only(_nodes(hotel, {"review": review}))
    assert (found.rule, found.where) == ("L-stale", "review")
    assert "66 s old, F5 allow 60 s" in found.says


def test_a_cache_policy_without_a_cache_is_found(hotel: Design) -> None:
    found = _only(_nodes(hotel, {"user": NodePolicy(cache=CachePolicy(ttl=1.0))}))
    assert (found.rule, found.where) == ("L-stale", "user")


@pytest.mark.parametrize(("queue", "says"), [(-1, "no bound"), (500, "callers wait 0.6 s")])
def test_queues_that_outlast_their_callers_are_found(queue: int, says: str, hotel: Design) -> None:
    found = _only(_nodes(hotel, {"hotel": NodePolicy(queue=queue)}))
    assert (found.rule, found.where) == ("L-queue", "hotel")
    assert says in found.says


def test_an_age_limit_bounds_a_queue_too(hotel: Design) -> None:
    assert lint(_nodes(hotel, {"hotel": NodePolicy(queue=-1, max_age=0.5)})) == []
    found = _only(_nodes(hotel, {"hotel": NodePolicy(queue=-1, max_age=5.0)}))
    assert (found.rule, found.where) == ("L-queue", "hotel")


def test_work_for_callers_that_left_and_try_again_is_found(hotel: Design) -> None:
    wasting = _nodes(hotel, {"search": replace(hotel.wiring.of_node("search"), cancel=False)})
    assert lint(wasting) == []  # the deadline ends it
    silent = replace(hotel.wiring.of_edge("gateway->search"), deadline=False)
    found = [each for each in lint(_edges(wasting, {"gateway->search": silent})) if each.rule == "L-waste"]
    assert [each.where for each in found] == ["gateway->search"]


def test_shedding_for_good_is_found(hotel: Design) -> None:
    found = _only(_nodes(hotel, {"hotel": replace(hotel.wiring.of_node("hotel"), shed=0.25)}))
    assert (found.rule, found.where) == ("L-shed", "hotel")


def test_two_layers_that_try_again_without_a_budget_are_found(hotel: Design) -> None:
    changed = {
        "gateway->search": EdgePolicy(9.0, UNBUDGETED),
        "search->activity": EdgePolicy(1.0, RetryPolicy(max=1, budget=0.0)),
    }
    found = [each for each in lint(_edges(hotel, changed)) if each.rule == "L-multi"]
    assert [each.where for each in found] == ["gateway->search"]
    assert "search->activity" in found[0].says


def test_retries_that_hold_an_overload_up_are_found(hotel: Design) -> None:
    found = lint(_edges(hotel, {"gateway->search": EdgePolicy(3.0, UNBUDGETED)}))
    assert {(each.rule, each.where) for each in found} >= {("L-amp", "hotel under W2")}


def test_a_capacity_below_the_load_is_found(hotel: Design) -> None:
    narrow = replace(hotel.service("hotel"), capacity=Capacity("hotel", slots=2, service_time=0.012))
    found = [each for each in lint(_service(hotel, narrow)) if each.rule == "L-amp"]
    assert [each.where for each in found] == ["hotel under W2"]
    assert "gets 225 calls/s and carries 167" in found[0].says


def test_calls_in_a_circle_are_found(hotel: Design) -> None:
    near = hotel.service("hotel").operations[0]
    service = replace(hotel.service("hotel"), operations=(replace(near, calls=(Call("booking", "availability"),)),))
    found = [each for each in lint(_service(hotel, service)) if each.rule == "L-acyclic"]
    assert "booking -> hotel -> booking" in found[0].says or "hotel -> booking -> hotel" in found[0].says


def test_a_second_owner_is_found(hotel: Design) -> None:
    found = _only(_service(hotel, replace(hotel.service("user"), owns=("User", "Hotel"))))
    assert (found.rule, found.where) == ("L-owner", "Hotel")


def test_a_grant_on_somebody_elses_table_is_found(hotel: Design) -> None:
    found = _only(replace(hotel, grants=(*hotel.grants, Grant("review", "booking.bookings", ("SELECT",)))))
    assert (found.rule, found.where) == ("L-owner", "booking.bookings")


def test_too_many_processes_are_found(hotel: Design) -> None:
    found = _only(replace(hotel, max_processes=9))
    assert (found.rule, found.says) == ("L-process", "10 processes, the intent allows 9")


def test_a_design_that_breaks_rules_is_refused_with_all_of_them(hotel: Design) -> None:
    with pytest.raises(InvalidDesign, match="L-process") as refused:
        require_sound(_nodes(replace(hotel, max_processes=9), {"hotel": NodePolicy(queue=-1)}))
    assert "L-queue" in str(refused.value)


def test_every_rule_has_a_reason() -> None:
    assert all(rule.__doc__ for rule in RULES)
