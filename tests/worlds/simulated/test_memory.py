"""Memory stores in the place of SQL stores: shared data, and the answers that the SQL would give."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telic.errors import WorldError
from telic.runtime.failures import BusinessError, Conflict
from telic.worlds.simulated.memory import SystemData, adapt

Kit = Any  # of conftest.py
SEVERAL = settings(max_examples=30, deadline=None)
FIRST = date(2027, 3, 1)
CASES = st.integers(0, 2**32)


def drive(work: Any) -> Any:
    """Return what a coroutine that waits for nothing gives."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("a memory store waits for nothing")


@pytest.fixture(scope="module")
def modules(hotel: Any, released: Callable[..., Any]) -> Callable[[str], Any]:
    def of(service: str) -> Any:
        found = released(hotel.folder, service)
        names = ("messages", "memory", "geo")
        return SimpleNamespace(**{each: found.get(f"services.{service}.{each}") for each in names})

    return of


def test_every_instance_and_every_version_sees_the_same_data(kit: Kit, tmp_path: Path) -> None:
    shutil.copytree(kit.design.folder / "services", tmp_path / "services")
    messages = kit.messages("review")
    first, second, other = kit.store("review"), kit.store("review"), kit.store("review", tmp_path)
    review = messages.Review(review_id="r-1", user="user-000001", hotel="hotel-000001", stars=5, body="!")
    kit.run(first.add_review(review, request_key="k"))
    for each in (second, other):
        assert kit.run(each.newest_reviews_by_hotel("hotel-000001"))[0] == review
    again = messages.Review(review_id="r-2", user="user-000001", hotel="hotel-000001", stars=1, body="?")
    assert kit.run(other.add_review(again, request_key="k")) == review


def test_a_version_that_keeps_more_finds_it_empty(hotel: Any, released: Callable[..., Any]) -> None:
    memory, data = released(hotel.folder, "payment")["services.payment.memory"].MemoryPaymentStore, SystemData(hotel)

    def keep_more(self: Any) -> None:
        memory.__init__(self)
        self.refunds = []

    later = type("Later", (memory,), {"__init__": keep_more})
    before = data.state("payment", memory)
    payments = before["_payments"]
    after = data.state("payment", later)
    assert after is before
    assert (after["_payments"], after["refunds"]) == (payments, [])


def test_two_systems_share_nothing(new_kit: Callable[..., Kit]) -> None:
    one, two = new_kit(), new_kit()
    assert one.run(one.store("user").remove_user("user-000001"))
    assert two.run(two.store("user").user_exists("user-000001"))


def test_all_seed_rows_are_there(kit: Kit) -> None:
    for path in kit.design.folder.glob("seed/*.jsonl"):
        service, table, _ = path.name.split(".", 2)
        kept = getattr(kit.store(service)._memory, f"_{table}")
        rows = sum(map(len, kept.values())) if table.endswith("_stock") else len(kept)  # stock is kept by day
        assert rows == path.read_text().count("\n") > 0
    user = kit.run(kit.store("user").user_credentials("user000001@example.com"))
    assert user.password_hash.startswith("scrypt$")
    booking = kit.run(kit.store("booking").booking("booking-000001"))
    assert kit.run(kit.store("booking").has_paid_booking(booking.user, booking.hotel))
    assert kit.run(kit.store("booking").taken_rooms([booking.hotel], booking.days))[booking.hotel] >= booking.rooms


def test_a_release_that_lacks_memory_is_refused(hotel: Any, released: Callable[..., Any]) -> None:
    found = dict(released(hotel.folder, "payment"))
    memory = found.pop("services.payment.memory")
    with pytest.raises(WorldError, match="no memory store"):
        adapt("payment", found, SystemData(hotel))
    method, memory.MemoryPaymentStore.add_payment_once = memory.MemoryPaymentStore.add_payment_once, None
    with pytest.raises(WorldError, match="add_payment_once"):
        adapt("payment", {**found, "services.payment.memory": memory}, SystemData(hotel))
    memory.MemoryPaymentStore.add_payment_once = method


def test_a_service_without_a_store_is_left_alone(hotel: Any, released: Callable[..., Any]) -> None:
    found = released(hotel.folder, "gateway")
    before = dict(vars(found["services.gateway.app"]))
    adapt("gateway", found, SystemData(hotel))
    assert vars(found["services.gateway.app"]) == before


# What follows asks memory stores and tables without any index, searched as the SQL says, the same questions.


