"""The statistical operator names what it was warned of, where the lab asks to foresee."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from telic.lab import virtual
from telic.lab.actors.telic import Telic
from telic.lab.fault import make
from telic.settings import Settings

RATE = 50.0  # [requests/s]
CALM = 25.0  # [s]


class Asked:
    """A session of twenty seconds that keeps what was claimed."""

    def __init__(self, tasks: tuple[str, ...]) -> None:
        self.brief = SimpleNamespace(tasks=tasks, began=0.0, seconds=20.0)
        self.time, self.closed = 0.0, False
        self.claimed: list[tuple[float, dict[str, Any]]] = []

    def now(self) -> float:
        return self.time

    def call(self, tool: str, given: dict[str, Any]) -> None:
        if tool == "wait":
            self.time += given["seconds"]
        else:
            self.claimed.append((self.time, given))
            self.closed = bool(given.get("final"))


def course(session: Asked) -> SimpleNamespace:
    """Nothing harms users; the operator warns of one place at 5 s and of its caller at 9 s."""
    warned = ((5.0, "booking->user"), (9.0, "gateway"))
    return SimpleNamespace(
        operate=lambda: None,
        dismiss=lambda: None,
        incidents=lambda: (),
        warnings=lambda since: [place for time, place in warned if since <= time <= session.time],
    )


@pytest.mark.parametrize(("tasks", "foreseen"), [(("detect", "predict"), [(5.0, "booking->user")]), (("detect",), [])])
def test_the_first_warning_is_claimed_where_it_is_asked_for(
    tasks: tuple[str, ...], foreseen: list[tuple[float, str]]
) -> None:
    session, actor = Asked(tasks), Telic()
    actor.admit(SimpleNamespace(course=course(session)))  # type: ignore[arg-type]
    actor.run(session)  # type: ignore[arg-type]
    assert [(time, given["entity"]) for time, given in session.claimed if "entity" in given] == foreseen
    assert session.claimed[-1][1] == {"healthy": True, "final": True}


def test_a_link_that_becomes_slower_is_told_while_users_are_well(tmp_path: Path) -> None:
    settings = replace(Settings.read({}), home=tmp_path)
    with virtual.start("hotel", settings, lambda told: None, rate=RATE, seed=1, operate=True) as journey:
        journey.pause(CALM)
        began = journey.now()
        for second in range(12):
            jitter = make("network-jitter", {"edge": "booking->user", "jitter": 0.002 * (second + 1)})
            jitter.inject(journey.harm)
            journey.pause(1.0)
        assert journey.warnings(0.0) == ["booking->user"]
        assert journey.warnings(began) == ["booking->user"]
        assert journey.incidents() == ()
