"""What each bundled wiring of the hotel survives, by the queueing model: the table of docs/concepts/trials.md."""

from __future__ import annotations

from dataclasses import replace

import pytest

from telic import apps, loop
from telic.design import read_wiring
from telic.lab.trials import plan
from telic.lab.trials.cells import modelled
from telic.model import Design
from telic.settings import Settings

COLLAPSE = ("baseline", "one-retry", "backoff-jitter", "cache")
SURVIVE = ("budget", "breaker", "bounded-queue", "deadline", "aimd", "lifo", "combination")


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Design:
    return loop.design("hotel", replace(Settings.read({}), home=tmp_path_factory.mktemp("home")))


def outcome(design: Design, wiring: str, trial: str) -> str:
    planned = plan("hotel", trial)
    policies = read_wiring(apps.find_wiring("hotel", wiring)) if wiring else design.wiring
    return modelled(design, planned, policies, 1, planned.workload.rate, planned.seconds).outcome


@pytest.mark.parametrize(
    ("wiring", "trial"), [*((each, "T1") for each in COLLAPSE), ("baseline", "T2"), ("baseline", "T4")]
)
def test_extra_work_that_nobody_waits_for_keeps_a_storm_going(design: Design, wiring: str, trial: str) -> None:
    assert outcome(design, wiring, trial) == "not recovered"


@pytest.mark.parametrize(
    ("wiring", "trial"), [*((each, "T1") for each in (*SURVIVE, "no-retries", "")), ("combination", "T2"), ("", "T4")]
)
def test_less_extra_work_or_no_dead_work_ends_it(design: Design, wiring: str, trial: str) -> None:
    assert outcome(design, wiring, trial) == "recovered"


@pytest.mark.parametrize(
    ("wiring", "held"), [("one-retry", "held"), ("combination", "held"), ("", "held"), ("no-retries", "harmed")]
)
def test_retries_pass_the_benefit_and_no_retries_fail_it(design: Design, wiring: str, held: str) -> None:
    assert outcome(design, wiring, "B1") == held
