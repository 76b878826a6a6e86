"""The measured experiment of metastable failure: who recovers from a trigger, and who does not."""

import pytest

pytest.importorskip("numba", reason="needs the extra model")

from tests.worlds.queueing.systems import THREE, probe, wired

from telic.model.goodput import Phases, Verdict, judge
from telic.model.intent import Recovery
from telic.model.topology import Window
from telic.runtime.wiring import BreakerPolicy, NodePolicy, RetryPolicy, Wiring
from telic.worlds.queueing import Run, Trigger, simulate

pytestmark = pytest.mark.timeout(900)  # the first of all compiles, which a busy machine takes minutes for

TRIGGERS = {"capacity": Trigger("capacity", 10, 5, 0.25, "rate"), "load": Trigger("load", 10, 5, 2.5)}
ENDLESS = NodePolicy(queue=-1, cancel=False)
BUDGET = RetryPolicy(max=3, budget=0.1, burst=10, backoff=0.0, jitter=False)
COLLAPSES = {
    "baseline": wired(),
    "one retry": wired(RetryPolicy(max=1, budget=0.0, backoff=0.0, jitter=False)),
    "backoff and jitter": wired(RetryPolicy(max=3, budget=0.0, backoff=0.05, jitter=True)),
}
SURVIVES = {
    "no retries": wired(None),
    "budget": wired(BUDGET),
    "breaker": wired(breaker=BreakerPolicy()),
    "bounded queue": wired(node=NodePolicy(queue=8, cancel=False)),
    "deadline": wired(deadline=True, node=NodePolicy(queue=-1)),
    "aimd": wired(node=NodePolicy(queue=8, limit="aimd", cancel=False)),
    "combination": wired(BUDGET, deadline=True, node=NodePolicy(queue=8)),
    "lifo": wired(node=NodePolicy(queue=-1, order="lifo", cancel=False)),
}


def verdict(wiring: Wiring, *triggers: Trigger, seed: int = 2, patience: float = 3.0) -> Verdict:
    result = simulate(probe(wiring, patience=patience), seconds=50, seed=seed, triggers=triggers)
    phases = Phases(Window(2, 10), Window(10, 15), Window(15, 50))
    return judge(result.tallies(), phases, [Recovery("R1", "goodput", 0.95, "before", 20.0, "trigger_end")], [])


@pytest.mark.parametrize("trigger", TRIGGERS.values(), ids=TRIGGERS)
@pytest.mark.parametrize("wiring", COLLAPSES.values(), ids=COLLAPSES)
def test_extra_work_keeps_the_collapse_going(wiring: Wiring, trigger: Trigger) -> None:
    found = verdict(wiring, trigger)
    assert found.before > 0.99
    assert found.outcome == "not recovered"
    assert found.tail <= 0.2


@pytest.mark.parametrize("trigger", TRIGGERS.values(), ids=TRIGGERS)
@pytest.mark.parametrize("name", SURVIVES)
def test_less_extra_or_dead_work_lets_it_recover(name: str, trigger: Trigger) -> None:
    # users' own deadline is what the experiment's deadline propagation passed on
    found = verdict(SURVIVES[name], trigger, patience=0.1 if name == "deadline" else 3.0)
    assert found.outcome == "recovered"
    assert found.tail >= 0.95


def test_without_a_trigger_nothing_happens() -> None:
    assert verdict(wired()).tail >= 0.99


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_combination_is_well_at_once(seed: int) -> None:
    found = verdict(SURVIVES["combination"], TRIGGERS["capacity"], seed=seed)
    assert found.recovery is not None
    assert found.recovery <= 5


def test_hysteresis_the_same_load_is_carried_or_not_by_where_it_comes_from() -> None:
    this = Run(probe(wired()), 200, seed=4)
    this.load(150)
    this.until(10)
    this.capacity("rate", 0.25)
    this.until(15)
    this.capacity("rate", 1.0)
    this.until(40)
    this.load(2)
    this.until(170)
    this.load(150)
    this.until(200)
    result = this.result()
    assert result.goodput(2, 10) > 0.99
    assert result.goodput(30, 40) < 0.2
    assert result.goodput(175, 195) > 0.99


def test_retries_still_help_with_errors_and_their_absence_shows() -> None:
    errors = Trigger("error", 2, 20, 0.03, "rate")
    share = {
        name: simulate(probe(wiring, rate=120.0), seconds=22, seed=3, triggers=[errors]).goodput(2, 22)
        for name, wiring in (("none", wired(None)), ("three", wired(THREE)), ("budget", SURVIVES["budget"]))
    }
    assert 0.96 < share["none"] < 0.985
    assert share["three"] > 0.998
    assert share["budget"] > 0.998
