"""The breaker opens on enough failures, refuses, probes once and closes on a good probe."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from telic.clock import VirtualClock
from telic.runtime.policies.breaker import Breaker
from telic.runtime.wiring import BreakerPolicy

POLICY = BreakerPolicy(window=1.0, minimum=4, ratio=0.5, open=1.0)


class StepClock(VirtualClock):
    """A clock that the test moves."""

    def step(self, seconds: float) -> None:
        self._now += seconds


def opened(clock: StepClock) -> Breaker:
    breaker = Breaker(POLICY, clock)
    for _ in range(POLICY.minimum):
        breaker.record(breaker.admit(), ok=False)
    assert breaker.is_open
    return breaker


def test_it_stays_closed_below_its_minimum_and_below_its_ratio() -> None:
    breaker = Breaker(POLICY, StepClock())
    for _ in range(POLICY.minimum - 1):
        breaker.record(breaker.admit(), ok=False)
    assert not breaker.is_open
    healthy = Breaker(POLICY, StepClock())
    for index in range(100):
        healthy.record(healthy.admit(), ok=index % 3 != 2)
    assert not healthy.is_open


def test_old_failures_are_forgotten_after_the_window() -> None:
    clock = StepClock()
    breaker = Breaker(POLICY, clock)
    for _ in range(POLICY.minimum - 1):
        breaker.record(breaker.admit(), ok=False)
    clock.step(1.2)
    breaker.record(breaker.admit(), ok=False)
    assert not breaker.is_open


def test_it_lets_one_probe_through_and_closes_when_that_is_good() -> None:
    clock = StepClock()
    breaker = opened(clock)
    assert breaker.admit() is None
    clock.step(1.0)
    probe = breaker.admit()
    assert probe == "probe"
    assert breaker.admit() is None
    breaker.record(probe, ok=True)
    assert breaker.admit() == "call"


def test_a_bad_probe_opens_it_again_for_the_whole_time() -> None:
    clock = StepClock()
    breaker = opened(clock)
    clock.step(1.0)
    breaker.record(breaker.admit(), ok=False)
    clock.step(0.9)
    assert breaker.admit() is None
    clock.step(0.1)
    assert breaker.admit() == "probe"


def test_a_probe_that_was_given_up_leaves_room_for_the_next() -> None:
    clock = StepClock()
    breaker = opened(clock)
    clock.step(1.0)
    breaker.release(breaker.admit())
    assert breaker.admit() == "probe"


def test_late_answers_of_calls_from_before_do_not_disturb_an_open_breaker() -> None:
    clock = StepClock()
    breaker = Breaker(POLICY, clock)
    early = breaker.admit()
    for _ in range(POLICY.minimum):
        breaker.record(breaker.admit(), ok=False)
    breaker.record(early, ok=True)
    assert breaker.is_open


class BreakerHistory(RuleBasedStateMachine):
    """Whatever happens: while open at most one call in flight, and an open breaker always probes in the end."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = StepClock()
        self.breaker = Breaker(POLICY, self.clock)
        self.tickets: list[str] = []

    @rule()
    def admit(self) -> None:
        was_open = self.breaker.is_open
        ticket = self.breaker.admit()
        if ticket is not None:
            assert (ticket == "probe") == was_open
            self.tickets.append(ticket)

    @precondition(lambda self: self.tickets)
    @rule(ok=st.booleans(), which=st.integers(0, 100))
    def finish(self, ok: bool, which: int) -> None:
        self.breaker.record(self.tickets.pop(which % len(self.tickets)), ok=ok)

    @precondition(lambda self: self.tickets)
    @rule(which=st.integers(0, 100))
    def give_up(self, which: int) -> None:
        self.breaker.release(self.tickets.pop(which % len(self.tickets)))

    @rule(seconds=st.floats(0.0, 2.0))
    def wait(self, seconds: float) -> None:
        self.clock.step(seconds)

    @invariant()
    def one_probe_at_most(self) -> None:
        assert self.tickets.count("probe") <= 1

    def teardown(self) -> None:
        while self.tickets:
            self.breaker.release(self.tickets.pop())
        self.clock.step(POLICY.open + 1e-6)
        assert self.breaker.admit() is not None


TestBreakerHistory = BreakerHistory.TestCase


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 0.3)), max_size=200))
def test_the_window_counts_are_those_of_a_plain_recount(history: list[tuple[bool, float]]) -> None:
    clock = StepClock()
    breaker = Breaker(BreakerPolicy(window=1.0, minimum=10**9), clock)
    for ok, wait in history:
        clock.step(wait)
        breaker.record(breaker.admit(), ok=ok)
        calls = sum(int(part[1]) for part in breaker._parts)
        assert calls == breaker._calls
        assert 0 <= breaker._failures <= breaker._calls
