"""Work behind a queue: who posts a message goes on at once; a consumer takes so many in hand, and again what failed."""

from __future__ import annotations

from telic.worlds.queueing.compiled import routine
from telic.worlds.queueing.events import now, pack, push
from telic.worlds.queueing.frames import born, gone
from telic.worlds.queueing.layout import ARRIVE, DEADLINE, DELIVER, LIFE, MESSAGE, OK, TRAVEL, Arrays


@routine
def post(w: Arrays, frame: int, op: int) -> None:
    """Put a message for an operation into its queue."""
    that, clock = w.frames[frame], w.clock[0]
    this = w.queues[w.operations[op].queue]
    message = born(w, op, -1, clock.now)
    new = w.frames[message]
    new.entry, new.key, new.flags = -1, that.key, MESSAGE
    if that.trace > 0:
        clock.serial += 1
        new.trace, new.serial, new.above = that.trace, clock.serial, 2 * that.serial + 1
    if this.in_hand < this.pending:
        this.in_hand += 1
        now(w, DELIVER, message, 0)
        return
    if this.tail >= 0:
        w.frames[this.tail].next = message
    else:
        this.head = message
    this.tail = message
    this.waiting += 1


@routine
def deliver(w: Arrays, message: int) -> None:
    """Let the consumer work on a message that it has in hand, for as long as it may."""
    that = w.frames[message]
    that.deadline = w.clock[0].now + w.queues[w.operations[that.op].queue].ack_wait
    push(w, that.deadline, pack(DEADLINE, that.gen, message))
    now(w, ARRIVE, message, 0)


@routine
def handled(w: Arrays, message: int, outcome: int) -> None:
    """Be done with a message and take the next one in hand; what failed stays in hand and comes again."""
    that, clock = w.frames[message], w.clock[0]
    this = w.queues[w.operations[that.op].queue]
    if outcome != OK:
        this.again += 1
        that.gen = (that.gen + 1) & LIFE  # what was to happen in this delivery does not happen in the next
        that.state, that.child, that.flags, that.arrived = TRAVEL, -1, MESSAGE, -1.0
        that.step = that.attempt = 0
        that.next = that.prev = -1
        push(w, clock.now + this.retry, pack(DELIVER, that.gen, message))
        return
    gone(w, message)
    following = this.head
    if following < 0:
        this.in_hand -= 1
        return
    this.head = w.frames[following].next
    if this.head < 0:
        this.tail = -1
    this.waiting -= 1
    w.frames[following].next = -1
    now(w, DELIVER, following, 0)
