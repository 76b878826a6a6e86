"""The statistical actor: names causes from telemetry, and tries what would mend them in the order of belief."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from telic.model import Action, Diagnosis, Incident, Observed
from telic.model.intent import BadErrors, Objective
from telic.operate.diagnosis.collect import Collector
from telic.operate.diagnosis.findings import Findings
from telic.operate.diagnosis.onset import failures_alone
from telic.operate.diagnosis.ranking import diagnose, same
from telic.operate.history import History
from telic.operate.looks import NONE
from telic.tools.evidence import Notebook

BELIEVED = 0.2  # confidence from which a hypothesis' mitigations are worth trying [1]


class StatisticalActor:
    """An `Actor` that needs no model and no person.

    Parameters
    ----------
    objectives
        For what counts as slow.
    history
        States of the world over the last minute; whoever runs the loop adds to it.
    bad_errors
        Business errors that users call bad service, by operation.
    """

    def __init__(
        self, objectives: Sequence[Objective] = (), history: History | None = None, bad_errors: BadErrors = NONE
    ) -> None:
        self._collector, self._failing = Collector(objectives, bad_errors), Collector(objectives, bad_errors)
        self._history = history or History()
        self.findings: Findings | None = None  # of the last diagnosis

    def diagnose(self, incident: Incident, world: Observed) -> Diagnosis:
        """Name the cause, with evidence."""
        began = world.clock.time()
        notebook = Notebook(world.store(), prefix=f"E{len(incident.diagnoses) + 1}.")
        self.findings = self._collector.collect(incident, world, self._history, notebook)
        diagnosis = diagnose(self.findings, notebook, began=began, tried=incident.actions)
        failures = failures_alone(incident.symptoms)
        if not diagnosis.abstained or not failures:
            return diagnosis
        findings = self._failing.collect(replace(incident, symptoms=failures), world, self._history, notebook)
        second = diagnose(findings, notebook, began=began, tried=incident.actions)
        if second.abstained:
            return diagnosis
        self.findings = findings
        return second

    def decide(self, incident: Incident, diagnosis: Diagnosis) -> Sequence[Action]:
        """Return what to try, in order, without what was tried in this incident already."""
        if diagnosis.abstained:
            return ()
        wanted: list[Action] = []
        for hypothesis in diagnosis.hypotheses:
            if hypothesis.confidence >= BELIEVED:
                for action in hypothesis.mitigations:
                    if not any(
                        same(action, each) for each in (*wanted, *(record.action for record in incident.actions))
                    ):
                        wanted.append(action)
        return wanted
