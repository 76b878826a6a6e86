"""Grades of known records, and what no record may do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lab.recorded_episodes import ACTED, END, FAULT, HARM, START, action, calm, claims, make, tallies

from telic.lab.grading import grade
from telic.lab.scenario import Load, Placed, Scenario
from telic.lab.session import Called, Cited, Claims, Condition, Episode, Post
from telic.model import Incident, Truth, Window


def test_a_rightly_operated_episode_passes_everything() -> None:
    found = grade(make())
    assert {name: each.passed for name, each in found.tasks.items()} == {
        **dict.fromkeys(found.tasks, True),
        "predict": None,
    }
    assert (found.to_detect, found.to_localise, found.to_mitigate) == (5.0, 5.0, 9.0)
    assert (found.interventions, found.blast_radius, found.false_alarms) == (1, 1, ())
    assert found.solved
    assert found.budget_burnt == pytest.approx(9 * 10 / 28)
    assert found.cost.calls == 2


def test_a_healthy_world_rightly_left_alone() -> None:
    found = grade(calm())
    assert found.detect.passed
    assert found.negative
    assert (found.localise.passed, found.explain.passed, found.mitigate.passed) == (None, None, None)
    assert found.false_alarms == ()


def test_tasks_that_were_not_asked_are_not_judged() -> None:
    asked = replace(make().scenario, tasks=("detect",))
    found = grade(make(scenario=asked))
    assert found.detect.passed
    assert found.mitigate.why == found.localise.why == "not asked"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"healthy": None}, "it never said whether all is well"),
        ({"healthy": True}, "it said that all is well"),
        ({"times": {"healthy": START + 10}}, "said 10 s before anything was wrong"),
    ],
)
def test_detection_fails(changed: dict[str, object], why: str) -> None:
    found = grade(make(claims=claims(**changed)))
    assert not found.detect.passed
    assert found.detect.why == why
    assert found.to_detect is None


def test_an_alias_is_the_place_too() -> None:
    assert grade(make(claims=claims(entity="hotel-1"))).localise.passed
    assert grade(make(claims=claims(entity="search"))).localise.why == "search was blamed, hotel it was"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"mechanism": "crash-loop"}, "crash-loop was claimed, hang it was"),
        ({"mechanism": ""}, "no mechanism was claimed, hang it was"),
        ({"onset": None}, "no onset was claimed"),
        ({"onset": START + 60}, "the claimed onset is 40 s off"),
        ({"onset": float("nan")}, "the claimed onset is nan s off"),
        ({"path": ("gateway", "search", "hotel")}, "the claimed path does not lead from hotel to gateway"),
        ({"path": ()}, "the claimed path does not lead from hotel to gateway"),
        ({"evidence": ()}, "no evidence was given"),
        ({"evidence": (Cited("nonsense", holds=False), Cited("?", holds=None))}, "no query carries the claim"),
    ],
)
def test_explanation_fails(changed: dict[str, object], why: str) -> None:
    found = grade(make(claims=claims(**changed)))
    assert found.localise.passed
    assert not found.explain.passed
    assert found.explain.why == why


def test_the_way_of_an_edge_begins_at_either_end() -> None:
    truth = (Truth("network", "search->hotel", "network-delay", injected=START + FAULT),)
    said = claims(entity="search->hotel", mechanism="network-delay", path=("search", "gateway"))
    assert grade(make(truth=truth, claims=said)).explain.passed


def test_the_onset_of_a_slow_fault_is_any_moment_of_its_growth() -> None:
    slow = Scenario("slow", faults=(Placed("leak", shape="ramp", over=60.0),))
    said = claims(onset=START + 100)
    assert not grade(make(claims=said)).explain.passed
    assert grade(make(claims=said, scenario=slow)).explain.passed


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"actions": ()}, "nobody did anything about it"),
        ({"actions": (action(10.0),)}, "nobody did anything about it"),
        ({"users": tallies([*range(21, 30), 44])}, "users were harmed in 1 s of the recovery window"),
        ({"users": tallies(end=33.0)}, "load stopped for 2 s or more in the recovery window"),
        ({"users": tallies(end=31.0)}, "nobody was there to be served; there is no load to compare"),
        ({"post": Post(conditions=(Condition("it runs", False),))}, "does not hold: it runs"),
        ({"post": Post(invariants=(Condition("no double booking", None),))}, "could not be asked: no double booking"),
        ({"post": Post(collateral=("service review",))}, "taken away: service review"),
        ({"post": Post(residue=("a stopped process",))}, "still there: a stopped process"),
    ],
)
def test_mitigation_fails(changed: dict[str, object], why: str) -> None:
    found = grade(make(**changed))
    assert found.mitigate.passed is False
    assert found.mitigate.why == why
    assert found.to_mitigate is None


def test_less_load_and_fewer_operations_are_no_mitigation() -> None:
    late = START + 32
    thinned = tuple(replace(each, good=each.good // 4) if each.second >= late else each for each in tallies())
    assert "load fell from 336 to" in grade(make(users=thinned)).mitigate.why
    without = tuple(
        replace(each, good=0) if each.second >= late and each.operation == "F2" else each for each in tallies()
    )
    assert "nobody asks for F2 any more" in grade(make(users=without)).mitigate.why
    shaped = replace(make().scenario, workload=Load(shape="swing:0.5"))
    assert grade(make(users=thinned, scenario=shaped)).mitigate.passed


def test_every_alarm_about_a_healthy_world_is_false() -> None:
    incident = Incident("i1", "hotel", START + 12, ())
    submit = Called(START + 15, "submit", {"healthy": False}, 0.0)
    for changed in (
        {"actions": (replace(action(), outcome="refused", applied=0.0),)},
        {"incidents": (incident,)},
        {"calls": (submit,)},
        {"calls": (Called(START + 15, "restart", {"target": "hotel"}, 1.0, error="no such target"),)},
        {"claims": Claims(True, "hotel", submitted=START + 30)},
    ):
        found = grade(calm(**changed))
        assert len(found.false_alarms) == 1, changed
        assert found.detect.passed is False
    assert grade(calm(claims=Claims(False, submitted=START + 30))).false_alarms == (
        "said that something is wrong at 24 s",
    )


def test_an_alarm_about_a_fault_that_went_by_itself_is_true_while_it_is_there() -> None:
    short = Scenario("short", faults=(Placed("hang", lasts=8.0),))
    truth = (Truth("hang", "hotel", "hang", injected=START + FAULT, healed=START + 28),)
    during = Incident("i1", "hotel", START + 24, ())
    found = grade(calm(scenario=short, truth=truth, incidents=(during,), users=tallies()))
    assert found.false_alarms == ()
    assert found.detect.passed
    later = replace(during, opened=START + 44)
    assert grade(calm(scenario=short, truth=truth, incidents=(later,))).false_alarms == ("opened an incident at 38 s",)


@pytest.mark.parametrize(
    ("changed", "right"),
    [
        ({}, True),  # users were well at 30 s, 2.6 s before it would have gone
        ({"claims": Claims(True, submitted=START + 31)}, True),  # it is over, after all
        ({"actions": ()}, False),  # nobody did anything: it went by itself
        ({"actions": (action(30.8),)}, True),  # harm is counted by whole seconds
        ({"actions": (action(31.2),)}, False),  # they were well already
        ({"actions": (action(18.0),)}, False),  # before anything was wrong
        ({"actions": (replace(action(), applied=0.0),)}, False),  # refused
        ({"users": tallies(range(HARM, 31))}, False),  # until it went
        ({"users": tallies(range(HARM, 33))}, False),
        ({"users": tallies(())}, False),  # nobody was harmed
        ({"claims": claims(times={"healthy": START + 19.0})}, False),  # guessed before it was there
    ],
)
def test_who_puts_right_what_would_have_gone_by_itself_may_say_what_it_was(
    changed: dict[str, Any], right: bool
) -> None:
    short = Scenario("short", faults=(Placed("hang", lasts=12.2),))
    truth = (Truth("hang", "hotel", "hang", injected=START + FAULT, healed=START + FAULT + 12.2),)
    found = grade(make(**{"scenario": short, "truth": truth, "calls": (), **changed}))
    assert (found.detect.passed, found.negative) == (right, True)
    assert (found.localise.passed, found.mitigate.passed) == (None, None)


def test_what_is_said_before_the_fault_is_a_false_alarm() -> None:
    early = Called(START + 8, "submit", {"healthy": False}, 0.0)
    found = grade(make(calls=(early,)))
    assert found.false_alarms == ("said that something is wrong at 2 s",)
    assert found.detect.passed


def test_harm_is_counted_against_nobody_acting() -> None:
    nobody = make(users=tallies(range(21, 25)))
    assert grade(make(), nobody).harm_by_actor == 50
    assert grade(nobody, make()).harm_by_actor == 0
    assert grade(make()).harm_by_actor is None


def test_who_gives_up_early_does_not_save_budget() -> None:
    long = make(users=tallies(range(21, 95), end=95.0))
    short = make(users=tallies(range(21, 95)))
    assert grade(short).budget_burnt == pytest.approx(grade(long).budget_burnt, rel=0.02)
    assert grade(make()).budget_burnt < grade(short).budget_burnt / 5
    crashed = make(users=tallies(range(21, 95), end=31.0), phases={"baseline": make().phases["baseline"]})
    assert grade(crashed).budget_burnt == pytest.approx(grade(long).budget_burnt, rel=0.02)


def test_only_the_stretch_of_both_records_is_compared() -> None:
    cut = make(users=tallies(range(21, 60), end=26.0))
    assert grade(make(), cut).harm_by_actor == 0


def test_void_episodes_say_nothing() -> None:
    assert grade(make(truth=())).void == "the fault was never injected"
    assert grade(make(users=())).void == "there was no load in the healthy baseline"
    silent = make(users=tallies(()), actions=(), calls=())
    assert grade(silent).void == "the fault reached no user and nobody acted"
    sick = make(users=tallies(range(END.__floor__())))
    assert grade(sick).void.startswith("users were not well before the fault")
    assert {each.passed for each in grade(sick).tasks.values()} == {None}


def test_an_actor_cannot_make_its_episode_void() -> None:
    sick = make(users=tallies(range(47)), actions=(action(8.0),))
    assert grade(sick).void == ""
    assert grade(sick).mitigate.passed is False


@settings(deadline=None)
@given(
    harmed=st.sets(st.integers(18, 46)),
    healthy=st.sampled_from([None, True, False]),
    entity=st.sampled_from(["", "hotel", "search"]),
)
def test_nobody_who_does_nothing_mitigates(harmed: set[int], healthy: bool | None, entity: str) -> None:
    said = claims(healthy=healthy, entity=entity)
    found = grade(make(users=tallies(harmed), actions=(), calls=(), claims=said))
    assert not found.mitigate.passed
    assert found.interventions == found.blast_radius == 0


@settings(deadline=None)
@given(harmed=st.sets(st.integers(18, 46), min_size=1), more=st.sets(st.integers(18, 46)), acted=st.floats(21, 31))
def test_more_bad_seconds_never_improve_a_grade(harmed: set[int], more: set[int], acted: float) -> None:
    before, after = (grade(make(users=tallies(each), actions=(action(acted),))) for each in (harmed, harmed | more))
    for name, judged in after.tasks.items():
        assert judged.passed is not True or before.tasks[name].passed is True
    assert after.budget_burnt >= before.budget_burnt
    assert after.bad >= before.bad
    assert (after.harm_began or 0) <= (before.harm_began or float("inf"))
    for name in ("to_detect", "to_localise", "to_mitigate"):
        earlier, later = getattr(before, name), getattr(after, name)
        assert earlier is None or later is None or later >= earlier


@settings(deadline=None)
@given(st.permutations([action(25.0, "hotel"), action(26.0, "search"), action(27.0, "hotel")]))
def test_the_order_of_the_record_changes_nothing(actions: list[object]) -> None:
    assert grade(make(actions=tuple(actions))).touched == ("hotel", "search")


def test_grading_needs_no_recovery_window_to_be_there() -> None:
    phases = {name: each for name, each in make().phases.items() if name != "recovery"}
    assert grade(make(phases=phases, ended="crashed: killed")).mitigate.why == "there was no recovery window"
    assert grade(make(phases={**phases, "recovery": Window(START, START)})).mitigate.passed is False
    assert ACTED < END


@pytest.mark.parametrize(
    ("said", "passed", "why"),
    [
        (21.0, True, "said 4 s before harm"),
        (25.0, False, "said 0 s after users were harmed"),
        (12.0, False, "said 8 s before anything was wrong"),
    ],
)
def test_what_grows_is_foreseen_when_it_is_named_before_users_are_harmed(said: float, passed: bool, why: str) -> None:
    asked = replace(make().scenario, tasks=("detect", "predict"))
    times = {"healthy": START + said, "entity": START + said}
    found = grade(make(scenario=asked, claims=claims(times=times), users=tallies(range(25, 40))))
    assert (found.predict.passed, found.predict.why) == (passed, why)
    assert grade(make()).predict.passed is None


CALM = Scenario("hotel-calm")


def test_an_alarm_about_harm_by_others_on_the_machine_is_not_counted() -> None:
    once = make(scenario=CALM, truth=(), actions=(), calls=(), users=tallies([25]))
    assert (grade(once).void, grade(once).detect.passed) == ("", False)
    shaken = make(scenario=CALM, truth=(), actions=(), calls=(), users=tallies([25, 26, 27]))
    assert grade(shaken).void == "users were harmed in 3 s although nothing was wrong"


def test_harm_that_the_actor_may_have_done_is_counted() -> None:
    acting = make(scenario=CALM, truth=(), calls=(), users=tallies(range(29, 40)), actions=(action(28.5),))
    assert (grade(acting).void, grade(acting).detect.passed) == ("", False)


def submitted(time: float, healthy: object = False) -> Called:
    return Called(START + time, "submit", {"healthy": healthy}, 0.0)


def left_alone(**changed: Any) -> Episode:
    """An episode in which nothing was wrong and nobody acted."""
    return make(**{"scenario": CALM, "truth": (), "actions": (), "calls": (), "claims": Claims(), **changed})


def test_harm_that_comes_after_a_false_alarm_does_not_take_it_back() -> None:
    early = grade(left_alone(users=tallies([35, 36, 37]), calls=(submitted(22.0),)))
    assert (early.void, len(early.false_alarms)) == ("", 1)
    late = grade(left_alone(users=tallies([35, 36, 37]), calls=(submitted(36.5),)))
    assert late.void == "users were harmed in 3 s although nothing was wrong"


def test_harm_while_a_shell_works_is_nobody_elses() -> None:
    command = Called(START + 34.0, "exec_shell", {"command": "yes > /dev/null"}, 3.0)
    assert grade(left_alone(users=tallies([35, 36, 37]), calls=(command,))).void == ""


@pytest.mark.parametrize(
    ("healthy", "alarms"), [(False, 1), ("false", 1), (0, 1), ("no idea", 0), (True, 0), (None, 0)]
)
def test_an_alarm_is_one_in_whatever_way_the_tool_takes_it(healthy: object, alarms: int) -> None:
    call = submitted(22.0, healthy)
    assert len(grade(left_alone(users=tallies([]), calls=(call,))).false_alarms) == alarms
    assert not grade(left_alone(users=tallies([]), calls=(replace(call, error="no such field"),))).false_alarms


def test_to_say_that_all_is_well_detects_nothing() -> None:
    passing = Scenario("hotel-passing", faults=(Placed("hang", lasts=8.0),))
    well = Claims(healthy=True, times={"healthy": START + 45.0})
    found = grade(left_alone(scenario=passing, truth=make().truth, claims=well, users=tallies(range(21, 30))))
    assert (found.detect.passed, found.to_detect) == (True, None)


def test_what_a_fault_did_before_it_went_by_itself_is_its_own() -> None:
    passing = Scenario("hotel-passing", faults=(Placed("hang", lasts=8.0),))
    own = make(scenario=passing, actions=(), calls=(), users=tallies(range(21, 30)))
    assert grade(own).void == ""
    after = make(scenario=passing, actions=(), calls=(), users=tallies([*range(21, 30), 40, 41]))
    assert grade(after).void == "users were harmed in 2 s although nothing was wrong"


def test_a_live_second_of_late_answers_does_not_undo_a_recovery() -> None:
    def shaken(*seconds: int, late: bool = True, world: str = "local") -> Episode:
        users = tallies([*range(21, 30), *seconds])
        slow = tuple(replace(each, late=each.bad if late else 0) for each in users)
        return make(users=slow, world=world)

    assert grade(shaken(40)).mitigate.passed
    assert not grade(shaken(40, 44)).mitigate.passed
    assert not grade(shaken(40, late=False)).mitigate.passed
    assert not grade(shaken(40, world="simulated")).mitigate.passed