class Tables:
    """``booking.bookings`` and ``booking.booking_stock`` as lists of rows."""

    def __init__(self) -> None:
        self.bookings: list[dict[str, Any]] = []
        self.stock: dict[tuple[str, date], int] = {}

    def reserve(self, booking: Any, limit: int, held_until: float, request_key: str) -> str:
        for row in self.bookings:
            if request_key and row["request_key"] == request_key:
                return str(row["key"])
        days = [(booking.hotel, day) for day in booking.days.dates]
        if any(self.stock.get(each, 0) + booking.rooms > limit for each in days):
            return "sold_out"
        for each in days:
            self.stock[each] = self.stock.get(each, 0) + booking.rooms
        row = {"key": booking.booking_id, "booking": booking, "state": "held", "settling": False}
        self.bookings.append({**row, "held_until": held_until, "request_key": request_key})
        return str(booking.booking_id)

    def begin(self, key: str, now: float, until: float) -> bool:
        for row in self._where(key, "held"):
            if row["settling"] or row["held_until"] > now:
                row["settling"], row["held_until"] = True, max(row["held_until"], until)
                return True
        return False

    def finish(self, key: str) -> None:
        for row in self._where(key, "held"):
            row["state"] = "paid"

    def due(self, now: float) -> list[tuple[str, bool]]:
        rows = [row for row in self.bookings if row["state"] == "held" and row["held_until"] <= now]
        rows.sort(key=lambda row: (row["settling"], row["held_until"]))
        return [(row["key"], row["settling"]) for row in rows[:500]]

    def expire(self, key: str, now: float) -> None:
        for row in self._where(key, "held"):
            if row["held_until"] <= now:
                row["state"] = "expired"
                for day in row["booking"].days.dates:
                    self.stock[row["booking"].hotel, day] -= row["booking"].rooms

    def paid(self, user: str, hotel: str) -> bool:
        rows = [row["booking"] for row in self.bookings if row["state"] == "paid"]
        return any((each.user, each.hotel) == (user, hotel) for each in rows)

    def taken(self, hotels: list[str], dates: list[date]) -> dict[str, int]:
        rows = [(hotel, taken) for (hotel, day), taken in self.stock.items() if hotel in hotels and day in dates]
        return {hotel: max(taken for name, taken in rows if name == hotel) for hotel, _ in rows}

    def _where(self, key: str, state: str) -> list[dict[str, Any]]:
        return [row for row in self.bookings if row["key"] == key and row["state"] == state]


NAMES = st.sampled_from(["a", "b", "c"])
TIMES = st.integers(0, 40)
STEPS = st.one_of(
    st.tuples(
        st.just("reserve"), NAMES, NAMES, st.integers(0, 4), st.integers(1, 3), TIMES, st.sampled_from(["", "k", "l"])
    ),
    st.tuples(st.just("begin"), st.integers(0, 9), TIMES, TIMES),
    st.tuples(st.just("finish"), st.integers(0, 9)),
    st.tuples(st.just("due"), TIMES),
    st.tuples(st.just("expire"), st.integers(0, 9), TIMES),
    st.tuples(st.just("paid"), NAMES, NAMES),
    st.tuples(st.just("taken"), st.lists(NAMES, max_size=3), st.integers(0, 4)),
)


@SEVERAL
@given(steps=st.lists(STEPS, max_size=40))
def test_bookings_are_what_the_sql_makes_of_them(steps: list[tuple[Any, ...]], modules: Callable[[str], Any]) -> None:
    service = modules("booking")
    store, tables = service.memory.MemoryBookingStore(), Tables()
    ticks = iter(range(1000))

    def days(start: int) -> Any:
        return service.messages.DateRange(start=FIRST + timedelta(start), end=FIRST + timedelta(start + 2))

    for verb, *args in steps:
        key = f"b-{args[0]}"
        match verb:
            case "reserve":
                user, hotel, start, rooms, until, request_key = args
                number, held_until = next(ticks), until + next(ticks) / 1000  # no two run out at once
                names = {"booking_id": f"b-{number}", "user": user, "hotel": hotel}
                booking = service.messages.Booking(**names, days=days(start), rooms=rooms, state="held", amount=1)
                expected = tables.reserve(booking, 4, held_until, request_key)
                work = store.reserve(booking, limit=4, held_until=held_until, request_key=request_key)
                if expected == "sold_out":
                    with pytest.raises(BusinessError, match="rooms left"):
                        drive(work)
                else:
                    assert drive(work).booking_id == expected
            case "begin":
                found = drive(store.begin_pay(key, now=args[1], until=args[2]))
                assert (found is not None) == tables.begin(key, args[1], args[2])
            case "finish" if drive(store.booking(key)) is not None:
                drive(store.finish_pay(key))
                tables.finish(key)
            case "due":
                due = drive(store.due_bookings(args[0]))
                assert sorted((each.booking_id, settling) for each, settling in due) == sorted(tables.due(args[0]))
                assert [settling for _, settling in due] == [settling for _, settling in tables.due(args[0])]
            case "expire":
                drive(store.expire_booking(key, now=args[1]))
                tables.expire(key, args[1])
            case "paid":
                assert drive(store.has_paid_booking(*args)) == tables.paid(*args)
            case "taken":
                assert drive(store.taken_rooms(args[0], days(args[1]))) == tables.taken(args[0], days(args[1]).dates)
    for row in tables.bookings:
        assert drive(store.booking(row["key"])).state == row["state"]


