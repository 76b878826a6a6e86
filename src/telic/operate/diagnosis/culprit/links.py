"""What ties one change to what is seen: names, constants, stack frames, vanished messages, measured latencies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from telic.context.changes import subjects, words
from telic.context.changes.candidates import Candidate, stem
from telic.context.changes.effect import Effect
from telic.context.changes.frames import touched
from telic.context.changes.quantities import Quantity
from telic.operate.diagnosis.culprit.scene import Scene
from telic.operate.diagnosis.culprit.signs import Sign, inside, moment, quoted
from telic.operate.diagnosis.culprit.verdict import Reason

QUOTED_GONE, QUOTED_NEW = 3.2, 2.8  # a message quotes what the change took away, or brings [nats]
COMPOUND, SINGLE, MODULE = 2.0, 1.2, 2.2  # it has a name of several words, one word, a module in common [nats]
WORD, WORDS = 0.5, 1.2  # a single telling word in common, and all of them together [nats]
AGAIN = 0.7  # how much rarer a name has to be for each further change that has it [1]
STEPPED, SET, MENTIONED = 4.0, 3.2, 0.8  # telemetry shows both values, the named new value, the bare new value [nats]
IN_FUNCTION, IN_FILE, ELSEWHERE = 3.5, 2.0, -1.0  # a stack names what the change touches, or another change does [nats]
VANISHED = 2.0  # a message with a name that the change took away is no longer written [nats]
BELOW, ABOVE = 1.5, -1.5  # a time limit below, or far above, what the call takes anyway [nats]


class Links:
    """Looks for ties between the changes and the signs of one scene."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._seen: Counter[str] = Counter()
        self._words: Counter[str] = Counter()
        for each in scene.candidates:
            self._seen.update(gone(each) | new(each))
            self._words.update(each.reading.singles)
        self._own = {part for name in scene.entities for part in (*words.split(name), *words.split(stem(name)))}

    def reasons(self, candidate: Candidate) -> list[Reason]:
        """Return every tie of one change, and what contradicts it."""
        found = [self._numbers(candidate), self._frame(candidate), self._vanished(candidate), self._latency(candidate)]
        return [*(self._names(candidate) or self._single(candidate)), *(each for each in found if each is not None)]

    @cached_property
    def _heard(self) -> Sequence[Sign]:
        """Signs that speak of the place where they were seen; an alert repeats what others say."""
        return [each for each in self.scene.signs if each.source != "alert" and not each.vanished and not each.about]

    def _names(self, candidate: Candidate) -> list[Reason]:
        best: dict[str, Reason] = {}
        for name, value, says, sign in self._shared(candidate):
            if name not in best or value > best[name].weight:
                best[name] = Reason("names", value, says, sign.query)
        ordered = sorted(best.values(), key=lambda each: -each.weight)[:3]
        return [
            Reason("names", each.weight * part, each.says, each.query)
            for each, part in zip(ordered, (1.0, 0.5, 0.25), strict=False)
        ]

    def _shared(self, candidate: Candidate) -> Iterator[tuple[str, float, str, Sign]]:
        took, brings, about = gone(candidate), new(candidate), _modules(candidate)
        for sign in self._heard:
            share = min(1.0, sign.weight / 0.6) * min(1.0, self.scene.near.get(sign.entity, 0.2) + 0.2)
            for name in (sign.names | sign.quotes) & (took | brings) - self._own:
                if len(name) > 2:
                    plain = COMPOUND if "_" in name else SINGLE
                    value = (QUOTED_GONE if name in took else QUOTED_NEW) if name in sign.quotes else plain
                    how = "took away" if name in took else "brings"
                    says = f"{sign.entity} says {sign.text[:100]!r}; the change {how} {name}"
                    yield name, value * share * _rare(self._seen[name]), says, sign
            for module in (sign.singles & about) - self._own:
                says = f"{sign.entity} says {sign.text[:100]!r}; the change is about {module}"
                yield module, MODULE * share * _rare(self._words[module]), says, sign

    def _single(self, candidate: Candidate) -> list[Reason]:
        shared = {
            word
            for sign in self._heard
            if sign.source != "metric" and sign.weight >= 0.3
            for word in (sign.singles & candidate.reading.singles) - self._own
        }
        ordered = sorted(shared, key=lambda word: (self._words[word], word))[:3]
        total = min(WORDS, sum(WORD * _rare(self._words[word]) for word in ordered))
        says = f"messages and the change share the words {', '.join(ordered)}"
        return [Reason("names", total, says)] if total > 0.2 else []

    def _numbers(self, candidate: Candidate) -> Reason | None:
        found = [
            Reason("numbers", value, says, sign.query)
            for effect in candidate.reading.effects
            if effect.before is not None and effect.after is not None
            for sign in self.scene.signs
            if not sign.vanished and sign.source != "alert"
            for value, says in [_shown(effect, effect.before, effect.after, sign)]
            if value
        ]
        return max(found, key=lambda each: each.weight, default=None)

    def _frame(self, candidate: Candidate) -> Reason | None:
        for sign in self._heard:
            for frame in sign.frames:
                how = touched(frame, candidate.reading.diff, candidate.reading.paths)
                if how:
                    value = IN_FUNCTION if how == "function" else IN_FILE
                    named = f"{frame.function or frame.file} ({frame.file}:{frame.line})"
                    return Reason("frame", value, f"the stack names {named}, which the change touches", sign.query)
        if self._framed and candidate.reading.diff.hunks:
            return Reason("frame", ELSEWHERE, "the stack names code that another change touches")
        return None

    @cached_property
    def _framed(self) -> bool:
        """Whether any change touches a frame of any message."""
        every = [frame for sign in self._heard for frame in sign.frames]
        read = [each.reading for each in self.scene.candidates]
        return any(touched(frame, each.diff, each.paths) for frame in every for each in read)

    def _vanished(self, candidate: Candidate) -> Reason | None:
        took = gone(candidate)
        for sign in self.scene.signs:
            shared = (sign.names & took) - self._own if sign.vanished else frozenset()
            if shared:
                names = ", ".join(sorted(shared))
                says = f"{sign.entity} no longer says {sign.text[:80]!r}; the change took away {names}"
                return Reason("vanished", VANISHED, says, sign.query)
        return None

    def _latency(self, candidate: Candidate) -> Reason | None:
        """Compare a time limit that came down with what the calls that it limits take when all is well."""
        usual = [
            seconds
            for name, (_, seconds) in self.scene.latencies.items()
            if name in self.scene.callees or name == self.scene.entity
        ]
        for effect in candidate.reading.effects if usual else ():
            if effect.subject != "time limit" or effect.after is None or effect.before is None:
                continue
            if effect.after.value < effect.before.value and effect.after.value < 1.2 * max(usual):
                says = f"{effect.after} is below the {max(usual):.3g} s that such calls take when all is well"
                return Reason("latency", BELOW, says, self._usual())
            if effect.before.value > effect.after.value > 4 * max(usual):
                says = f"{effect.after} is far above the {max(usual):.3g} s that such calls take when all is well"
                return Reason("latency", ABOVE, says, self._usual())
        return None

    def _usual(self) -> str:
        """Return the query for how long calls to these entities usually take, as `Scene.latencies` has it."""
        calm = self.scene.calm
        answering = ", ".join(quoted(each) for each in sorted({*self.scene.callees, self.scene.entity}))
        return (
            "SELECT entity, count(*) AS points, quantile_cont(seconds, 0.99) AS p99 FROM (SELECT entity,"
            " (epoch_ns(\"end\") - epoch_ns(start)) / 1e9 AS seconds FROM spans WHERE coalesce(status, '') <> 'ERROR'"
            f" AND start < {moment(calm.end + 600.0)} UNION ALL SELECT entity,"
            " value * CASE WHEN list_contains(string_split(lower(name), '_'), 'ms') THEN 1e-3 ELSE 1.0 END"
            " FROM metrics WHERE (name ILIKE '%duration%' OR name ILIKE '%latency%' OR name ILIKE '%response_time%')"
            f" AND isfinite(value) AND {inside(calm)})"
            f" WHERE entity IN ({answering}) GROUP BY entity ORDER BY p99 DESC"
        )


