"""``kill -9`` of the operator while it repairs: the next one finds the journal and finishes."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from tests.live.conftest import loaded

from telic.lab import injection, journey
from telic.lab.tail import Tail
from telic.model import recovered, user_harm, wrong_actions_left
from telic.worlds.child import Child

pytestmark = [pytest.mark.live, pytest.mark.journey, pytest.mark.timeout(240)]


def test_the_next_operator_finishes_what_a_killed_one_began(tmp_path: Path) -> None:
    with loaded(tmp_path, operate=False) as running:
        first = _operator(running, "first")
        running.pause(12.0)
        running.until_calm()
        truth = injection.inject(running.world.state_folder, "hang", seed=5)
        _wait_for(running, Tail(running.folder / "first.jsonl"), "applied")
        os.kill(first.pid, signal.SIGKILL)
        first.stop()  # reaps it
        running.pause(1.0)
        with _operator(running, "second"):
            _until_well(running, truth.injected)
        during = [each for each in running.incidents() if not each.resolved or each.resolved > truth.injected]
        tallies = running.record().tallies()
    actions = [each for incident in during for each in incident.actions]
    sys.stderr.write(f"{truth.entity}: {[each.status for each in during]}, {[each.outcome for each in actions]}\n")
    assert actions
    assert len([each for each in during if each.actions]) == 1, "the second operator begins anew"
    assert all(each.status == "resolved" for each in during)
    assert not wrong_actions_left(actions)
    assert all(each.outcome not in ("planned", "applied") for each in actions)
    harm = user_harm(tallies, since=truth.injected)
    assert harm is not None
    assert recovered(tallies, harm=harm) is not None


def _operator(running: journey.Journey, name: str) -> Child:
    arguments = ["--state", str(running.world.state_folder), "--events", str(running.folder / f"{name}.jsonl")]
    return Child("telic.loop", arguments, log=running.folder / f"{name}.log")


def _until_well(running: journey.Journey, injected: float) -> None:
    """Look on until the incident is closed and users are well again, or 40 s are over."""
    deadline = time.time() + 40
    while time.time() < deadline:
        running.pause(1.0)
        tallies = running.record().tallies()
        harm = user_harm(tallies, since=injected)
        closed = [each.status in ("resolved", "needs-person") for each in running.incidents()]
        if closed and all(closed) and harm is not None and recovered(tallies, harm=harm) is not None:
            return


def _wait_for(running: journey.Journey, events: Tail, outcome: str) -> None:
    deadline = time.time() + 30
    while time.time() < deadline:
        running.pause(0.25)
        for event in events.read():
            action = event.get("action")
            if isinstance(action, dict) and action["outcome"] == outcome:
                return
    pytest.fail(f"no action was {outcome} within 30 s")
