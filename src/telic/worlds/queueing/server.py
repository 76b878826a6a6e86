"""A node's side of a request: arrival, cache, reply, deadline, and being given up by who asked."""

from __future__ import annotations

import math

from telic.worlds.queueing.compiled import part, routine
from telic.worlds.queueing.events import now, pack, push, uniform
from telic.worlds.queueing.frames import attempt_told, gone, served_told
from telic.worlds.queueing.layout import (
    BIN_FIRST,
    BIN_RATIO,
    BINS,
    CALLING,
    DEADLINE,
    DONE,
    ENTER,
    ERRORS,
    GONE,
    LATE,
    LEADS,
    LIVES,
    MESSAGE,
    N_ARRIVED,
    N_DONE,
    N_DROPPED,
    N_WASTED,
    OK,
    OWN_DEADLINE,
    PROBES,
    QUEUED,
    R_FAILED,
    R_GOOD,
    R_LATE,
    REFUSED,
    REPLY,
    RESET,
    RESULT,
    RUNNING,
    SETTLE,
    SHARED,
    TRAVEL,
    WAITING,
    Arrays,
)
from telic.worlds.queueing.messages import handled
from telic.worlds.queueing.slots import leave, unlink

_LOOK = -1  # the step of a request that only reads the cache
_STALE = 10.0  # a stale answer may be so many ttl old, as in telic.runtime.policies.cache
_WIDTH = math.log(BIN_RATIO)


@part
def arrive(w: Arrays, frame: int) -> None:
    """Take a request in: the deadline's check, injected errors, shedding, the cache."""
    that, time = w.frames[frame], w.clock[0].now
    operation = w.operations[that.op]
    node = operation.node
    this = w.nodes[node]
    that.arrived = time
    w.of_node[int(time), node, N_ARRIVED] += 1
    if that.deadline <= time:
        now(w, REPLY, frame, LATE)
    elif this.fails > 0.0 and uniform(w, ERRORS) < this.fails:
        now(w, REPLY, frame, RESET)
    elif operation.fails > 0.0 and uniform(w, ERRORS) < operation.fails:
        now(w, REPLY, frame, operation.failing)
    elif this.shed > 0.0 and _shed(w, node):
        now(w, REPLY, frame, REFUSED)
    elif operation.cached >= 0:
        _look(w, frame, operation.cached)
    else:
        now(w, ENTER, frame, 0)


@routine
def _shed(w: Arrays, node: int) -> bool:
    """Whether this one is refused at the door: the share is spread evenly."""
    this = w.nodes[node]
    this.shed_due += this.shed
    if this.shed_due < 1.0 - 1e-9:
        return False
    this.shed_due -= 1.0
    w.of_node[int(w.clock[0].now), node, N_DROPPED] += 1
    return True


@routine
def _look(w: Arrays, frame: int, cache: int) -> None:
    """Answer from the cache, join whoever loads the same key, or load it."""
    that, time = w.frames[frame], w.clock[0].now
    if w.cached_until[cache, that.key] > time:
        that.state, that.step = SHARED, _LOOK
        push(w, time + w.clock[0].look, pack(DONE, that.gen, frame))
        return
    if w.flights[cache, that.key, 0] == 0:
        w.flights[cache, that.key, 0] = 1
        that.flags |= LEADS
        now(w, ENTER, frame, 0)
        return
    first = w.flights[cache, that.key, 1]
    that.state, that.step, that.next, that.prev = SHARED, 0, first, -1
    if first >= 0:
        w.frames[first].prev = frame
    w.flights[cache, that.key, 1] = frame


@part
def reply(w: Arrays, frame: int, outcome: int) -> None:
    """End a request: tell who asked, or count it where a user did."""
    that = w.frames[frame]
    node = w.operations[that.op].node
    if that.flags & LEADS:
        outcome = _loaded(w, frame, outcome)
    if outcome == OK:
        w.of_node[int(w.clock[0].now), node, N_DONE] += 1
    if that.trace > 0:
        served_told(w, frame, outcome)
    if that.flags & MESSAGE:
        handled(w, frame, outcome)
        return
    parent = that.parent
    if that.entry >= 0:
        _counted(w, frame, outcome)
    elif parent < 0:
        if outcome == OK:
            w.of_node[int(w.clock[0].now), node, N_WASTED] += 1
    else:
        w.frames[parent].child = -1
        if that.trace > 0:
            attempt_told(w, frame, outcome)
        now(w, RESULT, parent, outcome)
    gone(w, frame)


