"""Which services an intent becomes, who calls whom, who may do what."""

from __future__ import annotations

import ast
import json
import re

import pytest

from telic.intent import services_of
from telic.model import Design, Intent


def test_the_hotel_has_one_service_an_owner_a_gateway_and_a_facade(hotel: Design, intents: dict[str, Intent]) -> None:
    names = [each.name for each in hotel.services]
    assert names == list(services_of(intents["hotel"]))
    assert [each.name for each in hotel.services if each.kind == "owner"] == names[2:]
    assert (hotel.services[0].kind, hotel.services[1].kind) == ("gateway", "facade")
    assert hotel.stores == ("postgres", "valkey")


def test_calls_go_where_the_plan_says(hotel: Design) -> None:
    plans = {
        (service.name, operation.name): [(call.service, call.operation) for call in operation.calls]
        for service in hotel.services
        for operation in service.operations
    }
    assert plans["search", "search_hotels"] == [("hotel", "near"), ("booking", "availability")]
    assert plans["search", "search_activities"] == [("hotel", "get"), ("activity", "near")]
    assert plans["booking", "reserve"] == [("hotel", "get"), ("user", "exists")]
    assert plans["booking", "pay"] == [("payment", "charge")]
    assert plans["review", "write_review"] == [("booking", "has_paid")]
    for (service, name), calls in plans.items():
        assert all(call in plans for call in calls)
        if service == "gateway":
            assert calls in ([(owner.name, name)] for owner in hotel.services[1:])


@pytest.mark.parametrize("name", ["hotel", "notes", "rental"])
def test_nothing_but_owners_may_touch_their_tables(name: str, designs: dict[str, Design]) -> None:
    design = designs[name]
    tables = {f"{service.name}.{table.name}" for service in design.services for table in service.tables}
    assert {grant.table for grant in design.grants} <= tables
    assert all(grant.table.startswith(f"{grant.service}.") for grant in design.grants)


def test_roles_may_do_no_more_than_their_statements(hotel: Design) -> None:
    held = {grant.table: grant.privileges for grant in hotel.grants}
    assert held["hotel.hotels"] == held["activity.activities"] == ("SELECT",)
    assert held["booking.bookings"] == held["booking.booking_stock"] == ("SELECT", "INSERT", "UPDATE")
    assert held["user.users"] == ("SELECT", "INSERT", "UPDATE", "DELETE")


@pytest.mark.parametrize("name", ["hotel", "notes", "rental"])
def test_statements_of_the_record_are_those_of_the_code(name: str, designs: dict[str, Design]) -> None:
    for service in designs[name].services:
        path = designs[name].folder / "services" / service.name / "store.py"
        written = set(re.findall(r'= Statement\(\s*"([\w.]+)"', path.read_text())) if path.exists() else set()
        named = {each for operation in service.operations for each in operation.statements}
        assert named <= written


def test_business_errors_have_the_verdict_of_the_intent(hotel: Design) -> None:
    offered = {each.name: each.errors for each in hotel.service("gateway").operations}
    assert offered["pay"] == {"not_found": "bad", "already_paid": "good", "expired": "good"}
    assert offered["reserve"] == {"sold_out": "good", "not_found": "bad"}
    assert offered["write_review"] == {"not_allowed": "good"}
    assert offered["create_user"] == {"email_taken": "good"}


def test_a_secret_is_asked_for_and_never_answered(designs: dict[str, Design], intents: dict[str, Intent]) -> None:
    for design in (designs[name] for name in intents):
        for service in design.services:
            assert all(field.type.base != "secret" for each in service.operations for field in each.reply)
            assert all("password" not in table.columns and "pin" not in table.columns for table in service.tables)


@pytest.mark.parametrize("name", ["hotel", "social", "shop", "notes", "rental"])
def test_openapi_documents_describe_every_operation(name: str, designs: dict[str, Design]) -> None:
    for service in designs[name].services:
        document = json.loads((designs[name].folder / "openapi" / f"{service.name}.json").read_text())
        assert document["openapi"] == "3.1.0"
        assert set(document["info"]) >= {"title", "version"}
        assert set(document["paths"]) == {f"/{each.name}" for each in service.operations}
        for operation in service.operations:
            post = document["paths"][f"/{operation.name}"]["post"]
            assert ("422" in post["responses"]) == bool(operation.errors)
            schema = _resolved(document, post["requestBody"]["content"]["application/json"]["schema"])
            assert set(schema["properties"]) == {each.name for each in operation.request}
            assert set(schema["required"]) == {each.name for each in operation.request if not each.optional}
            answer = _resolved(document, post["responses"]["200"]["content"]["application/json"]["schema"])
            assert set(answer["properties"]) == {each.name for each in operation.reply}
        for reference in re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)):
            assert document["components"]["schemas"][reference]["type"] == "object"


def _resolved(
    document: dict[str, dict[str, dict[str, dict[str, object]]]], schema: dict[str, str]
) -> dict[str, list[str]]:
    return document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]  # type: ignore[return-value]


def test_no_secret_or_address_may_be_asked_for_in_a_url(designs: dict[str, Design], intents: dict[str, Intent]) -> None:
    """What is marked read is also GET, whose query string ends up in places, and may be cached."""
    for design in (designs[name] for name in intents):
        for service in design.services:
            text = (design.folder / "services" / service.name / "app.py").read_text()
            reads = {
                ast.literal_eval(each.args[0]): any(word.arg == "read" for word in each.keywords)
                for each in ast.walk(ast.parse(text))
                if isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == "Operation"
            }
            for operation in service.operations:
                private = any(field.type.base in ("secret", "email") for field in operation.request)
                assert reads[operation.name] == (not operation.mutating and not private), operation.name
