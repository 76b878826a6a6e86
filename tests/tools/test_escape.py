"""The cards of escape, reopen and set_policies: what they need, whom they reach, how they are taken back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from tests.tools.small_world import SmallWorld
from tests.tools.test_guard import Bench

from telic.errors import ActionRefused
from telic.model import Action, State
from telic.runtime.wiring import EdgePolicy, NodePolicy, RetryPolicy
from telic.tools import actions
from telic.tools.actions import policies

NAIVE = EdgePolicy(0.3, RetryPolicy(3, 0.0), deadline=False)


def state(**found: NodePolicy | EdgePolicy) -> State:
    """The small world with these policies; edges are written ``gateway__hotel``."""
    seen = SmallWorld().state()
    named = {name.replace("__", "->"): each for name, each in found.items()}
    services = {
        name: replace(
            each,
            policies={target: policy for target, policy in named.items() if target.partition("->")[0] == name},
        )
        for name, each in seen.services.items()
    }
    return replace(seen, services=services)


CALM = state(gateway=NodePolicy(), hotel=NodePolicy(queue=-1, cancel=False), gateway__hotel=NAIVE)
ESCAPED = state(
    gateway=NodePolicy(shed=0.5),
    hotel=NodePolicy(queue=20, order="lifo", max_age=0.15),
    gateway__hotel=EdgePolicy(0.3),
)


def test_an_escape_reaches_all_services_on_the_way_and_is_seen_in_the_state() -> None:
    topology = SmallWorld().topology()
    escape = actions.read(Action("escape", "hotel", {"shed": 0.5}))
    assert escape.touches(topology) == {"gateway", "hotel"}
    assert "gateway" in escape.precondition(CALM, topology)
    assert escape.in_force(CALM, 0.0) is False
    assert escape.in_force(ESCAPED, 0.0) is True
    assert escape.in_force(SmallWorld().state(), 0.0) is None
    with pytest.raises(ActionRefused, match="already"):
        escape.precondition(ESCAPED, topology)
    with pytest.raises(ActionRefused, match=r"shed=1\.5"):
        actions.read(Action("escape", "hotel", {"shed": 1.5})).precondition(CALM, topology)
    with pytest.raises(ActionRefused, match="no service"):
        actions.read(Action("escape", "hotl")).precondition(CALM, topology)


def test_its_undo_puts_every_policy_in_force_again() -> None:
    undo = actions.read(Action("escape", "hotel", {"shed": 0.5})).undo(CALM).action
    assert undo is not None
    back = actions.read(undo)
    assert back.precondition(ESCAPED, SmallWorld().topology())
    assert back.in_force(CALM, 0.0) is True
    assert back.in_force(ESCAPED, 0.0) is False
    assert policies.read(str(undo.params["policies"]), "x") == policies.in_state(CALM)


def test_only_what_is_escaped_is_opened_and_never_to_shed_more() -> None:
    topology = SmallWorld().topology()
    less = actions.read(Action("reopen", "hotel", {"shed": 0.25}))
    assert less.precondition(ESCAPED, topology) == "the entry sheds 0.5"
    assert less.in_force(ESCAPED, 0.0) is False
    with pytest.raises(ActionRefused, match="not being escaped"):
        less.precondition(CALM, topology)
    with pytest.raises(ActionRefused, match=r"sheds 0\.5"):
        actions.read(Action("reopen", "hotel", {"shed": 0.75})).precondition(ESCAPED, topology)


def test_retries_count_as_opened_when_somebody_has_a_budget() -> None:
    step = actions.read(Action("reopen", "hotel", {"shed": 0.0, "budget": 0.05}))
    shut = state(gateway=NodePolicy(), hotel=NodePolicy(max_age=0.1), gateway__hotel=EdgePolicy())
    open_ = state(
        gateway=NodePolicy(), hotel=NodePolicy(max_age=0.1), gateway__hotel=EdgePolicy(0.3, RetryPolicy(1, 0.05))
    )
    assert step.in_force(shut, 0.0) is False
    assert step.in_force(open_, 0.0) is True


@pytest.mark.parametrize("text", ["[]", "{", '{"hotel": {"queue": "many"}}', '{"nobody": {}}'])
def test_what_are_no_policies_of_this_world_is_refused(text: str) -> None:
    with pytest.raises(ActionRefused):
        actions.read(Action("set_policies", "hotel", {"policies": text})).precondition(CALM, SmallWorld().topology())


def test_policies_of_many_services_are_one_action_but_not_unattended_without_an_escape(tmp_path: Path) -> None:
    bench = Bench(tmp_path, good=("escape", "reopen", "set_policies"))
    text = msgspec.json.encode({"hotel": {"queue": 3}}).decode()
    wanted = [
        Action("escape", "hotel", {"shed": 0.5}),
        Action("set_policies", "hotel", {"policies": text}),
    ]

    assert [bench.do(each).outcome for each in wanted] == ["helped", "refused"]


def test_what_helped_and_did_not_hold_can_be_taken_back(tmp_path: Path) -> None:
    bench = Bench(tmp_path, good=("rollback",))

    record, guard = bench.do(Action("rollback", "hotel", {"version": "1"})), bench.guard()
    assert record.outcome == "helped"
    asyncio.run(bench.clock.run(guard.retract(record, "users were harmed again")))
    assert bench.world.version == "2"
    assert [each.outcome for each in guard.records("I1")] == ["undone"]
