"""Frames: one life each per request at a service, from a free list; and the spans of those that are sampled."""

from __future__ import annotations

from telic.worlds.queueing.compiled import part, routine
from telic.worlds.queueing.layout import FREE, MARGIN, TRAVEL, Arrays


@part
def born(w: Arrays, op: int, parent: int, begun: float) -> int:
    """Return a new frame that travels to `op`."""
    clock = w.clock[0]
    frame = int(clock.free)
    this = w.frames[frame]
    clock.free = this.next
    clock.free_count -= 1
    if clock.free_count < MARGIN:
        clock.full = 1
    this.op, this.state, this.parent, this.child = op, TRAVEL, parent, -1
    this.step = this.attempt = this.flags = 0
    this.next = this.prev = -1
    this.trace = 0
    this.edge = -1
    this.begun = begun
    return frame


@part
def gone(w: Arrays, frame: int) -> None:
    """Give a frame back; whatever still points to this life of it points to nothing."""
    clock, this = w.clock[0], w.frames[frame]
    this.state = FREE
    this.gen = (this.gen + 1) & 0x0FFFFFFF
    this.next = clock.free
    clock.free = frame
    clock.free_count += 1


@routine
def told(
    w: Arrays, trace: int, kind: int, what: int, serial: int, parent: int, start: float, outcome: int, attempt: int
) -> None:
    """Keep a span of a sampled request that ends now; without room it is lost and counted."""
    clock = w.clock[0]
    at = clock.spans
    if at >= w.spans.size:
        clock.spans_lost += 1
        return
    clock.spans = at + 1
    span = w.spans[at]
    span.trace, span.kind, span.what, span.outcome, span.attempt = trace, kind, what, outcome, attempt
    span.serial, span.parent, span.start, span.end = serial, parent, start, clock.now
