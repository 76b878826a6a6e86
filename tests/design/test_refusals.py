"""What no archetype can build is refused with the id, the reason and what to write instead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from telic.design.system import find_cycle, plan_system
from telic.errors import InvalidDesign
from telic.model import Intent
from telic.model.intent import EntityType, Field, FieldType, Operation, Question, Rule


def _operation(intent: Intent, id_: str, **changes: object) -> Intent:
    changed = tuple(
        replace(each, **changes) if each.id == id_ else each  # type: ignore[arg-type]
        for each in intent.operations
    )
    return replace(intent, operations=changed)


def _entity(intent: Intent, name: str, **changes: object) -> Intent:
    changed = tuple(
        replace(each, **changes) if each.name == name else each  # type: ignore[arg-type]
        for each in intent.entities
    )
    return replace(intent, entities=changed)


def _without(intent: Intent, entity: str, field: str) -> Intent:
    fields = tuple(each for each in intent.entity(entity).fields if each.name != field)
    return _entity(intent, entity, fields=fields)


def _refusal(intent: Intent) -> InvalidDesign:
    with pytest.raises(InvalidDesign) as refused:
        plan_system(intent)
    assert refused.value.hint
    return refused.value


@pytest.mark.parametrize(
    ("id_", "changes", "message"),
    [
        ("F1", {"kind": "custom"}, "F1 search_hotels is custom: hotel needs written logic for it"),
        ("F1", {"inputs": ()}, "F1 search_hotels: geo_search needs one input of type float, it has 0"),
        ("F2", {"filter": "availability"}, "no operation reserves a stock of Activity"),
        ("F2", {"on": "User"}, "F2 search_activities: geo_search needs one field of type geo in User, it has 0"),
        ("F3", {"stock": "Activity.rooms"}, "no operation reserves a stock of Hotel"),
        ("F4", {"edge": None}, "F4 pay: a transition needs an edge"),
        ("F4", {"calls": "booking.charge"}, "F4 pay: calls"),
        ("F4", {"calls": "review.charge"}, "0 entities of review refer to Booking"),
        ("F4", {"calls": "payment"}, "must name an operation of another service"),
        ("F5", {"by": "stars"}, "F5 read_reviews: Review has no reference called 'stars'"),
        ("F6", {"requires": "sunny(day)"}, "F6 write_review: requires 'sunny\\(day\\)' needs written logic"),
        ("F6", {"requires": "has_gone_booking(user, hotel)"}, "does not fit Booking"),
        ("F6", {"requires": "has_paid_booking(user, stars)"}, "does not fit Booking"),
        (
            "F6",
            {"auth": "self", "inputs": (Field("hotel", FieldType("ref", target="Hotel")),), "requires": ""},
            "auth self",
        ),
        ("F2", {"name": "search_hotels"}, "two operations search_hotels"),
    ],
)
def test_operations_that_cannot_be_built_are_named(
    id_: str, changes: dict[str, object], message: str, intents: dict[str, Intent]
) -> None:
    error = _refusal(_operation(intents["hotel"], id_, **changes))
    with pytest.raises(InvalidDesign, match=message):
        raise error


@pytest.mark.parametrize(
    ("entity", "field", "message"),
    [
        ("Booking", "days", "F1 search_hotels: filter availability asks for days, Booking has none"),
        ("Booking", "state", "needs one field of type state in Booking"),
        ("Booking", "hotel", "Booking needs exactly one field of type ref\\(Hotel\\), it has 0"),
        ("Booking", "rooms", "which field of Booking says how much is reserved"),
        ("Payment", "booking", "0 entities of payment refer to Booking"),
        ("User", "email", "needs one field of type email in User"),
    ],
)
def test_entities_that_lack_a_part_are_named(entity: str, field: str, message: str, intents: dict[str, Intent]) -> None:
    with pytest.raises(InvalidDesign, match=message):
        plan_system(_without(intents["hotel"], entity, field))


def test_open_questions_stop_the_generation(intents: dict[str, Intent]) -> None:
    asked = replace(intents["hotel"], open=(Question("Q1", "F3", "How long does a hold last?"),))
    assert "1 open questions: Q1 How long" in str(_refusal(asked))


@pytest.mark.parametrize("owner", ["gateway", "search", "clock"])
def test_names_of_the_design_itself_are_no_owners(owner: str, intents: dict[str, Intent]) -> None:
    assert owner in str(_refusal(_entity(intents["hotel"], "Review", owner=owner)))


@pytest.mark.parametrize("name", ["Client", "Row", "Key"])
def test_names_of_generated_code_are_no_entities(name: str, intents: dict[str, Intent]) -> None:
    entity = EntityType(name, "its_id", (Field("title", FieldType("str")),), "other")
    crud = Operation("F9", "manage", "crud", name)
    intent = replace(
        intents["hotel"],
        entities=(*intents["hotel"].entities, entity),
        operations=(*intents["hotel"].operations, crud),
    )
    assert f"{name} is a name that generated code needs itself" in str(_refusal(intent))


def test_both_sides_of_a_call_need_owners_of_their_own(intents: dict[str, Intent]) -> None:
    assert "owns both sides" in str(_refusal(_entity(intents["hotel"], "Hotel", owner="booking")))


def test_services_that_would_call_each_other_in_a_circle_are_refused(intents: dict[str, Intent]) -> None:
    """A booking asks for its user; a user who may only be kept with a paid booking asks back."""
    entity = EntityType("Badge", "badge_id", (Field("user", FieldType("ref", target="User")),), "user")
    op = Operation("F8", "award", "create", "Badge", requires="has_paid_booking(user)")
    intent = replace(
        intents["hotel"],
        entities=(*intents["hotel"].entities, entity),
        operations=(*intents["hotel"].operations, op),
    )
    assert "booking -> user -> booking" in str(_refusal(intent)) or "user -> booking -> user" in str(_refusal(intent))


def test_more_services_than_the_intent_allows_are_refused(intents: dict[str, Intent]) -> None:
    refused = replace(intents["hotel"], design=(Rule("D3", "max_services(7)"),))
    assert "D3 max_services(7): the design has 8 services" in str(_refusal(refused))
    assert len(plan_system(replace(refused, design=(Rule("D3", "max_services(8)"),))).services) == 8


def test_a_graph_without_a_circle_has_none() -> None:
    assert find_cycle({"a": ("b", "c"), "b": ("c",), "c": ()}) == []


def test_fields_that_collide_with_columns_of_the_design_are_named(intents: dict[str, Intent]) -> None:
    fields = (*intents["hotel"].entity("Review").fields, Field("created_at", FieldType("date")))
    assert "two columns are called created_at" in str(_refusal(_entity(intents["hotel"], "Review", fields=fields)))


@pytest.mark.parametrize(
    ("id_", "changes", "message"),
    [
        ("F2", {"show": "thing"}, "F2 read_home: Entry has no reference called 'thing'"),
        ("F7", {"by": "post"}, "F7 count_followers: Follow has no reference called 'post'"),
        ("F14", {"by": "letter"}, "F14 find_tags: Tag has no text called 'letter'"),
        ("F4", {"on": "Link"}, "F4 follow: Link has 0 references, a link has two ends"),
        ("F5", {"on": "User"}, "F5 unfollow: User has 0 references, a link has two ends"),
        ("F4", {"calls": "graph.tell"}, "0 entities of graph refer to Follow"),
        ("F4", {"auth": "self"}, "auth self needs one reference to whoever asks, it has 2"),
        ("F1", {"deliver": "Comment.user"}, "Comment says who gets what, and nothing else"),
        ("F1", {"through": "Post.author"}, "Post links two users"),
    ],
)
def test_links_and_deliveries_that_cannot_be_built(
    id_: str, changes: dict[str, object], message: str, intents: dict[str, Intent]
) -> None:
    assert message in str(_refusal(_operation(intents["social"], id_, **changes)))
