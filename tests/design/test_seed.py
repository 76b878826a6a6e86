"""Seed rows fit their tables, refer to each other and keep the intent's invariants."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from telic.design.geo import cell_of
from telic.design.seed import DEMO_PASSWORD
from telic.model import Design, Intent
from telic.runtime import verify_password


def _rows(design: Design, table: str) -> list[dict[str, Any]]:
    path = design.folder / "seed" / f"{table}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("name", ["hotel", "social", "shop", "notes", "rental"])
def test_rows_have_the_columns_of_their_tables(name: str, designs: dict[str, Design]) -> None:
    design = designs[name]
    tables = {f"{service.name}.{table.name}": table for service in design.services for table in service.tables}
    for path in (design.folder / "seed").iterdir():
        table = tables[path.name.removesuffix(".jsonl")]
        needed = {each for each, kind in table.columns.items() if "NOT NULL" in kind and "DEFAULT" not in kind}
        rows = _rows(design, path.name.removesuffix(".jsonl"))
        assert all(needed <= set(row) <= set(table.columns) for row in rows)
        keys = Counter(tuple(row[each] for each in table.key) for row in rows)
        assert max(keys.values()) == 1


def test_the_hotel_is_as_large_as_its_workload_says(hotel: Design) -> None:
    count = {each.name: len(each.read_text().splitlines()) for each in (hotel.folder / "seed").iterdir()}
    assert count["hotel.hotels.jsonl"] == count["user.users.jsonl"] == count["booking.bookings.jsonl"] == 2000
    assert count["payment.payments.jsonl"] == 2000
    assert count["activity.activities.jsonl"] == 4000
    assert count["review.reviews.jsonl"] == 10_000


def test_references_hold(hotel: Design) -> None:
    keys = {
        name: {row[f"{name}_id"] for row in _rows(hotel, table)}
        for name, table in (("user", "user.users"), ("hotel", "hotel.hotels"), ("booking", "booking.bookings"))
    }
    for table in ("booking.bookings", "review.reviews"):
        assert all(row["user_id"] in keys["user"] and row["hotel_id"] in keys["hotel"] for row in _rows(hotel, table))
    assert {row["booking_id"] for row in _rows(hotel, "payment.payments")} == keys["booking"]


def test_invariants_of_the_intent_hold_from_the_start(hotel: Design) -> None:
    rooms = {row["hotel_id"]: row["rooms"] for row in _rows(hotel, "hotel.hotels")}
    price = {row["hotel_id"]: row["price"] for row in _rows(hotel, "hotel.hotels")}
    taken: Counter[tuple[str, str]] = Counter()
    amounts = {row["booking_id"]: row["amount"] for row in _rows(hotel, "payment.payments")}
    for row in _rows(hotel, "booking.bookings"):
        start, end = date.fromisoformat(row["days_start"]), date.fromisoformat(row["days_end"])
        nights = [(start + timedelta(days=each)).isoformat() for each in range((end - start).days)]
        assert row["state"] == "paid"
        assert row["amount"] == price[row["hotel_id"]] * row["rooms"] * len(nights) == amounts[row["booking_id"]]
        taken.update({(row["hotel_id"], night): row["rooms"] for night in nights})
    stock = {(row["hotel_id"], row["day"]): row["taken"] for row in _rows(hotel, "booking.booking_stock")}
    assert stock == taken
    assert all(number <= rooms[hotel_id] for (hotel_id, _), number in taken.items())


def test_who_reviewed_has_stayed(hotel: Design) -> None:
    stays = {(row["user_id"], row["hotel_id"]) for row in _rows(hotel, "booking.bookings")}
    assert {(row["user_id"], row["hotel_id"]) for row in _rows(hotel, "review.reviews")} <= stays


def test_values_keep_the_bounds_of_their_types(hotel: Design, intents: dict[str, Intent]) -> None:
    hotels = _rows(hotel, "hotel.hotels")
    assert all(40 <= row["rooms"] <= 400 and 4000 <= row["price"] <= 60_000 for row in hotels)
    assert all(row["loc_cell"] == cell_of(row["loc_lat"], row["loc_lon"]) for row in hotels)
    assert all(1 <= row["stars"] <= 5 and len(row["body"]) <= 2000 for row in _rows(hotel, "review.reviews"))
    assert {row["kind"] for row in _rows(hotel, "activity.activities")} == {"restaurant", "museum", "cinema"}


def test_things_with_a_place_lie_in_some_twelve_clusters(hotel: Design) -> None:
    squares = Counter((round(row["loc_lat"]), round(row["loc_lon"])) for row in _rows(hotel, "hotel.hotels"))
    assert 12 <= len([each for each, count in squares.items() if count > 20]) <= 24


def test_seeded_accounts_open_with_the_documented_password(designs: dict[str, Design]) -> None:
    for design, table, column in (
        (designs["hotel"], "user.users", "password_hash"),
        (designs["rental"], "user.members", "pin_hash"),
    ):
        hashes = {row[column] for row in _rows(design, table)}
        assert len(hashes) == 1
        assert verify_password(DEMO_PASSWORD, hashes.pop())
        assert DEMO_PASSWORD in (design.folder / "README.md").read_text()


def test_links_are_between_different_things_once_and_some_things_have_many(social: Design) -> None:
    follows = [(row["follower_id"], row["followed_id"]) for row in _rows(social, "graph.follows")]
    assert len(follows) == len(set(follows)) > 2500
    assert all(near != far for near, far in follows)
    followers = Counter(far for _, far in follows).most_common()
    assert sum(count for _, count in followers[:60]) > len(follows) / 4
    assert {near for near, _ in follows} == {row["user_id"] for row in _rows(social, "user.users")}


def test_what_was_published_was_delivered_to_everybody_who_follows(social: Design) -> None:
    followers: dict[str, set[str]] = {}
    for row in _rows(social, "graph.follows"):
        followers.setdefault(row["followed_id"], set()).add(row["follower_id"])
    entries = Counter((row["reader_id"], row["post_id"]) for row in _rows(social, "home.entries"))
    assert max(entries.values()) == 1
    posts = _rows(social, "post.posts")
    assert set(entries) == {(reader, row["post_id"]) for row in posts for reader in followers.get(row["author_id"], ())}


def test_what_another_service_records_of_a_link_says_the_same(social: Design) -> None:
    follows = {row["follow_id"]: row for row in _rows(social, "graph.follows")}
    notices = _rows(social, "notice.notices")
    assert {row["follow_id"] for row in notices} == set(follows)
    assert all(
        row[each] == follows[row["follow_id"]][each] for row in notices for each in ("follower_id", "followed_id")
    )


def test_orders_have_payments_and_shipments_as_far_as_they_have_come(shop: Design) -> None:
    orders = {row["order_id"]: row for row in _rows(shop, "order.orders")}
    assert {row["state"] for row in orders.values()} == {"paid", "shipped"}
    assert {row["order_id"] for row in _rows(shop, "payment.payments")} == set(orders)
    shipped = {key for key, row in orders.items() if row["state"] == "shipped"}
    assert {row["order_id"] for row in _rows(shop, "shipping.shipments")} == shipped
    bought = {(row["user_id"], row["product_id"]) for row in orders.values() if row["state"] == "shipped"}
    assert {(row["user_id"], row["product_id"]) for row in _rows(shop, "rating.ratings")} <= bought
    taken = Counter[str]()
    for row in orders.values():
        taken[row["product_id"]] += row["units"]
    assert {row["product_id"]: row["taken"] for row in _rows(shop, "order.order_stock")} == taken