POINTS = st.tuples(st.floats(-85, 85), st.floats(-180, 180))


@SEVERAL
@given(places=st.lists(POINTS, max_size=30), at=POINTS, km=st.floats(0.01, 50.0))
def test_hotels_in_cells_are_those_whose_cell_is_asked_for(
    places: list[tuple[float, float]], at: tuple[float, float], km: float, modules: Callable[[str], Any]
) -> None:
    service = modules("hotel")
    messages, geo = service.messages, service.geo
    near = [(at[0] + up / 10, at[1] + up / 10) for up in range(-2, 3) if abs(at[0]) < 84 and abs(at[1]) < 179]
    hotels = [
        messages.Hotel(hotel_id=f"h-{number}", name="", loc=messages.Geo(lat=lat, lon=lon), rooms=1, price=1)
        for number, (lat, lon) in enumerate([*places, *near])
    ]
    cells = geo.cells_around(*at, km)
    found = drive(service.memory.MemoryHotelStore(hotels).hotels_in_cells([*cells, *cells]))
    wanted = set(cells)
    expected = [each for each in hotels if geo.cell_of(each.loc.lat, each.loc.lon) in wanted]
    assert sorted(each.hotel_id for each in found) == sorted(each.hotel_id for each in expected)


@SEVERAL
@given(hotels=st.lists(NAMES, max_size=60), limit=st.just(20))
def test_reviews_are_the_newest_of_a_hotel(hotels: list[str], limit: int, modules: Callable[[str], Any]) -> None:
    service = modules("review")
    reviews = [
        service.messages.Review(review_id=f"r-{number:03d}", user="u", hotel=hotel, stars=3, body="")
        for number, hotel in enumerate(hotels)
    ]
    half = len(reviews) // 2
    store = service.memory.MemoryReviewStore(reviews[:half])
    for each in reviews[half:]:
        drive(store.add_review(each, request_key=""))
    for hotel in "abc":
        expected = sorted((each for each in reviews if each.hotel == hotel), key=lambda each: each.review_id)
        assert drive(store.newest_reviews_by_hotel(hotel)) == expected[::-1][:limit]


ACCOUNTS = st.one_of(
    st.tuples(st.just("add"), NAMES, NAMES),
    st.tuples(st.just("change"), NAMES, st.none() | NAMES, st.none() | NAMES),
    st.tuples(st.just("remove"), NAMES),
    st.tuples(st.just("login"), NAMES),
)


@SEVERAL
@given(steps=st.lists(ACCOUNTS, max_size=30))
def test_an_address_belongs_to_one_user(steps: list[tuple[Any, ...]], modules: Callable[[str], Any]) -> None:
    service = modules("user")
    store, rows = service.memory.MemoryUserStore(), dict[str, list[str]]()  # key to address and hash

    def known(email: str | None, apart: str = "") -> bool:
        return email is not None and any(row[0] == email and key != apart for key, row in rows.items())

    for number, (verb, key, *args) in enumerate(steps):
        match verb:
            case "add" if key not in rows:
                user = service.messages.User(user_id=key, name="n", email=args[0])
                if known(args[0]):
                    with pytest.raises(Conflict):
                        drive(store.add_user(user, str(number)))
                else:
                    drive(store.add_user(user, str(number)))
                    rows[key] = [args[0], str(number)]
            case "change":
                request = service.messages.UpdateUserRequest(user=key, email=args[0])
                if key in rows and known(args[0], key):
                    with pytest.raises(Conflict):
                        drive(store.change_user(request, args[1]))
                else:
                    assert (drive(store.change_user(request, args[1])) is not None) == (key in rows)
                    if key in rows:
                        rows[key] = [args[0] or rows[key][0], args[1] or rows[key][1]]
            case "remove":
                assert drive(store.remove_user(key)) == (rows.pop(key, None) is not None)
            case "login":
                found = drive(store.user_credentials(key))
                assert (found and tuple(found)) == next(
                    ((name, row[1]) for name, row in rows.items() if row[0] == key), None
                )
        for name in "abc":
            assert drive(store.user_exists(name)) == (name in rows)


@SEVERAL
@given(bookings=st.lists(NAMES, max_size=12))
def test_a_booking_is_paid_once(bookings: list[str], modules: Callable[[str], Any]) -> None:
    service = modules("payment")
    payments = [
        service.messages.Payment(payment_id=f"p-{number}", booking=each, amount=1)
        for number, each in enumerate(bookings)
    ]
    store, first = service.memory.MemoryPaymentStore(payments[:1]), {each.booking: each for each in payments[:1]}
    for each in payments:
        assert drive(store.add_payment_once(each)) == first.setdefault(each.booking, each)
