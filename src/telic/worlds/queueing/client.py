"""A caller's side: the steps of an operation, attempts over an edge, and what their outcomes lead to."""

from __future__ import annotations

import numpy as np

from telic.worlds.queueing.compiled import part, routine
from telic.worlds.queueing.events import now, pack, push, queue, uniform
from telic.worlds.queueing.frames import born, told
from telic.worlds.queueing.layout import (
    ARRIVE,
    BREAKER,
    CALLING,
    CLIENT,
    DEADLINE,
    DONE,
    E_ATTEMPTS,
    E_FAILURES,
    E_LATE,
    E_REFUSED,
    E_RETRIES,
    E_TIMEOUTS,
    ERRORS,
    FAILED,
    FAILED_TRIED,
    FINISH,
    KEYS,
    LATE,
    MIX,
    OK,
    OWN_DEADLINE,
    PATIENCE,
    POST,
    PROBES,
    R_SENT,
    REFUSED,
    REPLY,
    RESET,
    RESULT,
    RETRY,
    RUNNING,
    SAMPLES,
    STEP,
    STREAMS,
    TIMED_OUT,
    TIMEOUT,
    TRAVELS,
    TRY,
    WAITING,
    WORK,
    Arrays,
)
from telic.worlds.queueing.messages import post
from telic.worlds.queueing.policies import admitted, again, observed
from telic.worlds.queueing.server import given_up
from telic.worlds.queueing.slots import leave
from telic.worlds.queueing.work import statement_told, worked


@part
def ask(w: Arrays) -> None:
    """Let a user send a request."""
    clock = w.clock[0]
    draw, entry = uniform(w, MIX), 0
    while entry < w.mix.size - 1 and draw >= w.mix[entry]:
        entry += 1
    frame = born(w, w.mix_operation[entry], -1, clock.now)
    that = w.frames[frame]
    that.entry, that.deadline = entry, clock.now + clock.lives
    that.key = np.searchsorted(w.popularity, uniform(w, KEYS), side="right") if w.popularity.size > 1 else 0
    if clock.sampled > 0.0 and uniform(w, SAMPLES) < clock.sampled:
        clock.traces += 1
        clock.serial += 1
        that.trace, that.serial, that.above = clock.traces, clock.serial, 0
    w.of_entry[int(clock.now), entry, R_SENT] += 1
    queue(w, PATIENCE, pack(DEADLINE, that.gen, frame))
    now(w, ARRIVE, frame, 0)


@part
def step(w: Arrays, frame: int) -> None:
    """Do the next step of an operation, up to one that takes time."""
    that = w.frames[frame]
    operation = w.operations[that.op]
    while that.step < operation.end:
        this = w.steps[that.step]
        if this.share < 1.0 and uniform(w, STREAMS + operation.node) >= this.share:
            that.step += 1
            continue
        if this.kind == WORK:
            that.state = RUNNING
            end = worked(w, that.step, operation.node)
            if that.trace > 0 and this.statement >= 0:
                statement_told(w, frame, end)
            push(w, end, pack(DONE, that.gen, frame))
            return
        if this.kind == POST:
            that.state = RUNNING
            post(w, frame, this.op)
            push(w, w.clock[0].now + this.seconds, pack(DONE, that.gen, frame))
            return
        _call(w, frame, this.edge)
        return
    now(w, FINISH, frame, OK)


@part
def _call(w: Arrays, frame: int, edge: int) -> None:
    that, this = w.frames[frame], w.edges[edge]
    that.attempt, that.edge_out, that.state = 0, edge, CALLING
    this.tokens = min(this.burst, this.tokens + this.budget)
    if this.breaker >= 0:
        ticket = admitted(w, edge)
        if ticket == 0:
            _refused(w, frame, edge)
            return
        if ticket == 2:
            that.flags |= PROBES
    now(w, TRY, frame, 0)


@routine
def _refused(w: Arrays, frame: int, edge: int) -> None:
    that, clock = w.frames[frame], w.clock[0]
    w.of_edge[int(clock.now), edge, E_REFUSED] += 1
    if that.trace > 0:
        clock.serial += 1
        op = w.steps[that.step].op
        at = told(w, that.trace, CLIENT, edge, op, 2 * clock.serial, 2 * that.serial + 1, clock.now)
        if at >= 0:
            w.spans[at].outcome = BREAKER
    now(w, FINISH, frame, FAILED)


