"""What a report is made of: one frozen record of a run, which goes to JSON and back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from telic.model import Change, Incident, Tally, Topology, Truth
from telic.model.intent import Objective, Status
from telic.telemetry.queries.holding import Waited
from telic.telemetry.queries.saturation import Saturation

SCHEMA = "telic/run/v1"


@dataclass(frozen=True)
class Latency:
    """How long the requests of one operation took that were meant to be sent in one second."""

    second: int  # [s since the Unix epoch]
    operation: str  # intent id; "" for all operations together
    p50: float  # [s]
    p99: float  # [s]


@dataclass(frozen=True)
class Moment:
    """One line of the story: who did or saw what, when."""

    time: float  # [s since the Unix epoch]
    who: str  # load | lab | operator | supervisor | colleague | step
    text: str
    entity: str = ""


@dataclass(frozen=True)
class Standing:
    """The status of one id of the intent, with the reason for it."""

    id: str
    status: Status
    reason: str = ""
    evidence: str = ""  # what shows it
    about: str = ""  # the words of the intent


@dataclass(frozen=True)
class LogLine:
    """A line that a service wrote: text of others, shown as it is and never run."""

    time: float  # [s since the Unix epoch]
    service: str
    severity: str
    body: str


@dataclass(frozen=True)
class RunRecord:
    """Everything that is known of one run, in values of the model.

    What follows from these, such as the beginning of harm or whether the cause is right, is computed when it is shown,
    by `telic.model.judgement` and nothing else.
    """

    system: str
    started: float  # first second of load [s since the Unix epoch]
    ended: float
    seed: int
    topology: Topology
    title: str = ""  # default: says what happened
    command: str = ""  # repeats the run
    hashes: Mapping[str, str] = field(default_factory=dict)  # intent, design, wiring, ... to their hash
    operations: Mapping[str, str] = field(default_factory=dict)  # intent id to name
    objectives: tuple[Objective, ...] = ()
    tallies: tuple[Tally, ...] = ()
    latencies: tuple[Latency, ...] = ()
    truths: tuple[Truth, ...] = ()  # what was injected, oldest first; none in a run without the lab
    incidents: tuple[Incident, ...] = ()
    changes: tuple[Change, ...] = ()
    moments: tuple[Moment, ...] = ()
    standings: tuple[Standing, ...] = ()
    logs: tuple[LogLine, ...] = ()
    saturation: tuple[Saturation, ...] = ()  # how full every service was in every second
    waited: tuple[Waited, ...] = ()  # what it waited for others then
    timings: Mapping[str, float] = field(default_factory=dict)  # generate, ready, down, ... [s]
    facts: Mapping[str, str] = field(default_factory=dict)  # anything else worth a line: cores, isolation, memory


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` [1] of `values` do not exceed (nearest rank); 0 of none.

    Examples
    --------
    >>> percentile([0.004, 0.001, 0.002], 0.5)
    0.002
    """
    ordered = sorted(values)
    rank = math.ceil(round(len(ordered) * share, 6))
    return ordered[max(1, rank) - 1] if ordered else 0.0


def latencies(samples: Iterable[tuple[int, str, Sequence[float]]]) -> tuple[Latency, ...]:
    """Return the percentiles of every second, for each operation and for all together.

    Parameters
    ----------
    samples
        Second, operation and the latencies of its answered requests [s]; in any order.
    """
    gathered: dict[tuple[int, str], list[float]] = {}
    for second, operation, values in samples:
        gathered.setdefault((second, operation), []).extend(values)
        gathered.setdefault((second, ""), []).extend(values)
    return tuple(
        Latency(second, operation, percentile(values, 0.5), percentile(values, 0.99))
        for (second, operation), values in sorted(gathered.items())
        if values
    )
