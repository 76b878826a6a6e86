"""The state of one run: arrays made from a plan, grown where a run needs more, up to a bound."""

from __future__ import annotations

import itertools
import math
from statistics import NormalDist
from typing import Any

import numpy as np

from telic.errors import WorldError
from telic.worlds.queueing.layout import (
    BINS,
    CLOCK,
    FRAME,
    MARGIN,
    OF_EDGE,
    OF_ENTRY,
    OF_NODE,
    PARTS,
    RING,
    SPAN,
    STREAMS,
    Arrays,
)
from telic.worlds.queueing.plan import Plan

_FACTORS = 4096  # quantiles of the lognormal factor [1]
_FRAMES, _HEAP, _RING, _TODO = 4096, 4096, 1024, 1024  # to begin with [1]


class ModelTooLarge(WorldError):
    """A run needs more memory than it was given: usually a queue that only grows."""


def begin(plan: Plan, seconds: int, *, seed: int, spans: int = 0) -> Arrays:
    """Return the state at time 0.

    Parameters
    ----------
    plan
        What is to be run.
    seconds
        Of counts that are kept [s].
    seed
        Of every stream of chance.
    spans
        Of sampled requests that are kept at most [1].
    """
    clock = np.zeros(1, CLOCK)
    clock["next_arrival"], clock["network"], clock["look"] = np.inf, plan.costs.network, plan.costs.look
    clock["bound"], clock["lives"], clock["free"], clock["free_count"] = (
        plan.costs.bound,
        plan.costs.patience,
        0,
        _FRAMES,
    )
    rings = _rings(plan)
    servers, holds = int(plan.stations["servers"].sum()), int(plan.nodes["slots"].sum())
    keys = plan.keys[1] if plan.caches else 1
    flights = np.zeros((plan.caches, keys, 2), np.int64)
    flights[:, :, 1] = -1
    breakers = int((plan.edges["breaker"] >= 0).sum())
    return Arrays(
        clock=clock,
        frames=_chained(np.zeros(_FRAMES, FRAME), 0),
        nodes=plan.nodes.copy(),
        edges=plan.edges.copy(),
        operations=plan.operations.copy(),
        queues=plan.queues.copy(),
        steps=plan.steps.copy(),
        stations=plan.stations.copy(),
        servers=np.zeros(max(servers, 1)),
        holds_until=np.zeros(holds),
        holds_frame=np.zeros(holds, np.int64),
        heap_time=np.zeros(_HEAP),
        heap_what=np.zeros(_HEAP, np.int64),
        rings=rings,
        ring_time=np.zeros(rings.size * _RING),
        ring_what=np.zeros(rings.size * _RING, np.int64),
        ring_heads=np.full(rings.size, np.inf),
        todo=np.zeros((_TODO, 3), np.int64),
        random=_streams(seed, STREAMS + len(plan.services)),
        factors=_factors(plan.costs.sigma),
        mix=np.array(list(itertools.accumulate(plan.shares))),
        mix_operation=np.array(plan.entry_operations, np.int64),
        popularity=_popularity(plan.keys[0], keys),
        cached_until=np.zeros((plan.caches, keys)),
        stale_until=np.zeros((plan.caches, keys)),
        flights=flights,
        parts=np.zeros((breakers, PARTS, 3)),
        of_node=np.zeros((seconds, len(plan.services), len(OF_NODE))),
        of_edge=np.zeros((seconds, max(len(plan.edges), 1), len(OF_EDGE)), np.int32),
        of_entry=np.zeros((seconds, len(plan.entries), len(OF_ENTRY)), np.int64),
        latencies=np.zeros((seconds, len(plan.entries), BINS), np.int32),
        spans=np.zeros(spans, SPAN),
    )


def grown(w: Arrays, memory: int) -> Arrays:
    """Return the same state with more room where there is little left; at most `memory` bytes.

    Raises
    ------
    ModelTooLarge
        There is no room for that.
    """
    clock = w.clock[0]
    changed: dict[str, Any] = {}
    if clock["free_count"] < 2 * MARGIN:
        size = w.frames.size
        frames = np.concatenate([w.frames, np.zeros(size, FRAME)])
        _chained(frames, size)
        frames[-1]["next"] = clock["free"]
        clock["free"], clock["free_count"] = size, clock["free_count"] + size
        changed["frames"] = frames
    if clock["heap"] + 2 * MARGIN >= w.heap_time.size:
        changed["heap_time"], changed["heap_what"] = _doubled(w.heap_time), _doubled(w.heap_what)
    if clock["todo"] + 2 * MARGIN >= w.todo.shape[0]:
        changed["todo"] = np.concatenate([w.todo, np.zeros_like(w.todo)])
    if (w.rings["count"] + 2 * MARGIN >= w.rings["room"]).any():
        changed.update(_wider(w))
    clock["full"] = 0
    made = w._replace(**changed)
    used = sum(int(each.nbytes) for each in made)
    if used > memory or made.frames.size >= 1 << 30:
        raise ModelTooLarge(
            f"{int(made.frames.size)} requests and calls are under way at {clock['now']:.1f} s: "
            f"{used / 1e6:.0f} MB, and {memory / 1e6:.0f} MB are allowed",
            hint="bound the queues or shorten the deadlines in the wiring, lower the rate, or give more memory",
        )
    return made


def _chained(frames: Any, first: int) -> Any:
    frames["next"][first:] = np.arange(first + 1, frames.size + 1)
    return frames


def _doubled(array: Any) -> Any:
    return np.concatenate([array, np.zeros_like(array)])


def _rings(plan: Plan) -> Any:
    rings = np.zeros(len(plan.rings), RING)
    rings["first"], rings["room"], rings["seconds"] = np.arange(rings.size) * _RING, _RING, plan.rings
    return rings


def _wider(w: Arrays) -> dict[str, Any]:
    """Return the rings, each in order from its first place on, those that are nearly full with twice the room."""
    rings, times, whats, first = w.rings.copy(), [], [], 0
    for ring in rings:
        room, count = int(ring["room"]), int(ring["count"])
        places = int(ring["first"]) + ((int(ring["head"]) + np.arange(count)) & (room - 1))
        room *= 2 if count + 2 * MARGIN >= room else 1
        rest = room - count
        times.append(np.concatenate([w.ring_time[places], np.zeros(rest)]))
        whats.append(np.concatenate([w.ring_what[places], np.zeros(rest, np.int64)]))
        ring["first"], ring["room"], ring["head"], first = first, room, 0, first + room
    return {"rings": rings, "ring_time": np.concatenate(times), "ring_what": np.concatenate(whats)}


def _streams(seed: int, count: int) -> Any:
    return np.random.SeedSequence(seed).generate_state(count, np.uint64)


def _factors(sigma: float) -> Any:
    normal = NormalDist()
    return np.array([math.exp(sigma * normal.inv_cdf((each + 0.5) / _FACTORS)) for each in range(_FACTORS)])


def _popularity(exponent: float, count: int) -> Any:
    weights = (np.arange(count) + 1.0) ** -exponent
    return np.cumsum(weights) / weights.sum()
