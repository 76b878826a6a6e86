"""Every action has a card, an example that can be read, and an undo that leads back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.tools.small_world import SmallWorld, wanted

from telic.clock import VirtualClock
from telic.errors import ActionRefused
from telic.model import Action
from telic.tools import actions

VERBS = (
    "escape",
    "failover",
    "flush_cache",
    "grant",
    "reconcile",
    "renew_certificate",
    "reopen",
    "restart",
    "revoke",
    "rollback",
    "scale",
    "set_config",
    "set_policies",
    "set_policy",
)
MANY = ("escape", "reopen", "set_policies")  # of which test_escape.py tells


def test_the_verbs_are_those_of_the_contract() -> None:
    assert tuple(actions.action) == VERBS


@pytest.mark.parametrize("card", actions.cards(), ids=lambda card: str(card["name"]))
def test_every_card_says_effect_precondition_and_undo(card: dict[str, object]) -> None:
    text = str(card["card"])
    assert all(word in text for word in ("Effect:", "Precondition:", "Undo:"))
    example = dict(card["example"])  # type: ignore[call-overload]
    made = actions.read(Action(str(card["name"]), example.pop("target"), example))
    assert made.irreversible == card["irreversible"]


@pytest.mark.parametrize(
    "verb",
    [
        each
        for each in VERBS
        if each not in ("flush_cache", "reconcile", "renew_certificate", "restart", "revoke", *MANY)
    ],
)
def test_the_undo_of_an_action_is_an_action_that_leads_back(verb: str) -> None:
    world = SmallWorld(VirtualClock(10.0), runs=verb != "scale")
    before = world.fingerprint()
    action = wanted(verb)
    made = actions.read(action)
    state = world.state()
    assert made.precondition(state, world.topology())
    assert made.in_force(state, 10.0) in (False, None)
    undo = made.undo(state)
    world.apply(action)
    assert made.in_force(world.state(), 10.0) in (True, None) or verb == "set_policy"
    assert undo.action is not None
    actions.read(undo.action)
    world.apply(undo.action)
    assert world.fingerprint()[:5] == before[:5]


@pytest.mark.parametrize(("runs", "replicas"), [(True, 1), (True, 0), (False, 0), (False, 2)])
def test_an_operator_starts_services_and_ends_none(runs: bool, replicas: int) -> None:
    world = SmallWorld(runs=runs)
    with pytest.raises(ActionRefused, match="hotel"):
        actions.read(Action("scale", "hotel", {"replicas": replicas})).precondition(world.state(), world.topology())


def test_only_a_store_is_brought_back_to_its_design() -> None:
    world = SmallWorld()
    reconcile = actions.read(Action("reconcile", "postgres"))
    assert reconcile.precondition(world.state(), world.topology()) == "postgres is ready"
    assert reconcile.touches(world.topology()) == {"postgres"}
    with pytest.raises(ActionRefused, match="no store 'hotel'"):
        actions.read(Action("reconcile", "hotel")).precondition(world.state(), world.topology())


@pytest.mark.parametrize(("until", "says", "valid"), [(100.0, "has 90 s left", True), (4.0, "ran out 6 s ago", False)])
def test_who_presents_a_certificate_may_have_a_new_one(until: float, says: str, valid: bool) -> None:
    world = SmallWorld(VirtualClock(10.0))
    state = replace(world.state(), certificates={"hotel": until})
    renew = actions.read(Action("renew_certificate", "hotel"))
    assert says in renew.precondition(state, world.topology())
    assert renew.in_force(state, 0.0) is valid
    assert renew.touches(world.topology()) == {"hotel"}
    with pytest.raises(ActionRefused, match="gateway presents no certificate"):
        actions.read(Action("renew_certificate", "gateway")).precondition(state, world.topology())


def test_a_restart_is_seen_by_the_age_of_the_process() -> None:
    world = SmallWorld(VirtualClock(10.0))
    restart = actions.read(wanted("restart"))
    assert restart.in_force(world.state(), 10.0) is False
    world.apply(wanted("restart"))
    assert restart.in_force(world.state(), 10.0) is True


def test_a_port_that_is_no_link_comes_back_as_the_setting_it_was() -> None:
    world = SmallWorld()
    world.link = "other"
    undo = actions.read(wanted("failover")).undo(world.state()).action
    assert undo == Action("set_config", "gateway", {"key": "upstream.hotel.port", "value": 20999}, "take back link b")
