"""Episodes on the queueing model: faults that queues know, telemetry to explain them by, and their remedies."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

pytest.importorskip("numba", reason="the extra `model` is not installed")

from telic.errors import UsageError
from telic.lab import meanings
from telic.lab.actors import actor
from telic.lab.grading import grade
from telic.lab.made_up import made_up
from telic.lab.runs import suites
from telic.lab.scenario import Load, Phases, Placed, Scenario
from telic.lab.scenario.scenario import TASKS
from telic.lab.session.record import Episode
from telic.lab.session.running import Play, run
from telic.lab.session.session import Session
from telic.lab.session.stage import Stage

SHORT = Phases(warm=3.0, baseline=6.0, spread=2.0, hold=12.0, recovery=3.0)
SLOW = "SELECT service, count(*) AS n FROM spans WHERE kind = 'client' AND duration_ns > 150e6 GROUP BY service"


def episode(play: Play, *, app: str = "made-up-20", kind: str = "network", seed: int = 1) -> Episode:
    faults = (Placed(kind),) if kind else ()
    scenario = Scenario("some", app, ("detect", "localise"), "", Load(rate=50.0), faults, (), SHORT)
    return run(scenario, play, actor="someone", seed=seed, world="queueing")


def test_an_edge_of_a_made_up_system_hurts_users_and_shows_in_its_telemetry() -> None:
    answers = []

    def look(session: Session, stage: Stage) -> None:
        session.call("wait", {"seconds": 14.0})
        answers.append(session.call("query", {"sql": SLOW}))
        answers.append(session.call("flush_cache", {"target": "postgres"}))
        session.call("submit", {"healthy": False, "final": True})

    done = episode(look)
    (truth,) = done.truth
    slow, flush = answers
    assert truth.mechanism.startswith("network-")
    assert truth.entity.partition("->")[0] in {str(each["service"]) for each in slow.rows}
    assert flush.rows[0]["outcome"] == "refused"
    before = [each for each in done.users if each.second < truth.injected - 1]
    assert not any(each.harmed for each in before)
    assert any(each.harmed for each in done.users if each.second >= truth.injected)
    assert done.ended == "submitted"


def test_the_statistical_operator_explains_a_real_app_on_the_model() -> None:
    made = actor.create("telic")

    def operate(session: Session, stage: Stage) -> None:
        made.admit(stage)  # type: ignore[attr-defined]
        made.run(session)

    done = episode(operate, app="hotel", seed=3)
    (truth,) = done.truth
    assert done.claims.healthy is False
    assert (done.claims.entity, done.claims.mechanism) == (truth.entity, truth.mechanism)


def test_the_same_seed_gives_the_same_users() -> None:
    first, second = (episode(lambda session, stage: None) for _ in range(2))
    assert first.users == second.users
    assert first.truth == second.truth


def test_a_fault_that_queues_do_not_know_is_refused_by_name_with_the_reason() -> None:
    with pytest.raises(UsageError, match="clock-skew does not play on the queueing model: its processes have no"):
        episode(lambda session, stage: None, kind="clock-skew")


LONG = Phases(warm=6.0, baseline=8.0, spread=2.0, hold=30.0, recovery=8.0)
MENDED = {
    "hang": "restart",
    "bad-deploy-exception": "rollback",
    "crash-loop": "",
    "cpu-burn": "rollback",
    "scaled-to-zero": "scale",
    "network": "failover",
    "pool-too-small": "set_config",
    "admission-closed": "set_policy",
    "login-refused": "reconcile",
}  # kinds to the action that mends them; "" where it depends on the seed


@pytest.mark.parametrize("kind", MENDED)
def test_a_fault_hurts_users_until_its_remedy(kind: str) -> None:
    made = actor.create("oracle")

    def operate(session: Session, stage: Stage) -> None:
        made.admit(stage)  # type: ignore[attr-defined]
        made.run(session)

    scenario = Scenario("some", "hotel", TASKS, "", Load(rate=25.0, shape="swing:0.2@12"), (Placed(kind),), (), LONG)
    done = run(scenario, operate, actor="oracle", seed=1, world="queueing")
    grades = grade(done)
    assert any(each.harmed for each in done.users)
    assert grades.void == ""
    assert [getattr(grades, task).passed for task in TASKS] == [True] * len(TASKS), grades
    assert MENDED[kind] in {each.action.verb for each in done.actions} | {""}


def test_a_process_that_stands_still_tells_nothing() -> None:
    told: list[Mapping[str, object]] = []

    def look(session: Session, stage: Stage) -> None:
        session.call("wait", {"seconds": 14.0})
        sql = "SELECT service, max(time_ns) / 1e9 AS last FROM metrics GROUP BY service"
        told.extend(session.call("query", {"sql": sql}).rows)

    (truth,) = episode(look, app="hotel", kind="hang").truth
    silent = {str(each["service"]) for each in told if float(str(each["last"])) < truth.injected + 1.5}
    assert silent == {truth.entity}


def test_the_docs_list_every_kind_that_plays_and_why_the_others_do_not() -> None:
    page = (Path(__file__).parents[2] / "docs" / "concepts" / "queueing-model.md").read_text()
    assert meanings.table() in page, "write this into docs/concepts/queueing-model.md:\n" + meanings.table()


def test_what_is_held_out_of_the_suites_is_not_mapped() -> None:
    held = set(suites.describe("core").held_out.mechanisms)
    assert held == set(meanings.HELD_OUT)
    assert not any(meanings.words(kind) for kind in held)


@pytest.mark.parametrize("name", ["made-up-", "made-up-3", "made-up-many", "made-up-99999"])
def test_a_made_up_system_that_cannot_be_is_named(name: str) -> None:
    with pytest.raises(UsageError, match="no made-up system"):
        made_up(name)


def test_an_app_is_no_made_up_system() -> None:
    assert made_up("hotel") == 0
    assert made_up("made-up-300") == 300
