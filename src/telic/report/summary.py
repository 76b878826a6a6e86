"""What a run comes to: one row for each thing that went wrong, judged by the words with one meaning."""

from __future__ import annotations

from dataclasses import dataclass

from telic.model import (
    ActionRecord,
    Diagnosis,
    Hypothesis,
    Incident,
    Truth,
    cause_right,
    recovered,
    user_harm,
    wrong_actions_left,
)
from telic.report.record import RunRecord

HOLD = 5  # seconds in a row without harm that count as recovered [s]


@dataclass(frozen=True)
class Row:
    """One stretch of a run: what was wrong, what users felt, what was found and done."""

    truth: Truth | None  # None: nobody injected anything, the incident came by itself
    incident: Incident | None  # None: nobody noticed
    since: float  # [s since the Unix epoch]
    until: float
    harm: float | None  # first second of user harm
    detected: float | None
    recovered: float | None
    harmed_seconds: int
    bad: int  # requests that went wrong [1]
    total: int

    @property
    def to_detect(self) -> float | None:
        """From the beginning of harm to detection [s]."""
        return None if self.harm is None or self.detected is None else max(0.0, self.detected - self.harm)

    @property
    def to_recover(self) -> float | None:
        """From the beginning of harm to recovery [s]."""
        return None if self.harm is None or self.recovered is None else self.recovered - self.harm

    @property
    def diagnosis(self) -> Diagnosis | None:
        """The diagnosis that was acted on last; without any action, the last one. Hindsight does not count."""
        if self.incident is None:
            return None
        acted = max((each.applied for each in self.incident.actions), default=0.0)
        before = [each for each in self.incident.diagnoses if not acted or each.time <= acted]
        return before[-1] if before else None

    @property
    def blamed(self) -> Hypothesis | None:
        """The first hypothesis, unless the diagnosis abstained."""
        found = self.diagnosis
        return found.hypotheses[0] if found and found.hypotheses and not found.abstained else None

    @property
    def cause_right(self) -> bool | None:
        """Whether entity and mechanism are right; None where there is no truth to compare with."""
        return None if self.truth is None else cause_right(self.diagnosis, self.truth)

    @property
    def applied(self) -> tuple[ActionRecord, ...]:
        """The actions that touched the world, in order."""
        return tuple(each for each in (self.incident.actions if self.incident else ()) if each.applied)

    @property
    def undone(self) -> tuple[ActionRecord, ...]:
        """The actions that were taken back."""
        return tuple(each for each in self.applied if each.outcome == "undone")

    @property
    def left(self) -> tuple[ActionRecord, ...]:
        """The actions that did not help and stayed."""
        return wrong_actions_left(self.applied)


def rows(run: RunRecord) -> tuple[Row, ...]:
    """Return one row for each injected fault, or for each incident where none was injected."""
    starts = [each.injected for each in run.truths] or [each.opened for each in run.incidents]
    ends = [*starts, run.ended + 1.0][1:]
    truths: list[Truth | None] = [*run.truths] or [None] * len(starts)
    return tuple(_row(run, truth, since, until) for truth, since, until in zip(truths, starts, ends, strict=True))


def _row(run: RunRecord, truth: Truth | None, since: float, until: float) -> Row:
    lead = since if truth else since - 30.0  # harm comes before the incident that it opens [s]
    felt = [each for each in run.tallies if each.second + 1 > lead and each.second < until]
    incident = next((each for each in run.incidents if since <= each.opened < until), None)
    harm = user_harm(felt, since=lead)
    return Row(
        truth=truth,
        incident=incident,
        since=since,
        until=until,
        harm=harm,
        detected=min((each.detected for each in incident.symptoms), default=None) if incident else None,
        recovered=None if harm is None else recovered(felt, harm=harm, hold=HOLD),
        harmed_seconds=len({each.second for each in felt if each.harmed}),
        bad=sum(each.bad for each in felt),
        total=sum(each.good + each.bad for each in felt),
    )


def headline(run: RunRecord) -> str:
    """Return one sentence that says what happened."""
    found = rows(run)
    if run.title:
        return run.title
    if not found:
        return f"{run.system} ran without an incident"
    first = found[0]
    where = f"{first.blamed.mechanism} in {first.blamed.entity}" if first.blamed else "cause unknown"
    if len(found) > 1:
        well = sum(each.harm is None or each.recovered is not None for each in found)
        return f"{well} of {len(found)} faults ended with users well"
    if first.harm is None:
        return f"{first.truth.fault if first.truth else where}: users felt nothing"
    if first.recovered is None:
        return f"{where}: users did not recover"
    return f"{where}: users well again after {first.to_recover:.0f} s"