def gone(candidate: Candidate) -> frozenset[str]:
    """Return the names that a change takes away, as keys."""
    return candidate.reading.gone | frozenset(name for each in candidate.reading.effects for name in each.gone)


def new(candidate: Candidate) -> frozenset[str]:
    """Return the names that a change brings, as keys."""
    return candidate.reading.names | frozenset(name for each in candidate.reading.effects for name in each.new)


def _modules(candidate: Candidate) -> frozenset[str]:
    found = (each for each in candidate.reading.effects if each.kind == "dependency")
    return frozenset(name for each in found for name in each.new if len(name) > 3)


def _rare(changes: int) -> float:
    return 1.0 / (1.0 + AGAIN * max(0, changes - 1))


_SCALES: Mapping[str, tuple[float, ...]] = {
    "time": (1.0, 1e3, 1e-3),
    "size": (1.0, 1e-6, 2.0**-20, 1e-9, 2.0**-30),
}  # units that a metric may use instead


def _shown(effect: Effect, before: Quantity, after: Quantity, sign: Sign) -> tuple[float, str]:
    """Return how plainly a sign shows the new value of a constant [nats], and how."""
    if sign.source == "metric":
        for scale in _SCALES.get(after.dimension, (1.0,)):
            if _same(sign.before, before.value * scale) and _same(sign.after, after.value * scale):
                return STEPPED, f"{sign.says}: exactly the change from {before} to {after}"
        return 0.0, ""
    for name, values in sign.numbers.items():
        if any(_same(value, after.value) for value in values):
            if name and _related(name, effect):
                return SET, f"{sign.entity} says {name} = {after}, the new value"
            if after.value > 10 or after.dimension == "time":
                return MENTIONED, f"{sign.entity} mentions {after}, the new value"
    return 0.0, ""


def _related(name: str, effect: Effect) -> bool:
    mine = set(words.split(effect.says.split("(", 1)[-1])) - words.COMMON
    parts = words.split(name)
    return subjects.subject_of("_".join(parts)).name == effect.subject or len(set(parts) & mine) >= 2


def _same(one: float, two: float) -> bool:
    return abs(one - two) <= 0.01 * max(abs(one), abs(two))
