"""One scale for every signal: how surprising it is under its own baseline, how much there is of it, since when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["latency", "network", "errors", "traffic", "saturation", "level", "sequence", "logs", "calls"]

CAP = 50.0  # above this, more surprise says no more [nats]


@dataclass(frozen=True)
class Deviation:
    """One signal of one entity that is not what it was.

    The surprise is the log of how much better "something changed" explains the window than the baseline does;
    it is capped, so that no single signal drowns all others however far off its scale it is.
    """

    entity: str  # a service, store, ...; an edge is written caller->callee
    kind: Kind
    signal: str  # name of the metric, of the span, or of the pair of events
    surprise: float  # [nats], 0 to `CAP`
    onset: float  # first point that deviates [s since the Unix epoch]; 0: not known
    before: float  # typical value in the baseline, in the signal's unit; see `known`
    now: float  # typical value while it deviates
    excess: float = 0.0  # what there is too much of: seconds of latency, failed requests, lost events
    unit: str = ""
    instance: str = ""
    count: int = 0  # observations that deviate [1]
    affected: float = 1.0  # share of the observations between onset and end that do [1]
    end: float = 0.0  # last point that deviates [s since the Unix epoch]; 0: not known
    attributes: str = ""  # of the metric, as recorded
    of_spans: bool = False  # `signal` is the name of spans
    pair: tuple[str, ...] = ()  # the two events of a sequence
    counters: tuple[str, ...] = ()  # recorded cumulative counters that the metric comes from
    known: bool = True  # the baseline has this signal; else `before` is what is usual there for its kind

    @property
    def up(self) -> bool:
        """Whether there is more of it than there was."""
        return self.now >= self.before

    @property
    def says(self) -> str:
        """One sentence."""
        where = self.instance or self.entity
        if self.kind == "sequence":
            return f"{where}: {self.signal} follows in {self.now:.0%} of cases, {self.before:.0%} before"
        if self.kind == "calls":
            return f"{where}: {self.before:.3g} -> {self.now:.3g} calls in each {self.signal}"
        if self.unit == "failed each time":
            what = f"{self.signal} of {self.pair[0]} gets no answer" if self.pair else f"{self.signal} fails by itself"
            return f"{where}: {what} in {self.now:.0%} of cases, {self.before:.0%} before"
        if not self.known:
            return f"{where}: {self.signal} {_number(self.now)} {self.unit}".rstrip() + ", no baseline"
        text = f"{where}: {self.signal} {_number(self.before)} -> {_number(self.now)} {self.unit}"
        return text.rstrip()


def _number(value: float) -> str:
    return f"{value:.3g}"
