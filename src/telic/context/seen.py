"""What there is to see of an incident: every signal against its baseline, gathered once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from telic.context.deviation import Deviation
from telic.context.logs import Miner
from telic.context.logs.rates import Lines, rate_deviations
from telic.context.metrics.deviation import metric_deviations
from telic.context.metrics.series import Series, read_series
from telic.context.traces.events import sequences
from telic.context.traces.sequence import Broken, breaks
from telic.context.traces.spans import NANOSECONDS, Spans, read_spans
from telic.context.traces.timing import timing, timing_deviations
from telic.model import Topology, Window
from telic.model.signals import Reported
from telic.worlds.recorded import Recording

_FEW = 20  # spans that a comparison needs on either side [1]


@dataclass(frozen=True)
class Seen:
    """An incident as it looks at one moment.

    Parameters
    ----------
    recording
        Where the telemetry comes from.
    window
        The stretch in which something may be wrong.
    baseline
        A stretch in which all was well; None: whatever lies outside the window, or the window before the onset.
    symptom
        What was reported.
    """

    recording: Recording
    window: Window
    baseline: Window | None
    symptom: Reported
    missing: tuple[str, ...] = field(default=())

    @cached_property
    def topology(self) -> Topology:
        """Who calls whom."""
        return self.recording.topology()

    @cached_property
    def before(self) -> Window:
        """The baseline, or the part of the window before the symptom."""
        if self.baseline is not None:
            return self.baseline
        onset = self.symptom.onset
        return Window(self.window.start, onset if onset else self.window.start + self.window.seconds / 3)

    @cached_property
    def healthy(self) -> Spans:
        """Spans of the baseline."""
        return read_spans(self.recording, [self.before])

    @cached_property
    def now(self) -> Spans:
        """Spans of the window; without a baseline of its own, those after the symptom's onset."""
        return read_spans(self.recording, [self._after])

    @property
    def _after(self) -> Window:
        return self.window if self.baseline is not None else Window(self.before.end, self.window.end)

    @cached_property
    def traced(self) -> bool:
        """Whether there are spans enough to compare."""
        return self.recording.rows["spans"] > 2 * _FEW and len(self.healthy) >= _FEW and len(self.now) >= _FEW

    @cached_property
    def detail(self) -> Window:
        """The stretch in which the trouble was looked at closely: that of the spans, else the window."""
        if not self.traced:
            return self.window
        return Window(float(self.now.start.min()) / NANOSECONDS, float(self.now.end.max()) / NANOSECONDS)

    @cached_property
    def timings(self) -> Sequence[Deviation]:
        """Exclusive and network times that are longer than they were."""
        return timing_deviations(timing(self.healthy), timing(self.now)) if self.traced else []

    @cached_property
    def broken(self) -> Broken:
        """Pairs of events that no longer follow one another."""
        if not self.traced:
            return Broken((), 0, 0)
        usual = sequences(self.recording, self.healthy, self.before, covered=True)
        return breaks(self.healthy, usual, self.now, sequences(self.recording, self.now, self._after))

    @cached_property
    def series(self) -> Sequence[Series]:
        """All metrics."""
        return read_series(self.recording)

    @cached_property
    def metrics(self) -> Sequence[Deviation]:
        """Metrics that are not what they were."""
        return metric_deviations(self.series, self.window, self.baseline)

    @cached_property
    def logs(self) -> Sequence[Deviation]:
        """Log patterns that come more often than they did, or less."""
        found = self.recording.columns("logs", ("time", "entity", "body"), [self.before, self.window])
        miner = Miner()
        ids = miner.add_many(found["body"].tolist())
        times = found["time"].astype(np.float64) / NANOSECONDS
        lines = Lines(miner.resolve(ids), times, found["entity"].tolist())
        texts = {each.id: each.text for each in miner.templates()}
        return rate_deviations(lines, texts, self.window, self.before) if len(times) else []

    @cached_property
    def calls(self) -> dict[str, tuple[str, ...]]:
        """Whom every entity calls or uses, by the topology and by the spans."""
        found: dict[str, dict[str, None]] = {}
        for edge in self.topology.edges:
            found.setdefault(edge.caller, {})[edge.callee] = None
        if self.traced:
            for spans in (self.healthy, self.now):
                for index in spans.remote.nonzero()[0].tolist():
                    caller = spans.entities[spans.entity[spans.parent[index]]]
                    found.setdefault(caller, {})[spans.entities[spans.entity[index]]] = None
        return {caller: tuple(callees) for caller, callees in found.items()}
