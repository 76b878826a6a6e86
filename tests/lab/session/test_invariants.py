"""The intent's invariants on data that keep them, and on data that do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import SimpleNamespace as Thing
from typing import cast

import pytest

from telic import apps, intent
from telic.errors import InvalidIntent
from telic.lab.course import Course
from telic.lab.session import scope
from telic.lab.session.facts import Facts
from telic.lab.session.invariants import invariants, violations
from telic.lab.stored import Days
from telic.model import Intent
from telic.model.intent import Invariant

DAYS = Days(date(2026, 5, 1), date(2026, 5, 3))


@pytest.fixture(scope="module")
def hotel() -> Intent:
    return intent.read(apps.find("hotel"))


def booking(key: str, rooms: int = 1, state: str = "held") -> Thing:
    return Thing(booking_id=key, user="u", hotel="h", days=DAYS, rooms=rooms, state=state)


def broken(wanted: Intent, id_: str, kept: Mapping[str, Sequence[Thing]]) -> int:
    facts = Facts(wanted, lambda entity: kept.get(entity.name, ()))
    return violations(next(each for each in wanted.invariants if each.id == id_), wanted, facts)


def test_more_rooms_than_there_are_break_each_day(hotel: Intent) -> None:
    house = [Thing(hotel_id="h", rooms=3)]
    assert broken(hotel, "I1", {"Hotel": house, "Booking": [booking("a", 2), booking("b", 1)]}) == 0
    assert broken(hotel, "I1", {"Hotel": house, "Booking": [booking("a", 2), booking("b", 2)]}) == 2
    over = booking("b", 2, "expired")
    assert broken(hotel, "I1", {"Hotel": house, "Booking": [booking("a", 2), over]}) == 0


def test_a_second_payment_and_a_paid_booking_without_one(hotel: Intent) -> None:
    paid, payment = booking("a", state="paid"), Thing(payment_id="p", booking="a", amount=1)
    assert broken(hotel, "I2", {"Booking": [paid], "Payment": [payment, payment]}) == 1
    assert broken(hotel, "I3", {"Booking": [paid]}) == 1
    assert broken(hotel, "I3", {"Booking": [paid], "Payment": [payment]}) == 0
    assert broken(hotel, "I3", {"Booking": [booking("b")]}) == 0


@pytest.mark.parametrize(
    ("expr", "holds"),
    [
        ("all(b.rooms > 0 for b in live(Booking, hotel))", True),
        ("any(b.rooms == 9 for b in live(Booking, hotel))", False),
        ("len(live(Booking, hotel)) in (1, 2) and not hotel.rooms < 3", True),
        ("sum(b.rooms for b in live(Booking, hotel) if b.state == 'paid') - 1 == 0 - 1", True),
        ("max(b.rooms for b in live(Booking, hotel)) * 2 == 4", True),
    ],
)
def test_the_whole_language_is_asked(hotel: Intent, expr: str, holds: bool) -> None:
    kept = {"Hotel": [Thing(hotel_id="h", rooms=3)], "Booking": [booking("a", 2), booking("b", 1)]}
    facts = Facts(hotel, lambda entity: kept.get(entity.name, ()))
    assert (violations(Invariant("X", expr, "per(hotel)"), hotel, facts) == 0) is holds


def test_what_cannot_be_asked_of_these_data_is_said_and_the_rest_is_asked(hotel: Intent) -> None:
    largest = Invariant("X", "max(b.rooms for b in live(Booking, hotel)) <= 3", "per(hotel)")
    course = Thing(things=lambda entity: [Thing(hotel_id="h", rooms=3)] if entity.name == "Hotel" else [])
    asked = list(invariants(cast(Course, course), replace(hotel, invariants=(largest, *hotel.invariants))))
    assert [each.holds for each in asked] == [None, *(True for _ in hotel.invariants)]
    assert "empty" in asked[0].says


def test_of_too_many_pairs_those_are_asked_that_something_refers_to() -> None:
    shop = intent.read(apps.find("shop"))
    users = [Thing(user_id=f"u{n}") for n in range(600)]
    products = [Thing(product_id=f"p{n}", units=9) for n in range(600)]
    wishes = [Thing(wish_id=n, user=f"u{n}", product="p1") for n in range(500)]
    kept = {"User": users, "Product": products, "Wish": wishes}
    assert broken(shop, "I4", kept) == 0
    assert broken(shop, "I4", {**kept, "Wish": [*wishes, Thing(wish_id="again", user="u3", product="p1")]}) == 1


def test_what_is_not_alike_for_too_many_pairs_is_not_asked() -> None:
    shop = intent.read(apps.find("shop"))
    many = {"User": [Thing(user_id=n) for n in range(600)], "Product": [Thing(product_id=n) for n in range(600)]}
    facts = Facts(shop, lambda entity: many.get(entity.name, ()))
    asked = Invariant("I9", "count(Wish, user) <= product.units", "per(user, product)")
    with pytest.raises(InvalidIntent, match="more than 200000 places"):
        violations(asked, shop, facts)


def test_days_are_places_too_and_their_number_has_the_same_bound(
    hotel: Intent, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {
        "Hotel": [Thing(hotel_id=name, rooms=3) for name in "hg"],
        "Booking": [booking("a"), Thing(booking_id="b", user="u", hotel="g", days=DAYS, rooms=1, state="held")],
    }
    monkeypatch.setattr(scope, "MOST", 4)
    assert broken(hotel, "I1", kept) == 0
    monkeypatch.setattr(scope, "MOST", 3)
    with pytest.raises(InvalidIntent, match="more than 3 places"):
        broken(hotel, "I1", kept)
