"""Which change was in force, since when and where; what changed before the onset, near it."""

from __future__ import annotations

from telic.context.changes.candidates import candidates, owns
from telic.context.changes.recent import recent
from telic.model import Change

SERVICES = ("cartservice", "frontend")


def _commit(id_: str, time: float, path: str, diff: str = "-a = f(1)\n+a = g(2, b)") -> Change:
    return Change(id_, time, "commit", "", id_, diff=diff, files=(path,))


def _deploy(id_: str, time: float, entity: str) -> Change:
    return Change(id_, time, "deploy", entity, f"deploy {id_}")


def test_a_deploy_ships_its_commit_and_those_before_it() -> None:
    known = [
        _commit("old", 10, "services/cart/a.go"),
        _commit("own", 20, "services/cart/b.go"),
        _commit("web", 25, "services/frontend/c.ts"),
        _commit("lib", 26, "pkg/db/pool.go"),
        _deploy("own", 30, "cartservice"),
        _commit("late", 40, "services/cart/d.go"),
    ]
    found = {each.change.id: [(a.time, a.entity, a.how) for a in each.arrivals] for each in candidates(known, SERVICES)}
    assert found == {
        "old": [(30, "cartservice", "carried")],
        "own": [(30, "cartservice", "itself")],
        "web": [],
        "lib": [(30, "cartservice", "carried")],
        "late": [],
    }


def test_code_behind_a_flag_is_in_force_with_the_flag() -> None:
    guarded = _commit("c", 10, "services/cart/a.py", '+    if flags.on("new_cart"):\n+        run()')
    known = [guarded, _deploy("c", 20, "cartservice"), Change("new_cart", 90, "flag", "cartservice", "off->on")]
    commit = next(each for each in candidates(known, SERVICES) if each.change.id == "c")
    assert [each.time for each in commit.arrivals] == [90]


def test_without_deploys_on_record_a_commit_counts_from_its_own_time() -> None:
    found = candidates([_commit("c", 10, "services/cart/a.go")], SERVICES)
    assert [(each.time, each.entity, each.how) for each in found[0].arrivals] == [(10, "cartservice", "unknown")]


def test_whose_file_it_is() -> None:
    assert owns("ts-order-service", "ts-order-service/src/main/java/A.java")
    assert owns("dashboard-svc", "dashboard-svc/dao/a.py")
    assert not owns("frontend", "services/cart/a.go")


def test_what_changed_before_near_the_cause() -> None:
    known = [
        _commit("far", 800, "services/frontend/a.ts"),
        _deploy("far", 900, "frontend"),
        _commit("near", 700, "services/cart/a.go"),
        _deploy("near", 890, "cartservice"),
        _commit("docs", 895, "docs/cart.md"),
        _commit("after", 1000, "services/cart/b.go"),
        _deploy("after", 1100, "cartservice"),
    ]
    found = recent(known, 1000.0, {"cartservice": 1.0, "frontend": 0.4})
    assert [each.candidate.change.id for each in found] == ["near", "far"]
    assert "2 min before, itself at cartservice" in found[0].why
