"""Slots and queue of a node: who may start, who waits, and how long a finished request keeps its slot."""

from __future__ import annotations

import numpy as np

from telic.worlds.queueing.compiled import part, routine
from telic.worlds.queueing.events import now, pack, push
from telic.worlds.queueing.layout import (
    HELD,
    LIFE,
    N_BUSY,
    N_DROPPED,
    N_ENTERED,
    N_REFUSED,
    N_WAITED,
    QUEUED,
    REFUSED,
    REPLY,
    RUNNING,
    START,
    STEP,
    SUBJECT,
    WAKE,
    Arrays,
)
from telic.worlds.queueing.policies import adapted


@part
def _expire(w: Arrays, node: int) -> None:
    """Let go of slots whose declared service time is over; those that still work count as running over it."""
    this, time = w.nodes[node], w.clock[0].now
    while this.hold_count > 0:
        at = this.hold_first + this.hold_head
        if w.holds_until[at] > time:
            return
        packed = w.holds_frame[at]
        frame = w.frames[packed & SUBJECT]
        if frame.gen == (packed >> 30) & LIFE and frame.flags & HELD:
            frame.flags &= ~HELD
            this.over += 1
        this.hold_head = this.hold_head + 1 if this.hold_head + 1 < this.hold_room else 0
        this.hold_count -= 1


@part
def _free(w: Arrays, node: int) -> bool:
    this = w.nodes[node]
    limit = int(this.limit) if this.aimd else this.slots
    return bool(this.over + this.hold_count < limit)


@part
def enter(w: Arrays, frame: int) -> None:
    """Start a request, or let it wait, or refuse it or the one that waits longest."""
    node = w.operations[w.frames[frame].op].node
    this, second = w.nodes[node], int(w.clock[0].now)
    _expire(w, node)
    if this.waiting == 0 and _free(w, node):
        now(w, START, frame, 0)
        return
    if 0 <= this.queue <= this.waiting:
        w.of_node[second, node, N_REFUSED] += 1
        if this.lifo == 0 or this.waiting == 0:
            now(w, REPLY, frame, REFUSED)
            return
        oldest = this.head
        unlink(w, node, oldest)
        now(w, REPLY, oldest, REFUSED)
    that = w.frames[frame]
    that.state, that.next, that.prev = QUEUED, -1, this.tail
    if this.tail >= 0:
        w.frames[this.tail].next = frame
    else:
        this.head = frame
    this.tail = frame
    this.waiting += 1
    _wake_later(w, node)


@part
def start(w: Arrays, frame: int) -> None:
    """Give a request its slot."""
    that, time = w.frames[frame], w.clock[0].now
    node = w.operations[that.op].node
    this = w.nodes[node]
    that.entered, that.state, that.step = time, RUNNING, w.operations[that.op].first
    counts = w.of_node[int(time), node]
    counts[N_ENTERED] += 1
    counts[N_WAITED] += time - that.arrived
    if this.hold > 0.0:
        at = this.hold_head + this.hold_count
        at = this.hold_first + (at if at < this.hold_room else at - this.hold_room)
        w.holds_until[at] = time + this.hold
        w.holds_frame[at] = pack(0, that.gen, frame)
        this.hold_count += 1
        that.flags |= HELD
    else:
        this.over += 1
    now(w, STEP, frame, 0)


@part
def leave(w: Arrays, frame: int, ok: bool) -> None:
    """Give the slot back, at the earliest when the declared service time is over."""
    that, time = w.frames[frame], w.clock[0].now
    node = w.operations[that.op].node
    this = w.nodes[node]
    _expire(w, node)
    spent = time - that.entered
    if this.aimd:
        adapted(w, node, spent, ok)
    if that.flags & HELD:
        that.flags &= ~HELD
    else:
        this.over -= 1
    w.of_node[int(time), node, N_BUSY] += max(spent, this.hold)
    if this.waiting > 0:
        now(w, WAKE, node, 1)


@part
def wake(w: Arrays, node: int, asked: int) -> None:
    """Start whoever waits while slots are free; `asked` is 0 where a timer did."""
    this, time = w.nodes[node], w.clock[0].now
    if asked == 0:
        this.wakes = 0
    if this.waiting == 0:
        return
    oldest = this.head
    if this.max_age > 0.0 and time >= w.frames[oldest].arrived + this.max_age:
        w.of_node[int(time), node, N_DROPPED] += 1
        unlink(w, node, oldest)
        now(w, WAKE, node, 1)
        now(w, REPLY, oldest, REFUSED)
        return
    _expire(w, node)
    if not _free(w, node):
        _wake_later(w, node)
        return
    frame = this.tail if this.lifo else oldest
    unlink(w, node, frame)
    if this.waiting > 0:
        now(w, WAKE, node, 1)
    now(w, START, frame, 0)


@part
def _wake_later(w: Arrays, node: int) -> None:
    this = w.nodes[node]
    if this.waiting == 0 or this.wakes:
        return
    due = np.inf
    if this.hold_count > 0:
        due = w.holds_until[this.hold_first + this.hold_head]
    if this.max_age > 0.0:
        due = min(due, w.frames[this.head].arrived + this.max_age)
    if due < np.inf:
        this.wakes = 1
        push(w, max(due, w.clock[0].now), pack(WAKE, 0, node))


@routine
def unlink(w: Arrays, node: int, frame: int) -> None:
    """Take a request out of the queue of its node."""
    this, that = w.nodes[node], w.frames[frame]
    if that.prev >= 0:
        w.frames[that.prev].next = that.next
    else:
        this.head = that.next
    if that.next >= 0:
        w.frames[that.next].prev = that.prev
    else:
        this.tail = that.prev
    this.waiting -= 1
    that.next = that.prev = -1
