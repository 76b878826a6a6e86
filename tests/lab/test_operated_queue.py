"""A queue that does not get done: noticed, explained and mended on virtual time, before much is missed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from telic import loop as main_path
from telic.lab import virtual
from telic.lab.fault import Scene, fault, make
from telic.settings import Settings

RATE = 40.0  # [requests/s]
HEALTHY, MENDED = 12.0, 28.0  # [s]
CASES = [
    ("poison-message", {"count": 700}, "poison-message", "set_config"),
    pytest.param("queue-backlog", {}, "queue-backlog", "set_config", marks=pytest.mark.nightly),
    pytest.param("hang", {"service": "fanout"}, "hang", "restart", marks=pytest.mark.nightly),
    pytest.param("scaled-to-zero", {"service": "fanout"}, "queue-backlog", "scale", marks=pytest.mark.nightly),
]


@pytest.mark.parametrize(("kind", "fixed", "mechanism", "verb"), CASES)
def test_the_operator_sees_what_no_user_was_told(
    kind: str, fixed: dict[str, Any], mechanism: str, verb: str, tmp_path: Path
) -> None:
    settings = replace(Settings.read({}), home=tmp_path)
    design = main_path.design("social", settings)
    with virtual.start(design, settings, lambda told: None, rate=RATE, seed=3, operate=True) as journey:
        journey.pause(HEALTHY)
        assert not journey.incidents()
        factory: Any = fault.factory(kind)
        scene = Scene(journey.harm, journey.design, journey.world.changes, RATE)
        params = fixed if "service" in fixed else factory.plan(scene, 3, fixed)
        began = journey.now()
        make(kind, params).inject(journey.harm)
        journey.pause(MENDED)
        (incident,) = journey.incidents()
    (symptom,) = incident.symptoms
    assert (symptom.signal, symptom.entity, symptom.operation) == ("queue", "fanout", "fan_out")
    assert abs(symptom.onset - began) < 3.0
    cause = incident.diagnoses[-1].hypotheses[0]
    assert (cause.entity, cause.mechanism) == ("fanout", mechanism)
    assert cause.path == ("fanout", "home", "gateway")
    assert [(each.action.verb, each.outcome) for each in incident.actions] == [(verb, "helped")]
    assert incident.status == "resolved"
