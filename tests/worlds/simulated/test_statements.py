"""What each method of a generated store runs, costs and needs."""

from __future__ import annotations

import ast

import pytest

from telic.lab.faults.bad_deploy_slow_query import _SQL
from telic.lab.sources import statements, with_sql
from telic.model import Design
from telic.runtime.statements import Cost, Statement
from telic.worlds.simulated.grants import Grants
from telic.worlds.simulated.statements import BEGIN_TIME, CPU_OF_BASE, PER_STEP, PROXY, Plan, charge, plans


def _plans(design: Design, service: str, source: str = "") -> dict[str, Plan]:
    source = source or (design.folder / "services" / service / "store.py").read_text()
    known: dict[str, Statement] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.targets[0], ast.Name):
            known[node.targets[0].id] = eval(ast.unparse(node.value), {"Statement": Statement, "Cost": Cost})
    return plans(source, f"Postgres{service.capitalize()}Store", known)


EXPECTED = {
    "booking": {
        "taken_rooms": ["booking.taken_booking_stock"],
        "reserve": ["booking.insert_booking", "booking.take_booking_stock", "COMMIT"],
        "booking": ["booking.booking_by_key"],
        "begin_pay": ["booking.begin_pay"],
        "finish_pay": ["booking.finish_pay"],
        "has_paid_booking": ["booking.has_paid_booking"],
        "due_bookings": ["booking.due_bookings"],
        "expire_booking": ["booking.expire_booking", "booking.release_booking_stock", "COMMIT"],
    },
    "user": {
        "user_exists": ["user.user_exists"],
        "add_user": ["user.insert_user"],
        "user_credentials": ["user.user_credentials"],
        "user": ["user.user_by_key"],
        "change_user": ["user.update_user"],  # the second statement only tells two failures apart
        "remove_user": ["user.delete_user"],
    },
    "payment": {"add_payment_once": ["payment.insert_payment"]},
}


@pytest.mark.parametrize("service", EXPECTED)
def test_a_method_runs_the_statements_that_its_source_names(hotel: Design, service: str) -> None:
    found = _plans(hotel, service)
    assert {name: [each.statement.name for each in plan.charges] for name, plan in found.items()} == EXPECTED[service]


def test_every_method_of_every_store_runs_something(hotel: Design) -> None:
    for path in hotel.folder.glob("services/*/store.py"):
        assert all(each.charges for each in _plans(hotel, path.parent.name).values()), path


def test_a_plan_costs_what_its_statements_cost_and_waits_for_the_disk_once(hotel: Design) -> None:
    found = _plans(hotel, "booking")
    single, reserve = found["begin_pay"], found["reserve"]
    assert single.travel + single.cpu == pytest.approx(single.charges[0].statement.cost.seconds() + PROXY)
    *writes, commit = [each.travel + each.cpu for each in reserve.charges]
    assert all(each < commit for each in writes)
    assert reserve.travel + reserve.cpu == pytest.approx(sum(writes) + commit + BEGIN_TIME)
    assert 0 < reserve.cpu < reserve.travel


def test_a_missing_index_is_a_scan() -> None:
    statement = Statement("a.b", "SELECT 1", Cost(base=0.001, per_row=0.00001, rows=1, scan=2000, index="by_x"))
    assert charge(statement, indexed=False).cpu == pytest.approx(0.02 + CPU_OF_BASE * 0.001)
    source = "class PostgresAStore:\n    async def get(self): return await self._database.fetch(GET)\n"
    scans = plans(source, "PostgresAStore", {"GET": statement}, frozenset({"by_y"}))["get"]
    assert scans.cpu == charge(statement, indexed=False).cpu
    assert plans(source, "PostgresAStore", {"GET": statement}, frozenset({"by_x"}))["get"].cpu == charge(statement).cpu


def test_what_a_deploy_wrote_into_the_text_costs_time_and_locks(hotel: Design) -> None:
    path = "services/hotel/store.py"
    files = {path: (hotel.folder / path).read_text()}
    found = next(each for each in statements(files) if each.name == "hotel.hotels_in_cells")
    slow = _plans(hotel, "hotel", with_sql(files, found, _SQL.format(sql=found.sql, steps=150_000)))
    usual = _plans(hotel, "hotel")["hotels_in_cells"]
    assert slow["hotels_in_cells"].cpu - usual.cpu == pytest.approx(150_000 * PER_STEP)
    assert slow["hotels_in_cells"].locked
    assert not usual.locked
    assert slow["hotels_in_cells"].charges[0].needs == usual.charges[0].needs == (("hotel.hotels", "SELECT"),)
    assert slow["hotel"].cpu == _plans(hotel, "hotel")["hotel"].cpu


def test_a_sleep_takes_time_but_no_cpu() -> None:
    assert charge(Statement("a.b", "SELECT pg_sleep(0.25)")).travel == pytest.approx(0.25 + 0.6 * 0.0003 + PROXY)


@pytest.mark.parametrize(
    ("sql", "needs"),
    [
        ("SELECT a FROM b.c WHERE d = $1", {"SELECT"}),
        ('SELECT a FROM "b".c AS x JOIN b.c AS y ON x.a = y.a', {"SELECT"}),
        ("INSERT INTO b.c (a) VALUES ($1)", {"INSERT"}),
        ("INSERT INTO b.c (a) VALUES ($1) ON CONFLICT (a) DO NOTHING", {"INSERT", "SELECT"}),
        (
            "INSERT INTO b.c (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET a = 1 RETURNING a",
            {"INSERT", "SELECT", "UPDATE"},
        ),
        ("UPDATE b.c SET a = 1 WHERE a = 2", {"SELECT", "UPDATE"}),
        ("DELETE FROM b.c WHERE a = 1", {"SELECT", "DELETE"}),
        ("SELECT a FROM b.c FOR UPDATE", {"SELECT", "UPDATE"}),
    ],
)
def test_privileges_are_those_that_the_database_asks_for(sql: str, needs: set[str]) -> None:
    assert {("b.c", each) for each in needs} == set(charge(Statement("b.x", sql)).needs)


def test_the_design_grants_what_its_statements_need_and_nothing_else_does(hotel: Design) -> None:
    for path in hotel.folder.glob("services/*/store.py"):
        service = path.parent.name
        needs = {need for each in _plans(hotel, service).values() for charge in each.charges for need in charge.needs}
        assert needs
        for table, privilege in sorted(needs):
            grants = Grants(hotel.grants, ())
            assert not grants.lacks(service, needs)
            grants.revoke(service, table, privilege)
            assert grants.lacks(service, needs) == table
            assert grants.missing() == (f"{service}: {privilege} ON {table}",)
            grants.grant(service, table, "ALL")
            assert not grants.missing()
