"""Plans, made-up systems, the map, and what is refused."""

import subprocess
import sys
from dataclasses import replace

import pytest

pytest.importorskip("numba", reason="needs the extra model")

import numpy as np
from tests.worlds.queueing.systems import PROBE, design, operation, probe, service, wired, workload

from telic.errors import InvalidDesign, UsageError
from telic.model.design import Call
from telic.runtime.wiring import CachePolicy, NodePolicy, RetryPolicy, Wiring
from telic.worlds.queueing import Costs, ModelTooLarge, Trigger, compile, simulate, storm, topology, trigger_of

pytestmark = pytest.mark.timeout(900)  # the first of all compiles, which a busy machine takes minutes for


def test_the_same_seed_gives_the_same_run_and_another_seed_another() -> None:
    trigger = Trigger("capacity", 3, 2, 0.25, "rate")
    runs = [simulate(probe(wired()), seconds=8, seed=seed, triggers=[trigger]) for seed in (7, 7, 8)]
    assert np.array_equal(runs[0].of_entry, runs[1].of_entry)
    assert np.array_equal(runs[0].latencies, runs[1].latencies)
    assert np.array_equal(runs[0].of_edge, runs[1].of_edge)
    assert not np.array_equal(runs[0].of_entry, runs[2].of_entry)


def test_every_request_is_decided_once() -> None:
    triggers = [Trigger("capacity", 3, 2, 0.25, "rate"), Trigger("error", 4, 3, 0.2, "geo"), Trigger("load", 5, 2, 2.0)]
    for wiring in (wired(), wired(node=NodePolicy(queue=8, order="lifo")), wired(deadline=True, node=NodePolicy())):
        found = simulate(probe(wiring), seconds=12, seed=1, triggers=triggers)
        assert (found.of_entry[:, :, 0] == found.of_entry[:, :, 1:].sum(axis=2)).all()
        assert found.sent[:12].min() > 100


def test_policies_do_not_change_who_arrives_when() -> None:
    sent = [simulate(probe(wiring), seconds=10, seed=6).sent for wiring in (wired(), wired(None))]
    assert np.array_equal(sent[0], sent[1])


def test_a_made_up_system_is_as_large_and_deep_as_asked_and_carries_its_load() -> None:
    made = topology(100, seed=3, rate=2000.0)
    plan = compile(made.design, made.wiring, made.workload, costs=made.costs)
    assert len(plan.services) == 100
    assert len(plan.edge_names) == pytest.approx(200, abs=15)
    assert plan.hops == pytest.approx(11.0, abs=3.0)
    found = simulate(plan, seconds=5, seed=1)
    assert found.goodput(1, 5) > 0.99
    called = found.of_edge[1:5, :, 0].sum() / found.sent[1:5].sum()
    assert called == pytest.approx(plan.hops, rel=0.05)
    assert max(found.utilisation(each)[1:5].mean() for each in plan.services) < 0.75
    again = topology(100, seed=3, rate=2000.0)
    assert again == made
    assert topology(100, seed=4, rate=2000.0) != made


def test_a_map_marks_where_a_baseline_is_lost() -> None:
    trigger = Trigger("capacity", 0, 1, 0.25, "rate")
    found = storm(probe(wired()), rates=(60, 150), lengths=(0.2, 4), retries=(0, 3), trigger=trigger, after=20)
    assert found.tail.shape == (2, 2, 2)
    assert (found.tail[0] > 0.95).all()  # without retries it always comes back
    assert found.tail[1, 1, 1] < 0.2
    assert np.isnan(found.recovery[1, 1, 1])
    assert found.tail[1, 0, 0] > 0.95


def test_a_cache_takes_the_load_off_until_it_is_flushed() -> None:
    cached = Wiring(
        wired().edge, NodePolicy(queue=-1), wired().edges, {"rate": NodePolicy(queue=-1, cache=CachePolicy(ttl=5.0))}
    )
    found = simulate(probe(cached, rate=400.0), seconds=20, seed=1, triggers=[Trigger("flush", 12.0)])
    entered = found.count_of("rate", "entered")
    assert entered[8:12].max() < 80  # of 360 calls a second
    assert entered[12] > 100  # one load a key, however many ask
    assert found.goodput(5, 12) > 0.99


