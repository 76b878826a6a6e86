"""Frames: one life each per request at a service, from a free list; and the spans of those that are sampled."""

from __future__ import annotations

from telic.worlds.queueing.compiled import part, routine
from telic.worlds.queueing.layout import CLIENT, FREE, LIFE, MARGIN, SERVER, TRAVEL, Arrays


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
    this.begun, this.arrived = begun, -1.0
    return frame


@part
def gone(w: Arrays, frame: int) -> None:
    """Give a frame back; whatever still points to this life of it points to nothing."""
    clock, this = w.clock[0], w.frames[frame]
    this.state = FREE
    this.gen = (this.gen + 1) & LIFE
    this.next = clock.free
    clock.free = frame
    clock.free_count += 1


@routine
def told(w: Arrays, trace: int, kind: int, what: int, op: int, serial: int, parent: int, start: float) -> int:
    """Keep a span of a sampled request that ends now, and return its place; -1 where it is lost for want of room."""
    clock = w.clock[0]
    at = int(clock.spans)
    if at >= w.spans.size:
        clock.spans_lost += 1
        return -1
    clock.spans = at + 1
    span = w.spans[at]
    span.trace, span.kind, span.what, span.op, span.outcome, span.attempt = trace, kind, what, op, 0, 0
    span.serial, span.parent, span.start, span.end = serial, parent, start, clock.now
    return at


@routine
def served_told(w: Arrays, frame: int, outcome: int) -> None:
    """Keep the server span of a frame that has arrived."""
    that = w.frames[frame]
    if that.arrived < 0.0:
        return
    at = told(w, that.trace, SERVER, that.op, that.op, 2 * that.serial + 1, that.above, that.arrived)
    if at >= 0:
        w.spans[at].outcome = outcome


@routine
def attempt_told(w: Arrays, frame: int, outcome: int) -> None:
    """Keep the client span of the attempt that a frame serves."""
    that = w.frames[frame]
    at = told(w, that.trace, CLIENT, that.edge, that.op, 2 * that.serial, that.above_client, that.begun)
    if at >= 0:
        w.spans[at].outcome, w.spans[at].attempt = outcome, that.attempts