@part
def attempt(w: Arrays, frame: int) -> None:
    """Send one attempt of the call that the frame is about."""
    clock, that = w.clock[0], w.frames[frame]
    edge, time = that.edge_out, clock.now
    this = w.edges[edge]
    left = that.deadline - time if this.passes else np.inf
    if left <= 0.0:
        w.of_edge[int(time), edge, E_LATE] += 1
        _ended(w, frame, LATE)
        return
    child = born(w, w.steps[that.step].op, frame, time)
    new = w.frames[child]
    new.entry, new.key, new.edge, new.attempts = -1, that.key, edge, that.attempt
    if that.trace > 0:
        clock.serial += 1
        new.trace, new.serial = that.trace, clock.serial
        new.above, new.above_client = 2 * new.serial, 2 * that.serial + 1
    that.child, that.state = child, CALLING
    w.of_edge[int(time), edge, E_ATTEMPTS] += 1
    if this.passes:
        new.deadline = that.deadline
    else:
        new.deadline = time + clock.lives
        new.flags |= OWN_DEADLINE
        queue(w, PATIENCE, pack(DEADLINE, new.gen, child))
    if this.timeout < left:
        if this.ring >= 0:
            queue(w, this.ring, pack(TIMEOUT, new.gen, child))
        else:
            push(w, time + this.timeout, pack(TIMEOUT, new.gen, child))
    _send(w, child, edge)


@part
def _send(w: Arrays, child: int, edge: int) -> None:
    this, clock, new = w.edges[edge], w.clock[0], w.frames[child]
    if this.drop:
        return
    if this.fails > 0.0 and uniform(w, ERRORS) < this.fails:
        now(w, REPLY, child, RESET)
    elif this.delay > 0.0:
        push(w, clock.now + clock.network + this.delay, pack(ARRIVE, new.gen, child))
    elif clock.network > 0.0:
        queue(w, TRAVELS, pack(ARRIVE, new.gen, child))
    else:
        now(w, ARRIVE, child, 0)


@part
def result(w: Arrays, frame: int, outcome: int) -> None:
    """Go on after an attempt has ended: the next step, another attempt, or failure."""
    that, clock = w.frames[frame], w.clock[0]
    edge = that.edge_out
    this = w.edges[edge]
    if outcome == OK:
        if this.breaker >= 0:
            _verdict(w, frame, False)
        that.step += 1
        now(w, STEP, frame, 0)
        return
    w.of_edge[int(clock.now), edge, E_FAILURES] += 1
    if outcome == REFUSED:  # an answer, by the client's rules; what was asked for has failed all the same
        if this.breaker >= 0:
            _verdict(w, frame, False)
        now(w, FINISH, frame, FAILED)
        return
    that.attempt += 1
    wait = again(w, edge, that.attempt, outcome)
    if wait < 0.0 or (this.passes and that.deadline - clock.now <= wait):
        tried = that.attempt > 1 or outcome == FAILED_TRIED
        _ended(w, frame, LATE if outcome == LATE else FAILED_TRIED if tried else FAILED)
        return
    w.of_edge[int(clock.now), edge, E_RETRIES] += 1
    that.state = WAITING
    push(w, clock.now + wait, pack(RETRY, that.gen, frame))


@routine
def _ended(w: Arrays, frame: int, outcome: int) -> None:
    if w.edges[w.frames[frame].edge_out].breaker >= 0:
        _verdict(w, frame, True)
    now(w, FINISH, frame, outcome)


@routine
def _verdict(w: Arrays, frame: int, failed: bool) -> None:
    that = w.frames[frame]
    observed(w, that.edge_out, (that.flags & PROBES) != 0, failed)
    that.flags &= ~PROBES


@part
def finish(w: Arrays, frame: int, outcome: int) -> None:
    """Leave the node with an answer."""
    leave(w, frame, outcome == OK)
    now(w, REPLY, frame, outcome)


@routine
def time_out(w: Arrays, frame: int) -> None:
    """Stop waiting for an attempt."""
    that = w.frames[frame]
    parent = that.parent
    if parent < 0:
        return
    w.of_edge[int(w.clock[0].now), that.edge, E_TIMEOUTS] += 1
    w.frames[parent].child = -1
    given_up(w, frame, TIMED_OUT)
    now(w, RESULT, parent, TIMED_OUT)
