"""Arrays of the compiled model: what frames, nodes, edges, operations and steps hold, and the numbers of states."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

# What can happen next to a frame, or to a node; through the heap or a ring, or at once.
ARRIVE, DONE, RETRY, TIMEOUT, DEADLINE, WAKE, ENTER, START, STEP, TRY, FINISH, REPLY, RESULT, SETTLE = range(14)
DELIVER = 14  # a message, to the consumer that has it in hand

# What became of a call; GONE is a frame that nobody waits for any more.
OK, REFUSED, FAILED, FAILED_TRIED, RESET, TIMED_OUT, LATE, BREAKER, RAISED, GONE = range(10)
OUTCOMES = (
    "ok",
    "refused",
    "failed",
    "failed_tried",
    "reset",
    "timeout",
    "deadline",
    "breaker_open",
    "raised",
    "cancelled",
)

# Where a frame is.
FREE, TRAVEL, QUEUED, SHARED, RUNNING, CALLING, WAITING = range(7)

# Flags of a frame.
HELD, LEADS, PROBES, OWN_DEADLINE, MESSAGE = 1, 2, 4, 8, 16

# Kinds of steps and of the spread of their times.
WORK, CALL, POST = range(3)
CONSTANT, EXPONENTIAL, LOGNORMAL = range(3)
SPREADS = {"constant": CONSTANT, "exponential": EXPONENTIAL, "lognormal": LOGNORMAL}

# Streams of chance; those of nodes follow.
ARRIVALS, MIX, KEYS, JITTER, ERRORS, SAMPLES, LIVES, STREAMS = range(8)

# Columns of counts, by second.
OF_NODE = ("arrived", "entered", "refused", "done", "wasted", "busy", "waited", "dropped")
N_ARRIVED, N_ENTERED, N_REFUSED, N_DONE, N_WASTED, N_BUSY, N_WAITED, N_DROPPED = range(8)
OF_EDGE = ("attempts", "retries", "timeouts", "failures", "refused", "late")
E_ATTEMPTS, E_RETRIES, E_TIMEOUTS, E_FAILURES, E_REFUSED, E_LATE = range(6)
OF_ENTRY = ("sent", "good", "late", "failed")
R_SENT, R_GOOD, R_LATE, R_FAILED = range(4)

BINS = 288  # of latencies, each 4 % wider than the one before [1]
BIN_FIRST = 0.0001  # upper end of the first [s]
BIN_RATIO = 1.04
SUBJECT, LIFE = (1 << 30) - 1, (1 << 28) - 1  # masks: frames and nodes by number, lives of a frame
PARTS = 12  # of a breaker's window, one more than it forgets one by one, and one spare [1]
TRAVELS, PATIENCE = 0, 1  # the rings of network time and of deadlines; those of timeouts follow
MARGIN = 16  # entries that one action may add at most [1]
RUN_DONE, RUN_FULL = 0, 1

FRAME = np.dtype(
    [
        ("op", "i4"), ("state", "i4"), ("parent", "i4"), ("child", "i4"), ("gen", "i4"), ("step", "i4"),
        ("attempt", "i4"), ("flags", "i4"), ("next", "i4"), ("prev", "i4"), ("key", "i4"), ("entry", "i4"),
        ("trace", "i4"), ("edge", "i4"), ("edge_out", "i4"), ("attempts", "i4"), ("serial", "i8"), ("above", "i8"),
        ("above_client", "i8"), ("begun", "f8"), ("arrived", "f8"),
        ("entered", "f8"), ("deadline", "f8"),
    ],
    align=True,
)  # fmt: skip
NODE = np.dtype(
    [
        ("slots", "i4"), ("queue", "i4"), ("lifo", "i4"), ("aimd", "i4"), ("cancel", "i4"),
        ("stale", "i4"), ("hold_first", "i4"), ("hold_room", "i4"), ("hold_head", "i4"), ("hold_count", "i4"),
        ("over", "i4"), ("head", "i4"), ("tail", "i4"), ("waiting", "i4"), ("wakes", "i4"),
        ("hold", "f8"), ("max_age", "f8"), ("shed", "f8"), ("fails", "f8"), ("ttl", "f8"), ("ttl_jitter", "f8"),
        ("limit", "f8"), ("usual", "f8"), ("quiet_until", "f8"), ("shed_due", "f8"),
    ],
    align=True,
)  # fmt: skip
EDGE = np.dtype(
    [
        ("caller", "i4"), ("callee", "i4"), ("ring", "i4"), ("retries", "i4"), ("jitter", "i4"), ("passes", "i4"),
        ("breaker", "i4"), ("minimum", "i4"), ("probing", "i4"), ("part_head", "i4"), ("part_count", "i4"),
        ("drop", "i4"),
        ("timeout", "f8"), ("budget", "f8"), ("burst", "f8"), ("backoff", "f8"), ("window", "f8"), ("ratio", "f8"),
        ("open", "f8"), ("tokens", "f8"), ("opened", "f8"), ("calls", "f8"), ("failures", "f8"), ("delay", "f8"),
        ("fails", "f8"),
    ],
    align=True,
)  # fmt: skip
OPERATION = np.dtype(
    [
        ("node", "i4"), ("first", "i4"), ("end", "i4"), ("cached", "i4"), ("queue", "i4"), ("failing", "i4"),
        ("fails", "f8"),
    ],
    align=True,
)  # fmt: skip
QUEUE = np.dtype(
    [
        ("op", "i4"), ("pending", "i4"), ("in_hand", "i4"), ("waiting", "i4"), ("head", "i4"), ("tail", "i4"),
        ("again", "i8"), ("ack_wait", "f8"), ("retry", "f8"),
    ],
    align=True,
)  # fmt: skip
STEP_TYPE = np.dtype(
    [
        ("kind", "i4"), ("op", "i4"), ("edge", "i4"), ("spread", "i4"), ("station", "i4"), ("pool", "i4"),
        ("statement", "i4"), ("spare", "i4"),
        ("share", "f8"), ("seconds", "f8"),
    ],
    align=True,
)  # fmt: skip
STATION = np.dtype([("first", "i4"), ("servers", "i4"), ("speed", "f8")], align=True)
RING = np.dtype([("first", "i8"), ("room", "i8"), ("head", "i8"), ("count", "i8"), ("seconds", "f8")], align=True)
SPAN = np.dtype(
    [
        ("trace", "i4"), ("what", "i4"), ("kind", "i4"), ("outcome", "i4"), ("attempt", "i4"), ("op", "i4"),
        ("serial", "i8"), ("parent", "i8"), ("start", "f8"), ("end", "f8"),
    ],
    align=True,
)  # fmt: skip
SERVER, CLIENT, STATEMENT = range(3)  # kinds of spans
CLOCK = np.dtype(
    [
        ("now", "f8"), ("next_arrival", "f8"), ("rate", "f8"), ("network", "f8"), ("bound", "f8"), ("lives", "f8"),
        ("sampled", "f8"), ("look", "f8"), ("heap", "i8"), ("free", "i8"), ("free_count", "i8"), ("todo", "i8"),
        ("full", "i8"), ("events", "i8"), ("serial", "i8"), ("spans", "i8"), ("traces", "i8"), ("spans_lost", "i8"),
    ],
    align=True,
)  # fmt: skip


class Arrays(NamedTuple):
    """The whole state of one run; handed to compiled functions as one value."""

    clock: Any  # of 1
    frames: Any
    nodes: Any
    edges: Any
    operations: Any
    queues: Any
    steps: Any
    stations: Any
    servers: Any  # when each server of a station is free [s]
    holds_until: Any  # rings of nodes: until when slots are held at least [s]
    holds_frame: Any  # by which frame
    heap_time: Any
    heap_what: Any
    rings: Any
    ring_time: Any
    ring_what: Any
    ring_heads: Any  # when the first of each ring is due [s]
    todo: Any  # what happens now: kind, subject, outcome
    random: Any  # states of the streams
    factors: Any  # quantiles of the lognormal factor
    mix: Any  # upper bounds of the entries' shares
    mix_operation: Any
    popularity: Any  # upper bounds of the keys' shares
    cached_until: Any  # by cache and key [s]
    stale_until: Any
    flights: Any  # who loads it
    parts: Any  # of breakers' windows: start, calls, failures
    of_node: Any
    of_edge: Any
    of_entry: Any
    latencies: Any  # by second, entry and bin
    spans: Any
