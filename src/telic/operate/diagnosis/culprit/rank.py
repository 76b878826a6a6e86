"""From a recording to verdicts on every change and on "none", the likeliest first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from telic.context.changes.candidates import Arrival, Candidate
from telic.context.changes.effect import Effect
from telic.operate.diagnosis.culprit.circumstances import Circumstance, found_in
from telic.operate.diagnosis.culprit.likelihood import Likelihood, fit, ratio
from telic.operate.diagnosis.culprit.scene import LEAD, Scene, scene
from telic.operate.diagnosis.culprit.verdict import ChangeVerdict, Reason
from telic.operate.statistics import softmax

if TYPE_CHECKING:
    from telic.worlds.recorded import Recording


UNSEEN = -1.1  # no change is to blame, and nothing else is seen either [nats]


def rank(recording: Recording, entity: str = "", onset: float | None = None) -> list[ChangeVerdict]:
    """Return a verdict on every change on record and one on "no change", the likeliest first.

    Parameters
    ----------
    recording
        A recorded incident.
    entity
        The likeliest place of the cause, if known; default: where the symptom was reported.
    onset
        When the symptom was noticed [s since the Unix epoch]; default: as reported.

    Returns
    -------
    list of ChangeVerdict
        Exactly one has ``change`` None. Confidences sum to 1.
    """
    return judge(scene(recording, entity, onset))


def judge(seen: Scene) -> list[ChangeVerdict]:
    """Return the verdicts of `rank` on a scene."""
    likelihood = Likelihood(seen)
    found = [_verdict(each, likelihood) for each in seen.candidates]
    found.append(_none(seen, found))
    ordered = sorted(found, key=lambda each: -each.score)
    sure = softmax([each.score for each in ordered])
    return [replace(each, confidence=share) for each, share in zip(ordered, sure, strict=True)]


def _verdict(candidate: Candidate, likelihood: Likelihood) -> ChangeVerdict:
    reasons, effect, arrival = likelihood.reasons(candidate)
    score = sum(each.weight for each in reasons)
    return ChangeVerdict(
        change=candidate.change,
        score=score,
        confidence=0.0,
        mechanism=effect.mechanism if effect else "changed code",
        entity=arrival.entity if arrival else candidate.change.entity,
        time=arrival.time if arrival else candidate.made,
        reasons=reasons,
        says=_sentence(candidate, effect, arrival, reasons),
        paths=candidate.reading.paths,
    )


def _sentence(candidate: Candidate, effect: Effect | None, arrival: Arrival | None, reasons: tuple[Reason, ...]) -> str:
    what = f"{candidate.change.id[:12]} ({candidate.change.summary[:80]})"
    best = max(reasons, key=lambda each: each.weight)
    worst = min((each for each in reasons if each.name != "prior"), key=lambda each: each.weight)
    if sum(each.weight for each in reasons) > 0:
        did = f"{effect.says}; " if effect and best.name != "effect" else ""
        return f"{what}: {did}{best.says}"
    return f"{what}: {worst.says}"


def _none(seen: Scene, verdicts: list[ChangeVerdict]) -> ChangeVerdict:
    """Return the verdict that no change is to blame: a circumstance that explains the signs, or nothing that does."""
    best: tuple[float, float, Circumstance] | None = None
    for each in found_in(seen):
        fitted = ratio(fit(seen.weights, each.troubles))
        fitted = max(-2.0, fitted) if fitted < 0 else fitted * min(1.0, each.strength / 1.5)
        score = each.strength + fitted - (1.5 if each.onset > seen.onset + 2 * LEAD else 0.0)
        if best is None or score > best[0]:
            best = (score, fitted, each)
    reasons = [
        Reason("prior", UNSEEN, "most incidents come from a change, and nothing else is seen that could have made this")
    ]
    if best is None or best[0] <= UNSEEN:
        nothing = "no change on record explains the signs" if verdicts else "no changes are on record"
        return ChangeVerdict(None, UNSEEN, 0.0, "", seen.entity, seen.onset, tuple(reasons), nothing)
    score, fitted, kind = best
    reasons = [
        Reason("circumstance", kind.strength, kind.says, kind.signs[0].query if kind.signs else ""),
        Reason("effect", score - kind.strength, f"{kind.mechanism}: fits the signs"),
    ]
    return ChangeVerdict(
        None,
        score,
        0.0,
        kind.mechanism,
        kind.entity or seen.entity,
        kind.onset,
        tuple(reasons),
        f"no change: {kind.mechanism}; {kind.says}",
    )
