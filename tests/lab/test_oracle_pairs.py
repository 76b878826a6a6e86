"""The reference mends every fault that lasts, also one that is not felt yet."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from telic.lab.actors import oracle
from telic.lab.actors.oracle import Oracle
from telic.model import Action

WAYS = {
    "first": [Action("rollback", "inference", {}), Action("restart", "inference", {})],
    "second": [Action("set_config", "vector", {}), Action("restart", "vector", {})],
    "gone": [Action("restart", "gateway", {})],
}


class Asked:
    """A session that keeps what was done, and in which alerts end after `well_after` actions."""

    closed = False

    def __init__(self, well_after: int) -> None:
        self.done: list[str] = []
        self._well_after = well_after

    def now(self) -> float:
        return 0.0

    def call(self, tool: str, given: dict[str, Any]) -> SimpleNamespace:
        if "target" in given:
            self.done.append(f"{tool} {given['target']}")
        return SimpleNamespace(rows=[] if 0 < self._well_after <= len(self.done) else [{}])


@pytest.fixture
def reference(monkeypatch: pytest.MonkeyPatch) -> Oracle:
    def injection(name: str, healed: float | None = None) -> SimpleNamespace:
        truth = SimpleNamespace(entity="inference", mechanism="m", injected=1.0, healed=healed)
        return SimpleNamespace(name=name, truth=truth)

    injections = {each: injection(each, 2.0 if each == "gone" else None) for each in ("gone", "first", "second")}
    topology = SimpleNamespace(entry="inference", callers=lambda _: (), callees=lambda _: ())
    stage = SimpleNamespace(
        means=SimpleNamespace(scenario=SimpleNamespace(healthy=False, faults=(1, 2, 3))),
        director=SimpleNamespace(injections=injections),
        course=SimpleNamespace(world=SimpleNamespace(topology=lambda: topology)),
    )
    monkeypatch.setattr(oracle, "mitigations", lambda each, _: iter(WAYS[each.name]))
    found = Oracle()
    found.admit(stage)  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(
    ("well_after", "done"),
    [
        (1, ["rollback inference", "set_config vector"]),  # nobody feels the second yet
        (2, ["rollback inference", "set_config vector"]),
        (3, ["rollback inference", "set_config vector", "restart inference"]),
        (9, ["rollback inference", "set_config vector", "restart inference", "restart vector"]),
    ],
)
def test_each_fault_that_lasts_is_mended_before_anything_is_tried_twice(
    reference: Oracle, well_after: int, done: list[str]
) -> None:
    asked = Asked(well_after)
    reference.run(asked)  # type: ignore[arg-type]
    assert asked.done == done
