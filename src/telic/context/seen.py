"""What there is to see of an incident: every signal against its baseline, gathered once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from telic.context.deviation import Deviation
from telic.context.logs import Miner, Template
from telic.context.logs.rates import Lines, rate_deviations
from telic.context.metrics.counters import resolved
from telic.context.metrics.deviation import metric_deviations
from telic.context.metrics.series import Series, read_series
from telic.context.traces.calls import missing_calls
from telic.context.traces.comparison import compare
from telic.context.traces.events import sequences
from telic.context.traces.failures import failure_deviations, unasked, usual_callees
from telic.context.traces.sequence import Broken, breaks
from telic.context.traces.spans import NANOSECONDS, Spans, read_spans
from telic.context.traces.timing import timing, timing_deviations
from telic.model import Topology, Window
from telic.model.signals import Reported
from telic.model.traces import Comparison
from telic.worlds.recorded import Recording

GRAVE = frozenset(("ERROR", "FATAL", "CRITICAL", "SEVERE", "WARN", "WARNING", "ERR", "PANIC"))
"""Levels of lines that warn or report an error."""
_FEW = 20  # spans that a comparison needs on either side [1]


@dataclass(frozen=True)
class Mined:
    """Log patterns at another rate, levels by entity and id of the template, templates by text."""

    rates: Sequence[Deviation] = ()
    levels: Mapping[tuple[str, str], str] = field(default_factory=dict)
    templates: Mapping[str, Template] = field(default_factory=dict)


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
    def earlier(self) -> Seen:
        """The time when all was well, looked at as the incident is: its later half against its earlier half."""
        middle = (self.before.start + self.before.end) / 2
        halves = Window(self.before.start, middle), Window(middle, self.before.end)
        return Seen(self.recording, halves[1], halves[0], Reported())

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
        return self._timings() if self.traced else []

    def _timings(self) -> Sequence[Deviation]:
        reaches = usual_callees(self.healthy) if self.now.failed.any() else {}
        return timing_deviations(timing(self.healthy, reaches), timing(self.now, reaches))

    @cached_property
    def failures(self) -> Sequence[Deviation]:
        """Where requests begin to fail more often than they did."""
        return failure_deviations(self.healthy, self.now) if self.traced else []

    @cached_property
    def unasked(self) -> frozenset[str]:
        """Who is silent and whom nobody tried to call."""
        return unasked(self.healthy, self.now) if self.traced else frozenset()

    @cached_property
    def compared(self) -> Comparison | None:
        """The requests that have lost most time: their critical path and flame graph, healthy against now."""
        return compare(self.healthy, self.now) if self.traced else None

    @cached_property
    def uncalled(self) -> Sequence[Deviation]:
        """Calls that are expected, by what ran, and do not come."""
        return missing_calls(self.healthy, self.now) if self.traced else []

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
        return resolved(read_series(self.recording))

    @cached_property
    def metrics(self) -> Sequence[Deviation]:
        """Metrics that are not what they were."""
        return metric_deviations(self.series, self._after, self.before if self.baseline is None else self.baseline)

    @property
    def logs(self) -> Sequence[Deviation]:
        """Log patterns that come more often than they did, or less."""
        return self._logs.rates

    @cached_property
    def warnings(self) -> tuple[Sequence[Deviation], Mapping[tuple[str, str], str]]:
        """Log patterns and their levels; where there are traces only those of warnings and errors, which is quick."""
        found = self._mined(grave=True) if self.traced else self._logs
        return found.rates, found.levels

    @property
    def templates(self) -> Mapping[str, Template]:
        """The templates of the log patterns, by their text."""
        return self._logs.templates

    @cached_property
    def _logs(self) -> Mined:
        return self._mined()

    def mined(self, entity: str) -> Mined:
        """Return the log patterns of one entity, whether there are traces or not."""
        return self._mined(entity=entity)

    def _mined(self, *, grave: bool = False, entity: str = "") -> Mined:
        found = self.recording.columns("logs", ("time", "entity", "severity", "body"), [self.before, self.window])
        if entity:
            found = {name: column[found["entity"] == entity] for name, column in found.items()}
        if grave:
            levels = {each: each.upper() in GRAVE for each in set(found["severity"])}
            kept = np.array([levels[each] for each in found["severity"]], dtype=np.bool_)
            found = {name: column[kept] for name, column in found.items()}
        times = found["time"].astype(np.float64) / NANOSECONDS
        if not len(times):
            return Mined()
        miner = Miner()
        ids = miner.resolve(miner.add_many(found["body"].tolist()))
        entities = found["entity"].tolist()
        templates = miner.templates()
        texts = {each.id: each.text for each in templates}
        said = dict(zip(zip(entities, map(str, ids.tolist()), strict=True), found["severity"].tolist(), strict=True))
        lines = Lines(ids, times, entities)
        rates = rate_deviations(lines, texts, self._after, self.before)
        return Mined(rates, said, {each.text: each for each in templates})

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
