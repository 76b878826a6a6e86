"""Escape changes every policy on the ways to a service at once, opening goes step by step, and both lead back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from telic.clock import VirtualClock
from telic.errors import ActionRefused
from telic.model import Action, Call, Design, ServiceDesign, ServiceOperation, Window
from telic.model.intent import Capacity
from telic.runtime.wiring import EdgePolicy, NodePolicy, RetryPolicy, Wiring
from telic.worlds.local import actions
from telic.worlds.local.desired import Desired, DesiredService
from telic.worlds.local.events import Events
from telic.worlds.local.layout import Layout
from telic.worlds.local.ports import Ports
from telic.worlds.local.system import System

NAIVE = RetryPolicy(max=3, budget=0.0, backoff=0.0)
EDGES = {
    "gateway->search": EdgePolicy(0.3, NAIVE, deadline=False),
    "gateway->user": EdgePolicy(0.3, NAIVE, deadline=False),
    "search->hotel": EdgePolicy(0.12, NAIVE, deadline=False),
    "user->hotel": EdgePolicy(0.5, deadline=False),
}
CALLS = {"gateway": ("search", "user"), "search": ("hotel", "review"), "user": ("hotel",), "hotel": (), "review": ()}
WIRING = Wiring(node=NodePolicy(queue=-1, cancel=False), edges=EDGES)


class QuietSystem(System):
    """Services that do nothing but read their configuration."""

    async def said(self, service: DesiredService) -> Mapping[str, object] | None:
        return {"revision": service.revision}

    def starter(self, service: DesiredService) -> Any:
        raise AssertionError("nothing is started here")

    async def lead_traffic(self, callee: str) -> None:
        raise AssertionError("no traffic here")

    def last_words(self, process: str, lines: int = 3) -> str:
        return ""

    async def prepare_database(self, design: Design) -> None:
        return None

    async def held(self, service: str, table: str) -> tuple[str, ...]:
        return ()

    async def change_privileges(self, verb: str, service: str, table: str, privileges: str) -> None:
        return None

    async def repairs(self, store: str) -> list[str]:
        return []

    async def repair(self, store: str, statements: Sequence[str]) -> None:
        return None

    async def flush_cache(self) -> None:
        return None

    async def poison_queue(self, subject: str, count: int) -> None:
        return None


def service(name: str) -> ServiceDesign:
    calls = tuple(Call(callee, "work") for callee in CALLS[name])
    capacity = Capacity(name, slots=4, service_time=0.012) if name == "hotel" else None
    return ServiceDesign(
        name, "owner", (), (ServiceOperation("work", ("F1",), (), (), calls=calls),), (), (), capacity=capacity
    )


@pytest.fixture
def system(tmp_path: Path) -> QuietSystem:
    layout = Layout(tmp_path / "state", tmp_path / "run")
    layout.run.mkdir(mode=0o700)
    layout.make()
    services = tuple(service(name) for name in CALLS)
    design = Design("made", "", services, (), (), WIRING, (), (), hash="sha256:0", folder=tmp_path)
    desired = Desired("made", design.hash, str(tmp_path))
    for name, callees in CALLS.items():
        edges = {f"{name}->{callee}": WIRING.of_edge(f"{name}->{callee}") for callee in callees}
        desired.services[name] = DesiredService(name, 0, node=WIRING.of_node(name), edges=edges)
    clock = VirtualClock(1000.0)
    events = Events("made", 0, clock)
    return QuietSystem(
        design,
        desired,
        layout,
        clock=clock,
        events=events,
        ports=Ports(),
        endpoint="",
        telemetry=False,
    )


def apply(system: System, action: Action) -> Action:
    """Apply an action; return what takes it back."""
    undo = asyncio.run(actions.apply(system, action)).action
    assert undo is not None
    return undo


def policies(system: System) -> dict[str, NodePolicy | EdgePolicy]:
    found: dict[str, NodePolicy | EdgePolicy] = {}
    for each in system.desired.services.values():
        found[each.name] = each.node
        found.update(each.edges)
    return found


ESCAPE = Action("escape", "hotel", {"shed": 0.3})


def test_an_escape_changes_everything_on_the_ways_and_nothing_else(system: QuietSystem) -> None:
    before = policies(system)
    undo = apply(system, ESCAPE)
    now = policies(system)
    hotel = now["hotel"]
    assert hotel == NodePolicy(queue=20, order="lifo", cancel=True, max_age=0.06)  # half of the shortest timeout
    gateway = now["gateway"]
    assert isinstance(gateway, NodePolicy)
    assert (gateway.shed, gateway.max_age, gateway.cancel) == (0.3, 1.0, True)
    assert all(now[edge] == EdgePolicy(EDGES[edge].timeout) for edge in EDGES)
    assert {name for name in now if now[name] == before[name]} == {"review", "search->review"}
    assert [each.revision for each in system.desired.services.values()] == [2, 2, 2, 2, 1]  # one each, whatever changed
    (change,) = system.changes.within(_ever())
    assert (change.kind, change.entity, change.author) == ("policy", "hotel", "telic")
    assert "hotel: queue unbounded -> 20 places, order fifo -> lifo" in change.diff
    apply(system, undo)
    assert policies(system) == before


def test_a_dry_run_says_each_change_and_changes_nothing(system: QuietSystem) -> None:
    before = policies(system)
    words = asyncio.run(actions.plan(system, ESCAPE)).words
    assert (
        "gateway: queue unbounded -> 64 places, order fifo -> lifo, "
        "work of a caller that left is cancelled off -> on, "
        "refused after waiting never -> 1 s, shed at the door 0 % -> 30 %" in words
    )
    assert "search->hotel: retries up to 3 without a budget" in words
    assert "-> none, deadline passed on off -> on" in words
    assert policies(system) == before


def test_opening_sheds_less_first_and_lets_only_the_designs_retries_back_within_a_budget(system: QuietSystem) -> None:
    apply(system, ESCAPE)
    back = apply(system, Action("reopen", "hotel", {"shed": 0.15, "budget": 0.0}))
    assert system.service("gateway").node.shed == 0.15
    apply(system, back)
    assert system.service("gateway").node.shed == 0.3
    apply(system, Action("reopen", "hotel", {"shed": 0.0, "budget": 0.05}))
    now = policies(system)
    assert now["search->hotel"] == EdgePolicy(0.12, RetryPolicy(max=1, budget=0.05, backoff=0.01, jitter=True))
    assert now["user->hotel"] == EdgePolicy(0.5)  # the design has no retries there
    assert system.service("gateway").node.shed == 0.0
    assert system.service("hotel").node.max_age == 0.06  # bounds stay


@pytest.mark.parametrize(
    ("action", "says"),
    [
        (Action("escape", "nobody"), "no service"),
        (Action("escape", "hotel", {"shed": 1.0}), "a share from 0 to 0.95|shed"),
        (Action("escape", "hotel", {"shed": "much"}), "shed"),
        (Action("reopen", "hotel"), "not being escaped"),
        (Action("set_policies", "hotel", {"policies": "{"}), "no policies"),
        (Action("set_policies", "hotel", {"policies": '{"hotel->gateway": {}}'}), "no edge"),
        (Action("set_policies", "hotel", {"policies": '{"nobody": {}}'}), "no service"),
        (Action("set_policies", "hotel", {"policies": "{}"}), "in force"),
    ],
)
def test_what_cannot_be_done_is_refused(system: QuietSystem, action: Action, says: str) -> None:
    with pytest.raises(ActionRefused, match=says):
        asyncio.run(actions.plan(system, action))


def test_a_second_escape_finds_nothing_to_change(system: QuietSystem) -> None:
    apply(system, ESCAPE)
    with pytest.raises(ActionRefused, match="in force"):
        asyncio.run(actions.plan(system, ESCAPE))


def _ever() -> Window:
    return Window(0.0, 1e12)
