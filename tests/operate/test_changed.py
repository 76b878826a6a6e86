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
from telic.operate.history import History

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
