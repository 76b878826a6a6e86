"""How well a change explains the signs: each reason a likelihood ratio against "it has nothing to do with it"."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property

from telic.context.changes import subjects, words
from telic.context.changes.candidates import Arrival, Candidate, stem
from telic.context.changes.effect import Effect
from telic.context.changes.frames import touched
from telic.context.changes.trouble import TROUBLES
from telic.operate.diagnosis.culprit.scene import LEAD, Scene
from telic.operate.diagnosis.culprit.signs import Sign
from telic.operate.diagnosis.culprit.verdict import Reason

PRIOR = -1.5  # one change among many [nats]
STEEP = 2.2  # of the reason that effects fit signs [nats]
BASE, CHANCE = 0.06, 0.2  # fit of no effect and of an effect by chance [1]
UNSPECIFIC = {"missing": 0.4, "errors": 0.4, "crash": 0.35, "value": 0.35, "format": 0.35, "schema": 0.2, "latency": 0.25, "query": 0.2, "memory": 0.2, "race": 0.2, "calls": 0.2, "cpu": 0.2, "deadline": 0.15, "auth": 0.1, "connect": 0.1, "cache": 0.15, "lock": 0.15, "pool": 0.1, "leak": 0.15, "backlog": 0.2}  # fmt: skip
"""What code may make of which nothing else is known."""


def fit(weights: Mapping[str, float], troubles: Mapping[str, float]) -> float:
    """Return the share of the signs' troubles that something makes [1]."""
    return sum(share * troubles.get(name, 0.0) for name, share in weights.items())


def ratio(covered: float) -> float:
    """Return the likelihood ratio of a fit [nats]."""
    return STEEP * math.log((BASE + covered) / (BASE + CHANCE))


