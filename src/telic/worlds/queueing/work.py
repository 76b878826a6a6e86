"""Work of a step: drawn, and waiting for a connection and for a server where the step needs them."""

from __future__ import annotations

from telic.worlds.queueing.compiled import part, routine
from telic.worlds.queueing.events import exponential, uniform
from telic.worlds.queueing.frames import told
from telic.worlds.queueing.layout import CONSTANT, EXPONENTIAL, STATEMENT, STREAMS, Arrays


@part
def worked(w: Arrays, at: int, node: int) -> float:
    """Return when the work of a step is done [s]: after its wait for a connection and for a server of its station."""
    this, begin = w.steps[at], w.clock[0].now
    seconds = this.seconds
    if this.spread == EXPONENTIAL:
        seconds *= exponential(w, STREAMS + node)
    elif this.spread != CONSTANT:
        seconds *= w.factors[int(uniform(w, STREAMS + node) * w.factors.size)]
    pool = -1
    if this.pool >= 0:
        pool = _first_free(w, this.pool)
        begin = max(begin, w.servers[pool])
    if this.station >= 0:
        server = _first_free(w, this.station)
        end = max(begin, w.servers[server]) + seconds / w.stations[this.station].speed
        w.servers[server] = end
    else:
        end = begin + seconds
    if pool >= 0:
        w.servers[pool] = end
    return float(end)


@part
def _first_free(w: Arrays, station: int) -> int:
    this = w.stations[station]
    best = this.first
    for other in range(this.first + 1, this.first + this.servers):
        if w.servers[other] < w.servers[best]:
            best = other
    return int(best)


@routine
def statement_told(w: Arrays, frame: int, end: float) -> None:
    """Keep the span of a statement that will be done at `end` [s]."""
    that, clock = w.frames[frame], w.clock[0]
    clock.serial += 1
    at = told(w, that.trace, STATEMENT, that.step, that.op, 2 * clock.serial, 2 * that.serial + 1, clock.now)
    if at >= 0:
        w.spans[at].end = end
