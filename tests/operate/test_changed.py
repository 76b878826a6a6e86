"""What is done where no mechanism carries the harm: the change that came with it is taken back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from telic.model import Action, ActionRecord, Change, ServiceState, State, Topology, Window
from telic.operate.diagnosis.blame import Blame
from telic.operate.diagnosis.changed import SOON, changed
from telic.operate.diagnosis.findings import Findings, Picture
from telic.operate.diagnosis.proposal import Clue, Proposal
from telic.operate.diagnosis.ranking import carried, last_resort
from telic.operate.diagnosis.storm import STEP, Flow, Storm
from telic.operate.history import History
from telic.telemetry.queries.operations import OperationStep
from telic.telemetry.queries.storms import EntryStep

ONSET = 1_000.0
DEPLOY = Change("C7", ONSET - 2.0, "deploy", "rating", "clean up", before="1", after="2")
POLICY = Change("C8", ONSET, "policy", "rating", "try it", diff='shed: 0.0 -> 0.7\ncache: {"ttl": 5.0} -> null')
ROLLBACK = Action("rollback", "rating", {"version": "1"}, "take back C7")


def findings(*changes: Change, blames: tuple[Blame, ...]) -> Findings:
    policies = {"rating": {"queue": 9, "shed": 0.7, "cache": None}}
    rating = ServiceState("rating", "2", "1", 1, {}, policies, ())
    return Findings(
        now=ONSET + 5.0,
        onset=ONSET,
        symptoms=(),
        topology=Topology("shop", (), ()),
        state=State("shop", ONSET + 5.0, {"rating": rating}),
        history=History(),
        changes=changes,
        current=Picture(Window(ONSET, ONSET + 5.0)),
        baseline=None,
        blames=blames,
    )


AT_RATING = (Blame("service", "rating", "slow"),) * 8 + (Blame("edge", "gateway->rating", "slow"),) * 2


def test_a_change_at_the_place_and_moment_of_harm_carries_a_diagnosis_but_is_not_acted_upon_at_once() -> None:
    (found,) = changed(findings(DEPLOY, blames=AT_RATING))
    assert (found.mechanism, found.entity, found.mitigations) == ("bad-change", "rating", (ROLLBACK,))
    assert carried([found])
    assert 0.0 < found.weight < 1.386  # odds of 4 to 1, from which one acts at once


def pressed(calls: int, *, asked: int = 5, change: Change = DEPLOY) -> list[Proposal]:
    """What changes say where `calls` came to a place below rating that 100 came to before, and 5 a step were asked."""
    refused = Blame("service", "stock", "refused", path=("stock", "rating", "gateway"))
    known = findings(change, blames=(refused,) * 10)
    now, before = (
        Picture(Window(at, at + 10.0), operations=(OperationStep("stock", "GET /stock", at, count),), covered=10.0)
        for at, count in ((ONSET, calls), (ONSET - 12.5, 100))
    )
    flows = (
        Flow(each.window, [EntryStep(each.window.start + STEP * step, count) for step in range(20)])
        for each, count in ((now, asked), (before, 5))
    )
    stock = replace(known.state.services["rating"], name="stock")
    state = replace(known.state, services={**known.state.services, "stock": stock})
    return changed(replace(known, state=state, current=now, baseline=before, storm=Storm(*flows)))


def test_a_change_above_a_place_that_is_asked_for_more_than_users_ask_is_blamed() -> None:
    (found,) = pressed(200)
    assert (found.entity, found.mitigations) == ("rating", (ROLLBACK,))
    assert any("2.0 times as many calls came to stock" in each.says for each in found.clues)
    assert carried([found])


def test_a_change_above_is_not_blamed_where_users_ask_for_more_or_no_more_comes() -> None:
    assert pressed(105) == []
    assert pressed(200, asked=10) == []
    assert pressed(200, change=replace(DEPLOY, entity="order")) == []


@pytest.mark.parametrize(
    ("change", "blames"),
    [
        (replace(DEPLOY, time=ONSET - SOON - 1.0), AT_RATING),
        (replace(DEPLOY, time=ONSET + 10.0), AT_RATING),
        (replace(DEPLOY, entity="order"), AT_RATING),
        (DEPLOY, (Blame("service", "order", "raised"),) * 9 + AT_RATING[:1]),
        (DEPLOY, ()),
    ],
    ids=["long before", "after", "elsewhere", "harm elsewhere", "nobody followed"],
)
def test_other_changes_explain_nothing(change: Change, blames: tuple[Blame, ...]) -> None:
    assert changed(findings(change, blames=blames)) == []


def test_fields_of_a_policy_get_their_old_values_and_others_stay() -> None:
    (found,) = changed(findings(POLICY, blames=AT_RATING))
    (action,) = found.mitigations
    assert (action.verb, action.target) == ("set_policy", "rating")
    assert json.loads(str(action.params["policy"])) == {"queue": 9, "shed": 0.0, "cache": {"ttl": 5.0}}


def weighing(weight: float, **more: Any) -> Proposal:
    return Proposal("overload", "rating", [Clue(weight + 3.0, "full")], **more)


def tried(action: Action) -> ActionRecord:
    return ActionRecord("A1", "I1", action, "left", ONSET + 4.0)


def test_a_cause_that_is_carried_goes_first_until_it_has_nothing_left_to_try() -> None:
    restart = Action("restart", "rating", {})
    cause, changes = weighing(4.0, mitigations=(restart,)), changed(findings(DEPLOY, blames=AT_RATING))
    assert last_resort([cause], changes, ()) == [cause]
    (again,) = last_resort([cause], changes, (tried(restart),))
    assert (again.mechanism, again.mitigations, again.change) == ("overload", (restart, ROLLBACK), DEPLOY)
    assert last_resort([cause], [], (tried(restart),)) == [cause]


def test_where_nothing_is_carried_the_change_is_the_cause_until_taking_it_back_did_not_help() -> None:
    changes = changed(findings(DEPLOY, blames=AT_RATING))
    assert [each.mechanism for each in last_resort([weighing(-1.0)], changes, ())] == ["bad-change", "overload"]
    ranked = last_resort([weighing(-1.0)], changes, (tried(ROLLBACK),))
    assert not carried(ranked)
