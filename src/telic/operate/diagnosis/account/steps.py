"""What to look at next, and what would undo the cause."""

from __future__ import annotations

from telic.context.changes import vocabulary
from telic.model import Diagnosis
from telic.model.account import Step
from telic.operate.diagnosis.culprit.scene import Scene
from telic.operate.diagnosis.culprit.verdict import ChangeVerdict

_CULPRIT = "telic.operate.diagnosis.culprit"
_BY_MECHANISM = {
    "query for something that the store does not have": "apply the migration that is missing, or roll back",
    "incompatible dependency": "pin the dependency to the version before, in manifest and lock file, and deploy",
    "missing index": "create the index again, concurrently where the store can",
    "table locked": "end the statement that holds the lock; run the migration in small steps later",
    "far more is logged": "set the log level back and free the disk",
}


def steps_of(diagnosis: Diagnosis, blamed: ChangeVerdict | None, seen: Scene, signal_name: str) -> tuple[Step, ...]:
    """Return mitigations first, then checks; `signal_name` is the metric that was reported."""
    steps = [Step("mitigation", each) for each in _mitigations(blamed)]
    steps += [Step("check", each) for each in diagnosis.next]
    metrics = [each for each in seen.signs if each.source == "metric" and each.entity == seen.entity]
    signal = max(metrics, key=lambda each: (each.text == signal_name, each.weight), default=None)
    if signal is not None and steps:
        steps.append(Step("check", f"afterwards {signal.entity} {signal.text} has to be back at {signal.before:.3g}"))
    steps += [Step("check", f"what would have helped and was not recorded: {each}") for each in diagnosis.missing]
    return tuple(steps)


def _mitigations(blamed: ChangeVerdict | None) -> list[str]:
    if blamed is None:
        return []
    if blamed.change is None:
        known = vocabulary.table("circumstances", _CULPRIT).values()
        return [each["mitigation"] for each in known if each["mechanism"] == blamed.mechanism][:1]
    change, where = blamed.change, blamed.entity or "where it runs"
    if change.kind == "flag":
        return [f"switch {change.id} back at {where}"]
    special = [_BY_MECHANISM[blamed.mechanism]] if blamed.mechanism in _BY_MECHANISM else []
    paths = f" ({', '.join(blamed.paths[:3])})" if blamed.paths else ""
    return [*special, f"roll {where} back to before {change.id[:12]}{paths}"]
