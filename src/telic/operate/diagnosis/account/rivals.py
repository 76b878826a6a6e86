"""The other possible causes, the most tempting first, and why they lost."""

from __future__ import annotations

from telic.model import Diagnosis, Hypothesis
from telic.model.account import Rival
from telic.operate.diagnosis.culprit.verdict import ChangeVerdict

ENTITIES, CHANGES = 3, 6  # that are told [1]
_FATAL = "time"  # a change that came too late needs no other reason


def rivals_of(diagnosis: Diagnosis, verdicts: list[ChangeVerdict], blamed: ChangeVerdict | None) -> tuple[Rival, ...]:
    """Return other entities and other changes; changes after the trouble and those that cannot act come last."""
    found = [_entity(each) for each in diagnosis.hypotheses[1 : ENTITIES + 1]]
    others = [each for each in verdicts if each is not blamed]
    tempting = sorted(others, key=lambda each: -each.score)[:CHANGES]
    return (*found, *(_change(each) for each in tempting))


def _entity(each: Hypothesis) -> Rival:
    lost = each.why or "less of what is seen follows from it"
    return Rival(f"{each.mechanism} in {each.entity}", "entity", each.confidence, lost, each.evidence)


def _change(verdict: ChangeVerdict) -> Rival:
    against = [each for each in verdict.reasons if each.weight < -0.3 and each.name != "prior"]
    late = [each for each in against if each.name == _FATAL and each.weight < -3]
    said = late or against[:2]
    what = f"{verdict.id[:12]} {verdict.change.summary}" if verdict.change else "no change"
    lost = "; ".join(each.says for each in said) or "less speaks for it"
    return Rival(what, "change", verdict.confidence, lost if verdict.change else verdict.says)
