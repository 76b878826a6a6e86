"""Breaker, retry budget, back-off and adaptive limit: the mechanisms of `telic.runtime.policies` on arrays."""

from __future__ import annotations

import numpy as np

from telic.worlds.queueing.compiled import part, routine
from telic.worlds.queueing.events import uniform
from telic.worlds.queueing.layout import FAILED, FAILED_TRIED, JITTER, PARTS, RAISED, RESET, TIMED_OUT, Arrays

_LONGEST = 1.0  # wait before a retry [s]
_DECREASE, _TOLERANCE, _EASE = 0.8, 3.0, 0.02  # as in telic.runtime.policies.aimd
_FORGET = 10  # parts of a breaker's window, as in telic.runtime.policies.breaker


@part
def retryable(outcome: int) -> bool:
    """Whether a failed attempt may be tried again at all."""
    return outcome in (FAILED, FAILED_TRIED, RESET, TIMED_OUT, RAISED)


@part
def again(w: Arrays, edge: int, attempt: int, outcome: int) -> float:
    """Return how long to wait before the next attempt [s], or -1 to give up; takes a token."""
    this = w.edges[edge]
    if attempt > this.retries or not retryable(outcome):
        return -1.0
    if this.budget > 0.0:
        if outcome == FAILED_TRIED or this.tokens < 1.0:
            return -1.0
        this.tokens -= 1.0
    wait = min(this.backoff * 2.0 ** min(attempt - 1, 30), _LONGEST)
    return float(wait * uniform(w, JITTER) if this.jitter else wait)


@routine
def admitted(w: Arrays, edge: int) -> int:
    """Return 0 where the breaker refuses, 1 for a call, 2 for a probe."""
    this, time = w.edges[edge], w.clock[0].now
    if this.opened == -np.inf:
        return 1
    if this.probing or time - this.opened < this.open:
        return 0
    this.probing = 1
    return 2


@routine
def _forget(w: Arrays, edge: int, before: float) -> None:
    this = w.edges[edge]
    while this.part_count > 0:
        part_ = w.parts[this.breaker, this.part_head]
        if part_[0] > before:
            return
        this.calls -= part_[1]
        this.failures -= part_[2]
        this.part_head = (this.part_head + 1) % PARTS
        this.part_count -= 1


@routine
def observed(w: Arrays, edge: int, probe: bool, failed: bool) -> None:
    """Tell the breaker how an operation ended."""
    this, time = w.edges[edge], w.clock[0].now
    if probe:
        this.probing = 0
        this.opened = time if failed else -np.inf
        if not failed:
            _forget(w, edge, np.inf)
        return
    if this.opened != -np.inf:
        return
    _forget(w, edge, time - this.window)
    last = (this.part_head + this.part_count - 1) % PARTS
    if this.part_count == 0 or time - w.parts[this.breaker, last, 0] >= this.window / _FORGET:
        last = (this.part_head + this.part_count) % PARTS
        this.part_count += 1
        w.parts[this.breaker, last, 0] = time
        w.parts[this.breaker, last, 1] = 0.0
        w.parts[this.breaker, last, 2] = 0.0
    failure = 1.0 if failed else 0.0
    w.parts[this.breaker, last, 1] += 1.0
    w.parts[this.breaker, last, 2] += failure
    this.calls += 1.0
    this.failures += failure
    if this.calls >= this.minimum and this.failures >= this.ratio * this.calls:
        this.opened = time


@routine
def adapted(w: Arrays, node: int, latency: float, ok: bool) -> None:
    """Move the adaptive limit of a node after an answer that took `latency` [s]."""
    this, time = w.nodes[node], w.clock[0].now
    slow = this.usual > 0.0 and latency > _TOLERANCE * this.usual
    if ok and not slow:
        this.limit = min(this.limit + 1.0 / this.limit, float(this.slots))
        this.usual = latency if this.usual == 0.0 else this.usual + _EASE * (latency - this.usual)
        return
    if time >= this.quiet_until:
        this.limit = max(1.0, this.limit * _DECREASE)
        this.quiet_until = time + max(latency, 0.01)
    if ok:
        this.usual += _EASE * _EASE * (latency - this.usual)