def test_an_empty_cache_answers_one_load_for_all_who_ask_the_same() -> None:
    one = replace(workload(400.0), keys=replace(workload(1.0).keys, count=1))
    node = {"rate": NodePolicy(queue=-1, cache=CachePolicy(ttl=1000.0))}
    wiring = Wiring(wired().edge, NodePolicy(queue=-1), wired().edges, node)
    costs = Costs(cpu=0, cores=0, work={"rate": 0.02}, spread="constant")
    found = simulate(compile(PROBE, wiring, one, costs=costs), seconds=5, seed=1)
    assert found.count_of("rate", "entered").sum() == 1
    assert found.goodput(0, 5) == 1.0


def test_shedding_and_stale_work_are_refused_in_their_share() -> None:
    shed = simulate(probe(wired(None, node=NodePolicy(queue=-1, shed=0.25))), seconds=10, seed=1)
    arrived = shed.count_of("gateway", "arrived").sum()
    assert shed.count_of("gateway", "dropped").sum() == pytest.approx(arrived / 4, abs=1)
    stale = wired(None, node=NodePolicy(queue=-1, max_age=0.05))
    found = simulate(probe(stale), seconds=10, seed=1, triggers=[Trigger("capacity", 2, 6, 0.25, "rate")])
    assert found.gauges.age[:, found.plan.node("rate")].max() <= 0.05 + 1e-9
    assert found.count_of("rate", "dropped").sum() > 100


def test_a_pause_stops_the_processors() -> None:
    costs = Costs(cpu=0.001, network=0.0002, spread="constant")
    plan = compile(PROBE, wired(None), workload(100.0), costs=costs)
    found = simulate(plan, seconds=10, seed=1, triggers=[Trigger("pause", 4, 3, 0.5, "geo", 1.0)])
    assert found.goodput(0, 4) == 1.0
    assert found.goodput(4, 7) < 0.9
    assert found.goodput(8, 10) == 1.0


def test_a_queue_without_a_bound_ends_at_the_memory_that_is_allowed() -> None:
    endless = NodePolicy(queue=-1, cancel=False)
    plan = probe(wired(RetryPolicy(max=3, budget=0.0, backoff=0.0), node=endless), patience=1000.0, rate=2000.0)
    with pytest.raises(ModelTooLarge, match="are under way at") as told:
        simulate(plan, seconds=60, memory=20_000_000)
    assert "bound the queues" in told.value.hint


def test_what_does_not_fit_is_refused_by_name() -> None:
    circle = design(
        service("gateway", 4, operation("get", ("a", "get"), serves="F1")),
        service("a", 4, operation("get", ("b", "get"))),
        service("b", 4, operation("get", ("a", "get"))),
    )
    with pytest.raises(InvalidDesign, match="calls itself"):
        compile(circle, Wiring(), workload(1.0, {"F1": 1.0}))
    with pytest.raises(InvalidDesign, match="serves no operation F9"):
        compile(PROBE, Wiring(), workload(1.0, {"F9": 1.0}))
    nowhere = design(replace(service("gateway", 4, operation("get", serves="F1"))))
    broken = replace(nowhere.services[0].operations[0], calls=(Call("nobody", "get"),))
    with pytest.raises(InvalidDesign, match=r"nobody\.get, which does not exist"):
        compile(design(replace(nowhere.services[0], operations=(broken,))), Wiring(), workload(1.0, {"F1": 1.0}))
    with pytest.raises(UsageError, match="no service 'rat'"):
        simulate(probe(wired()), seconds=2, triggers=[Trigger("capacity", 1, 1, 0.5, "rat")])
    with pytest.raises(UsageError, match="cannot inject gravity"):
        trigger_of({"gravity": 2}, 1.0)
    with pytest.raises(UsageError, match="no topology"):
        topology(3, depth=5)


def test_a_link_that_drops_everything_is_a_timeout_for_each_attempt() -> None:
    from telic.worlds.queueing import Run

    this = Run(probe(wired(None)), 10, seed=1)
    this.load(100)
    this.until(3)
    this._arrays.edges["drop"][this.plan.edge("search->rate")] = 1
    this.until(8)
    found = this.result()
    assert found.count_over("search->rate", "timeouts")[4:8].sum() == pytest.approx(
        found.count_over("search->rate", "attempts")[4:8].sum(), abs=30
    )
    assert found.count_of("rate", "arrived")[5] < 30  # only what reserve asks for


@pytest.mark.parametrize("missing", ["numba", "numpy"])
def test_without_the_extra_it_says_what_to_install(missing: str) -> None:
    code = f"""
import sys
sys.modules[{missing!r}] = None
from telic.errors import UsageError
try:
    import telic.worlds.queueing
except UsageError as error:
    assert {missing!r} in str(error) and "telic[model]" in error.hint, error
else:
    sys.exit("no error")
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
