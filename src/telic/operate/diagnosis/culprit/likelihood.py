"""How well a change explains the signs: each reason a likelihood ratio against "it has nothing to do with it"."""

from __future__ import annotations

import math
from collections.abc import Mapping

from telic.context.changes.candidates import Arrival, Candidate
from telic.context.changes.effect import Effect
from telic.context.changes.trouble import TROUBLES
from telic.operate.diagnosis.culprit.links import Links
from telic.operate.diagnosis.culprit.scene import LEAD, Scene
from telic.operate.diagnosis.culprit.verdict import Reason

PRIOR = -1.5  # one change among many [nats]
STEEP = 2.2  # of the reason that effects fit signs [nats]
BASE, CHANCE = 0.06, 0.2  # fit of no effect and of an effect by chance [1]
AFTER = 2.0  # of the reason that signs began after the change [nats]
LATE, UNSHIPPED = -8.0, -4.0  # made after the trouble was noticed; never deployed before it [nats]
NEAR, HERE = 1.5, 0.3  # of how near the place is, and of the place itself [nats]
SHIPPED = {"itself": 0.5, "carried": 0.0, "directly": 0.0, "unknown": -0.3, "never": -3.0}  # [nats]
RECENT = ((1_200.0, 0.5), (3_600.0, 0.0), (10_800.0, -0.7), (math.inf, -1.3))  # time before the first signs [s], [nats]
SCOPE = 1.2  # of how much of a change can act at all [nats]
TIES = ("names", "numbers", "frame", "vanished")  # reasons that count as far as the change can act
UNSPECIFIC = {
    "missing": 0.4, "errors": 0.4, "crash": 0.35, "value": 0.35, "format": 0.35, "latency": 0.25, "schema": 0.2,
    "query": 0.2, "memory": 0.2, "race": 0.2, "calls": 0.2, "cpu": 0.2, "backlog": 0.2, "deadline": 0.15, "cache": 0.15,
    "lock": 0.15, "leak": 0.15, "auth": 0.1, "connect": 0.1, "pool": 0.1,
}  # fmt: skip
"""What code may make of which nothing else is known, how readily [1]."""


def fit(weights: Mapping[str, float], troubles: Mapping[str, float]) -> float:
    """Return the share of the signs' troubles that something makes [1]."""
    return sum(share * troubles.get(name, 0.0) for name, share in weights.items())


def ratio(covered: float) -> float:
    """Return the likelihood ratio of a fit [nats]."""
    return STEEP * math.log((BASE + covered) / (BASE + CHANCE))


class Likelihood:
    """Weighs changes against the signs of one scene."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self._links = scene, Links(scene)

    def reasons(self, candidate: Candidate) -> tuple[tuple[Reason, ...], Effect | None, Arrival | None]:
        """Return what speaks for and against one change, the effect that fits best, and where it came into force."""
        arrival = self._arrival(candidate)
        effect, fitted = self._effect(candidate)
        reading = candidate.reading
        acts = 0.2 + 0.8 * reading.scope
        found = [
            Reason("prior", PRIOR, "one change among many"),
            fitted,
            *(_scaled(each, acts) if each.name in TIES else each for each in self._links.reasons(candidate)),
            *(self._in_force(arrival) if arrival else [self._absent(candidate)]),
            Reason("scope", SCOPE * math.log(max(reading.scope, 0.03)), reading.why),
        ]
        return tuple(sorted(found, key=lambda each: -abs(each.weight))), effect, arrival

    def _arrival(self, candidate: Candidate) -> Arrival | None:
        """Return where the change came into force nearest to the symptom and before it was noticed."""
        came = candidate.before(self.scene.reported)
        near = self.scene.near
        return max(came, key=lambda each: (near.get(each.entity, 0.1), -each.time), default=None)

    def _effect(self, candidate: Candidate) -> tuple[Effect | None, Reason]:
        weights, found = self.scene.weights, candidate.reading.effects
        best = max(found, key=lambda each: each.force * fit(weights, each.troubles), default=None)
        known = 1.0 if not found else 0.6 if candidate.reading.code else 0.2
        plain = fit(weights, UNSPECIFIC) * candidate.reading.scope * known
        covered = best.force * fit(weights, best.troubles) if best else 0.0
        if best is None or covered < 0.5 * plain:
            return best, Reason("effect", ratio(plain), "nothing that it does is known to cause this")
        made = {name: share * best.troubles.get(name, 0.0) for name, share in weights.items()}
        named = [TROUBLES[name].says for name in sorted(made, key=lambda each: -made[each])[:3] if made[name] > 0.02]
        fitted = ratio(covered)
        says = f"makes {', '.join(named)}" if fitted > 0 and named else "hardly makes what is seen"
        return best, Reason("effect", fitted, f"{best.says}: {says}")

    def _absent(self, candidate: Candidate) -> Reason:
        reported = self.scene.reported
        if candidate.made > reported or any(each.time > reported for each in candidate.arrivals):
            return Reason("time", LATE, "made or deployed after the trouble was noticed")
        return Reason("time", UNSHIPPED, "never deployed before the trouble")

    def _in_force(self, arrival: Arrival) -> list[Reason]:
        heard = [
            (each.weight * self.scene.near.get(each.entity, 0.2), each.onset)
            for each in self.scene.signs
            if each.troubles and each.source != "alert" and not each.vanished
        ]
        total = sum(weight for weight, _ in heard)
        after = sum(weight for weight, onset in heard if onset >= arrival.time - LEAD) / total if total else 1.0
        gap = self.scene.onset - arrival.time
        recent = next(value for limit, value in RECENT if gap < limit)
        began = (
            f"in force {_ago(gap)} before the first signs"
            if gap >= 0
            else f"in force {_ago(-gap)} after the first sign"
        )
        says = began if after > 0.8 else f"only {after:.0%} of the signs began after it"
        near = self.scene.near.get(arrival.entity, 0.1)
        elsewhere = "" if near == 1.0 or not self.scene.entity else f", not to {self.scene.entity}"
        shipped = {"itself": "deployed by itself", "carried": "came along with a later deploy"}
        return [
            Reason("time", AFTER * math.log(max(after, 0.02)) + recent, says),
            Reason(
                "near", NEAR * math.log(near) + HERE, f"applied to {arrival.entity or 'nobody knows what'}{elsewhere}"
            ),
            Reason("shipped", SHIPPED[arrival.how], shipped.get(arrival.how, "applied directly")),
        ]


def _scaled(reason: Reason, by: float) -> Reason:
    return Reason(reason.name, reason.weight * by, reason.says, reason.query)


def _ago(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
