"""What will happen: a heap for times of any length, rings for the few fixed ones, a stack for what happens now."""

from __future__ import annotations

import math

import numpy as np

from telic.worlds.queueing.compiled import part
from telic.worlds.queueing.layout import MARGIN, Arrays

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11))
_UNIT = 1.0 / (1 << 53)


@part
def uniform(w: Arrays, stream: int) -> float:
    """Draw from [0, 1) with SplitMix64 [1]_.

    References
    ----------
    .. [1] G. L. Steele, D. Lea and C. H. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
    """
    state = w.random[stream] + _GOLDEN
    w.random[stream] = state
    mixed = (state ^ (state >> _SHIFTS[0])) * _FIRST
    mixed = (mixed ^ (mixed >> _SHIFTS[1])) * _SECOND
    mixed = mixed ^ (mixed >> _SHIFTS[2])
    return float(mixed >> _SHIFTS[3]) * _UNIT


@part
def exponential(w: Arrays, stream: int) -> float:
    """Draw from the exponential distribution of mean 1."""
    return -math.log1p(-uniform(w, stream))


@part
def pack(what: int, generation: int, subject: int) -> int:
    """Return one number for what happens to which life of which frame or node."""
    return (what << 58) | (generation << 30) | subject


@part
def push(w: Arrays, time: float, packed: int) -> None:
    """Let something happen at `time` [s]; the heap has four children a node, so fewer levels."""
    clock = w.clock[0]
    at = clock.heap
    clock.heap = at + 1
    if at + MARGIN >= w.heap_time.size:
        clock.full = 1
    while at > 0:
        above = (at - 1) >> 2
        if w.heap_time[above] <= time:
            break
        w.heap_time[at] = w.heap_time[above]
        w.heap_what[at] = w.heap_what[above]
        at = above
    w.heap_time[at] = time
    w.heap_what[at] = packed


@part
def pop(w: Arrays) -> int:
    """Take the first of the heap."""
    clock = w.clock[0]
    first = int(w.heap_what[0])
    size = clock.heap - 1
    clock.heap = size
    time, what = w.heap_time[size], w.heap_what[size]
    at = 0
    while True:
        child = 4 * at + 1
        if child >= size:
            break
        least, until = child, min(child + 4, size)
        for other in range(child + 1, until):
            if w.heap_time[other] < w.heap_time[least]:
                least = other
        if w.heap_time[least] >= time:
            break
        w.heap_time[at] = w.heap_time[least]
        w.heap_what[at] = w.heap_what[least]
        at = least
    w.heap_time[at] = time
    w.heap_what[at] = what
    return first


@part
def queue(w: Arrays, ring: int, packed: int) -> None:
    """Let something happen when the fixed time of `ring` has passed: what comes later is due later."""
    this, clock = w.rings[ring], w.clock[0]
    due = clock.now + this.seconds
    at = this.first + ((this.head + this.count) & (this.room - 1))
    w.ring_time[at] = due
    w.ring_what[at] = packed
    if this.count == 0:
        w.ring_heads[ring] = due
    this.count += 1
    if this.count + MARGIN >= this.room:
        clock.full = 1


@part
def unqueue(w: Arrays, ring: int) -> int:
    """Take the first of a ring."""
    this = w.rings[ring]
    packed = int(w.ring_what[this.first + this.head])
    this.head = (this.head + 1) & (this.room - 1)
    this.count -= 1
    w.ring_heads[ring] = w.ring_time[this.first + this.head] if this.count else np.inf
    return packed


@part
def now(w: Arrays, what: int, subject: int, outcome: int) -> None:
    """Let something happen at once, before time goes on; what was asked for last comes first."""
    clock = w.clock[0]
    at = clock.todo
    w.todo[at, 0] = what
    w.todo[at, 1] = subject
    w.todo[at, 2] = outcome
    clock.todo = at + 1
    if at + MARGIN >= w.todo.shape[0]:
        clock.full = 1