class Likelihood:
    """Weighs changes against the signs of one scene."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        seen: Counter[str] = Counter()
        single: Counter[str] = Counter()
        for each in scene.candidates:
            seen.update(_names(each))
            single.update(each.reading.singles)
        self._seen, self._single = seen, single
        self._own = {part for name in scene.entities for part in (*words.split(name), *words.split(stem(name)))}

    def reasons(self, candidate: Candidate) -> tuple[tuple[Reason, ...], Effect | None, Arrival | None]:
        """Return what speaks for and against one change, the effect that fits best, and where it came into force."""
        arrival = self._arrival(candidate)
        effect, fitted = self._effect(candidate)
        found = [
            Reason("prior", PRIOR, "one change among many"),
            fitted,
            *self._names(candidate),
            *self._numbers(candidate),
            *self._frames(candidate),
            *self._vanished(candidate),
            *self._latency(candidate),
            *self._in_force(candidate, arrival),
            Reason("scope", 1.2 * math.log(max(candidate.reading.scope, 0.03)), candidate.reading.why),
        ]
        scope = 0.2 + 0.8 * candidate.reading.scope
        links = ("names", "numbers", "frame", "vanished")
        found = [
            Reason(each.name, each.weight * scope, each.says, each.query) if each.name in links else each
            for each in found
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
        made = [name for name in sorted(weights, key=lambda name: -weights[name] * best.troubles.get(name, 0.0)) if weights[name] * best.troubles.get(name, 0.0) > 0.02]  # fmt: skip
        says = f"{best.says}: makes {', '.join(TROUBLES[name].says for name in made[:3]) or 'nothing that is seen'}"
        return best, Reason("effect", ratio(max(covered, 0.0)), says)

    def _strong(self) -> Sequence[Sign]:
        return [each for each in self.scene.signs if each.source != "alert" and not each.vanished and not each.about]

    def _rare(self, name: str) -> float:
        return 1.0 / (1.0 + 0.7 * max(0, self._seen[name] - 1))

    def _names(self, candidate: Candidate) -> list[Reason]:
        """Names that messages and the change share: what it took away and is missed counts most."""
        gone = frozenset(name for each in candidate.reading.effects for name in each.gone) | candidate.reading.gone
        new = frozenset(name for each in candidate.reading.effects for name in each.new) | candidate.reading.names
        best: dict[str, tuple[float, str, Sign]] = {}
        for sign in self._strong():
            share = min(1.0, sign.weight / 0.6) * min(1.0, self.scene.near.get(sign.entity, 0.2) + 0.2)
            texts = sign.names | sign.quoted
            for name in texts & (gone | new):
                if name in self._own or len(name) < 3:
                    continue
                quoted, several = name in sign.quoted, "_" in name
                value = (3.2 if name in gone else 2.8) if quoted else 2.0 if several else 1.2
                value *= share * self._rare(name)
                if value > best.get(name, (0.0, "", sign))[0]:
                    how = "took away" if name in gone else "brings"
                    best[name] = (value, f"{sign.entity} says {sign.text[:100]!r}; the change {how} {name}", sign)
            for module in _modules(candidate):
                if module in sign.singles and module not in self._own:
                    value = 2.2 * share / (1.0 + 0.7 * max(0, self._single[module] - 1))
                    if value > best.get(module, (0.0, "", sign))[0]:
                        best[module] = (
                            value,
                            f"{sign.entity} says {sign.text[:100]!r}; the change is about {module}",
                            sign,
                        )
        found = sorted(best.values(), key=lambda each: -each[0])[:3]
        reasons = [
            Reason("names", value * (1.0, 0.5, 0.25)[i], says, sign.query)
            for i, (value, says, sign) in enumerate(found)
        ]
        return reasons or self._singles(candidate)

    def _singles(self, candidate: Candidate) -> list[Reason]:
        words_seen: dict[str, float] = {}
        for sign in self._strong():
            if sign.source == "metric" or sign.weight < 0.3:
                continue
            for word in (sign.singles & candidate.reading.singles) - self._own:
                words_seen[word] = max(words_seen.get(word, 0.0), 0.5 / (1.0 + 0.7 * max(0, self._single[word] - 1)))
        total = min(1.2, sum(sorted(words_seen.values(), reverse=True)[:3]))
        said = ", ".join(sorted(words_seen, key=lambda each: -words_seen[each])[:3])
        return [Reason("names", total, f"messages and the change share the words {said}")] if total > 0.2 else []

    def _numbers(self, candidate: Candidate) -> list[Reason]:
        """Constants that the change set and telemetry shows."""
        best: Reason | None = None
        for effect in candidate.reading.effects:
            if effect.after is None or effect.before is None:
                continue
            for sign in self.scene.signs:
                if sign.vanished or sign.source == "alert":
                    continue
                value, says = _shown(effect, sign)
                if value and (best is None or value > best.weight):
                    best = Reason("numbers", value, says, sign.query)
        return [best] if best else []

    def _frames(self, candidate: Candidate) -> list[Reason]:
        for sign in self._strong():
            for frame in sign.frames:
                how = touched(frame, candidate.reading.diff, candidate.reading.paths)
                if how:
                    value = 3.5 if how == "function" else 2.0
                    return [Reason("frame", value, f"the stack names {frame.function or frame.file} ({frame.file}:{frame.line}), which the change touches", sign.query)]  # fmt: skip
        if self._framed and candidate.reading.diff.hunks:
            return [Reason("frame", -1.0, "the stack names code that another change touches")]
        return []

    @cached_property
    def _framed(self) -> bool:
        """Whether any change touches a frame of any message."""
        every = [frame for sign in self._strong() for frame in sign.frames]
        return any(
            touched(frame, each.reading.diff, each.reading.paths) for frame in every for each in self.scene.candidates
        )

    def _vanished(self, candidate: Candidate) -> list[Reason]:
        gone = frozenset(name for each in candidate.reading.effects for name in each.gone) | candidate.reading.gone
        for sign in self.scene.signs:
            shared = (sign.names & gone) - self._own if sign.vanished else frozenset()
            if shared:
                return [Reason("vanished", 2.0, f"{sign.entity} no longer says {sign.text[:80]!r}; the change took away {', '.join(sorted(shared))}", sign.query)]  # fmt: skip
        return []

    def _latency(self, candidate: Candidate) -> list[Reason]:
        """A time limit that came down: against what the calls that it limits take when all is well."""
        for effect in candidate.reading.effects:
            if (
                effect.subject != "time limit"
                or not effect.after
                or not effect.before
                or effect.after.value >= effect.before.value
            ):
                continue
            known = [
                seconds
                for name, (_, seconds) in self.scene.latencies.items()
                if name in self.scene.callees or name == self.scene.entity
            ]
            if known and effect.after.value < 1.2 * max(known):
                return [
                    Reason(
                        "latency",
                        1.5,
                        f"{effect.after} is below the {max(known):.3g} s that such calls take when all is well",
                    )
                ]
            if known and effect.after.value > 4 * max(known):
                return [
                    Reason(
                        "latency",
                        -1.5,
                        f"{effect.after} is far above the {max(known):.3g} s that such calls take when all is well",
                    )
                ]
        return []

    def _in_force(self, candidate: Candidate, arrival: Arrival | None) -> list[Reason]:
        if arrival is None:
            late = candidate.made > self.scene.reported or any(
                each.time > self.scene.reported for each in candidate.arrivals
            )
            says = "made or deployed after the trouble was noticed" if late else "never deployed before the trouble"
            return [Reason("time", -8.0 if late else -4.0, says)]
        heard = [(each.weight * self.scene.near.get(each.entity, 0.2), each.onset) for each in self.scene.signs if each.troubles and each.source != "alert" and not each.vanished]  # fmt: skip
        total = sum(weight for weight, _ in heard)
        after = sum(weight for weight, onset in heard if onset >= arrival.time - LEAD) / total if total else 1.0
        gap = self.scene.onset - arrival.time
        value = 2.0 * math.log(max(after, 0.02)) + (
            0.5 if gap < 1200 else 0.0 if gap < 3600 else -0.7 if gap < 10800 else -1.3
        )
        says = (
            f"in force {_minutes(gap)} before the first signs"
            if after > 0.8
            else f"only {after:.0%} of the signs began after it"
        )
        near = self.scene.near.get(arrival.entity, 0.1)
        shipped = {"itself": 0.5, "carried": 0.0, "directly": 0.0, "unknown": -0.3, "never": -3.0}[arrival.how]
        place = (
            f"deployed to {arrival.entity}"
            if near == 1.0
            else f"deployed to {arrival.entity or 'nobody knows where'}, not to {self.scene.entity}"
        )
        return [
            Reason("time", value, says),
            Reason("near", 1.5 * math.log(near) + 0.3, place),
            Reason(
                "shipped",
                shipped,
                {"itself": "deployed by itself", "carried": "came along with a later deploy"}.get(
                    arrival.how, "applied directly"
                ),
            ),  # fmt: skip
        ]


def _names(candidate: Candidate) -> frozenset[str]:
    reading = candidate.reading
    return (
        reading.names | reading.gone | frozenset(name for each in reading.effects for name in (*each.new, *each.gone))
    )


def _modules(candidate: Candidate) -> frozenset[str]:
    return frozenset(
        name for each in candidate.reading.effects if each.kind == "dependency" for name in each.new if len(name) > 3
    )


def _shown(effect: Effect, sign: Sign) -> tuple[float, str]:
    """Return how plainly a sign shows the new value of a constant [nats], and how."""
    assert effect.before is not None and effect.after is not None
    if sign.source == "metric":
        scales = (
            (1.0, 1e3, 1e-3)
            if effect.after.dimension == "time"
            else (1.0, 1e-6, 2.0**-20, 1e-9, 2.0**-30)
            if effect.after.dimension == "size"
            else (1.0,)
        )
        for scale in scales:
            if _same(sign.before, effect.before.value * scale) and _same(sign.after, effect.after.value * scale):
                return 4.0, f"{sign.says}: exactly the change from {effect.before} to {effect.after}"
        return 0.0, ""
    for name, values in sign.numbers.items():
        if any(_same(value, effect.after.value) for value in values):
            if name and _related(name, effect):
                return 3.2, f"{sign.entity} says {name} = {effect.after}, the new value"
            if effect.after.value > 10 or effect.after.dimension == "time":
                return 0.8, f"{sign.entity} mentions {effect.after}, the new value"
    return 0.0, ""


def _related(name: str, effect: Effect) -> bool:
    said = "_".join(words.split(name))
    mine = set(words.split(effect.says.split("(", 1)[-1])) - words.COMMON
    return subjects.subject_of(said).name == effect.subject or len(set(words.split(name)) & mine) >= 2


def _same(one: float, two: float) -> bool:
    return abs(one - two) <= 0.01 * max(abs(one), abs(two))


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if abs(seconds) < 120 else f"{seconds / 60:.0f} min"
