"""The loop: one action after the other at one moment, then the next moment."""

from __future__ import annotations

from telic.worlds.queueing.client import ask, attempt, finish, result, step, time_out
from telic.worlds.queueing.compiled import part, program
from telic.worlds.queueing.events import exponential, pop, unqueue
from telic.worlds.queueing.layout import (
    ARRIVALS,
    ARRIVE,
    DEADLINE,
    DELIVER,
    DONE,
    ENTER,
    FINISH,
    LIFE,
    REPLY,
    RESULT,
    RETRY,
    RUN_DONE,
    RUN_FULL,
    SETTLE,
    START,
    STEP,
    SUBJECT,
    TIMEOUT,
    TRY,
    WAKE,
    Arrays,
)
from telic.worlds.queueing.messages import deliver
from telic.worlds.queueing.server import arrive, expire, reply, settle
from telic.worlds.queueing.slots import enter, start, wake

_HEAP, _ARRIVAL = -1, -2


@part
def _earliest(w: Arrays) -> int:
    """Return where the next event comes from and let time go on to it."""
    clock = w.clock[0]
    time, source = clock.next_arrival, _ARRIVAL
    if clock.heap > 0 and w.heap_time[0] < time:
        time, source = w.heap_time[0], _HEAP
    for ring in range(w.ring_heads.size):
        if w.ring_heads[ring] < time:
            time, source = w.ring_heads[ring], ring
    clock.now = time
    return source


@program
def run(w: Arrays, until: float) -> int:
    """Let everything happen up to `until` [s]; return early, with RUN_FULL, where an array has to grow first."""
    clock = w.clock[0]
    while True:
        if clock.full:
            return RUN_FULL
        if clock.todo > 0:
            clock.todo -= 1
            kind, subject, outcome = w.todo[clock.todo, 0], w.todo[clock.todo, 1], w.todo[clock.todo, 2]
        else:
            before = clock.now
            source = _earliest(w)
            if clock.now > until:
                clock.now = max(before, until)
                return RUN_DONE
            clock.events += 1
            if source == _ARRIVAL:
                ask(w)
                clock.next_arrival = clock.now + exponential(w, ARRIVALS) / clock.rate
                continue
            packed = pop(w) if source == _HEAP else unqueue(w, source)
            kind, subject, outcome = packed >> 58, packed & SUBJECT, 0
            if kind != WAKE and w.frames[subject].gen != (packed >> 30) & LIFE:
                clock.events -= 1  # of a life that is over
                continue
        if kind == ARRIVE:
            arrive(w, subject)
        elif kind == ENTER:
            enter(w, subject)
        elif kind == START:
            start(w, subject)
        elif kind == DONE:
            if w.frames[subject].step < 0:
                w.todo[clock.todo, 0], w.todo[clock.todo, 1], w.todo[clock.todo, 2] = REPLY, subject, 0
                clock.todo += 1
            else:
                w.frames[subject].step += 1
                step(w, subject)
        elif kind == STEP:
            step(w, subject)
        elif kind in (TRY, RETRY):
            attempt(w, subject)
        elif kind == FINISH:
            finish(w, subject, outcome)
        elif kind == REPLY:
            reply(w, subject, outcome)
        elif kind == RESULT:
            result(w, subject, outcome)
        elif kind == WAKE:
            wake(w, subject, outcome)
        elif kind == TIMEOUT:
            time_out(w, subject)
        elif kind == DEADLINE:
            expire(w, subject)
        elif kind == SETTLE:
            settle(w, subject, outcome)
        elif kind == DELIVER:
            deliver(w, subject)