@part
def _counted(w: Arrays, frame: int, outcome: int) -> None:
    that, clock = w.frames[frame], w.clock[0]
    latency, second = clock.now - that.begun, int(that.begun)
    counts = w.of_entry[second, that.entry]
    if outcome != OK:
        counts[R_FAILED] += 1
        return
    counts[R_GOOD if latency < clock.bound else R_LATE] += 1
    bin_ = int(math.log(latency / BIN_FIRST) / _WIDTH) + 1 if latency > BIN_FIRST else 0
    w.latencies[second, that.entry, min(bin_, BINS - 1)] += 1


@routine
def _loaded(w: Arrays, frame: int, outcome: int) -> int:
    """Keep what was loaded for a key and hand it to all who wait for it; return the outcome for the loader."""
    that, time = w.frames[frame], w.clock[0].now
    operation = w.operations[that.op]
    this, cache = w.nodes[operation.node], operation.cached
    if outcome == OK:
        ttl = this.ttl * (1.0 + this.ttl_jitter * (2.0 * uniform(w, LIVES) - 1.0))
        w.cached_until[cache, that.key] = time + ttl
        w.stale_until[cache, that.key] = time + _STALE * ttl
    elif this.stale and w.stale_until[cache, that.key] > time:
        outcome = OK
    that.flags &= ~LEADS
    follower = w.flights[cache, that.key, 1]
    w.flights[cache, that.key, 0] = 0
    w.flights[cache, that.key, 1] = -1
    if follower >= 0:
        now(w, SETTLE, follower, outcome)
    return outcome


@part
def settle(w: Arrays, frame: int, outcome: int) -> None:
    """Answer one of those who waited for a key, then the next."""
    following = w.frames[frame].next
    if following >= 0:
        now(w, SETTLE, following, outcome)
    now(w, REPLY, frame, outcome)


@routine
def _abandon(w: Arrays, frame: int) -> None:
    """Take a frame out of wherever it is: queue, slot, flight."""
    that = w.frames[frame]
    operation = w.operations[that.op]
    if that.state == QUEUED:
        unlink(w, operation.node, frame)
    elif that.state == SHARED and that.step != _LOOK:
        if that.next >= 0:
            w.frames[that.next].prev = that.prev
        if that.prev >= 0:
            w.frames[that.prev].next = that.next
        else:
            w.flights[operation.cached, that.key, 1] = that.next
    elif that.state == RUNNING or that.state == CALLING or that.state == WAITING:
        leave(w, frame, False)
    if that.flags & PROBES:
        w.edges[that.edge_out].probing = 0
        that.flags &= ~PROBES
    if that.flags & LEADS:
        _lead_next(w, frame)


@routine
def _lead_next(w: Arrays, frame: int) -> None:
    that = w.frames[frame]
    cache = w.operations[that.op].cached
    that.flags &= ~LEADS
    follower = w.flights[cache, that.key, 1]
    if follower < 0:
        w.flights[cache, that.key, 0] = 0
        return
    next_ = w.frames[follower]
    w.flights[cache, that.key, 1] = next_.next
    if next_.next >= 0:
        w.frames[next_.next].prev = -1
    next_.flags |= LEADS
    now(w, ENTER, follower, 0)


@routine
def given_up(w: Arrays, frame: int, outcome: int) -> None:
    """Whoever asked `frame` waits no longer: it and what it asked end, where their nodes cancel; else they go on."""
    clock = w.clock[0]
    while frame >= 0:
        that = w.frames[frame]
        that.parent = -1
        if that.trace > 0:
            attempt_told(w, frame, outcome)
        if w.nodes[w.operations[that.op].node].cancel == 0 and that.deadline > clock.now:
            if that.flags & OWN_DEADLINE == 0:
                push(w, that.deadline, pack(DEADLINE, that.gen, frame))
            return
        child = that.child
        _abandon(w, frame)
        if that.trace > 0:
            served_told(w, frame, GONE)
        gone(w, frame)
        frame, outcome = child, GONE


@routine
def expire(w: Arrays, frame: int) -> None:
    """End a request whose deadline has passed."""
    that = w.frames[frame]
    if that.state == TRAVEL:  # it will be found too late when it arrives
        if that.parent < 0:
            gone(w, frame)
        return
    if that.child >= 0:
        given_up(w, that.child, LATE)
        that.child = -1
    _abandon(w, frame)
    now(w, REPLY, frame, LATE)
