"""The health oracle: did users get better since an action? It sees what users get and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from telic.clock import Clock
from telic.model import ActionRecord, Symptom
from telic.operate.diagnosis.onset import failures_alone
from telic.operate.looks import CELL
from telic.operate.reopening import ESCAPE, REOPEN, shed_by
from telic.operate.series import SHARE
from telic.operate.watch import TICK, Watch
from telic.tools.health import Judgement

SETTLE = 1.0  # requests begun before an action may still end badly [s]
WELL = 2.5  # users have to be well for so long [s]
EARLIEST = 5.0  # after an action, before it may be said not to help [s]
RESTART, RESTARTED = "restart", 3.0  # nothing of it is undone, so the next cause may be tried sooner [s]
PATIENCE = 12.0  # at most [s]
RARE_PATIENCE = 30.0  # of operations that fewer than `RARE` requests ask for in `PATIENCE`, and none harmed since [s]
RARE = 6.0  # [1]
LONGER = (1.0, 2.0, 4.0, inf)  # stretches in which `LEAST` requests are looked for: some operations are rare [1]
UNCHANGED = 0.5  # of the share of bad requests before: no better [1]
QUICK_SETTLE, QUICK_WELL, QUICK_EARLIEST = (
    0.5,
    1.5,
    3.0,
)  # of policies: nothing starts or moves, so it shows at once [s]
QUICK = frozenset({ESCAPE, REOPEN})
_EARLIEST = {REOPEN: QUICK_EARLIEST, RESTART: RESTARTED}  # not of an escape: what a storm left ends badly at first
LEAST = 3  # requests that say anything [1]
FRESH = 3.0  # older cells say nothing of now [s]
TRAFFIC_BACK = 0.6  # of the level before [1]
CHECKED_BACK = 5.0  # answers that were checked so long ago still count: there are few of them [s]
ENOUGH = 5  # requests without harm of one operation, before it may be said to be mended while others are not [1]
CHANCE = 1e-3  # that so many went well by chance, at the share that was bad before [1]
DELAYED = (0.0, 1.0, 2.0)  # requests that waited when an action came may end badly for so long [s]
DRAINED = 0.7  # of what waited before an action: it is worked off [1]


@dataclass(frozen=True)
class Vitals:
    """What users of the harmed operations got in a stretch of time."""

    total: int
    bad: int
    seconds: float
    last_total: int = 0  # of the last second
    last_bad: int = 0

    @property
    def share(self) -> float:
        """Bad requests per request [1]."""
        return self.bad / self.total if self.total else 0.0

    @property
    def well(self) -> bool:
        """Whether users are not harmed, by the definition of harm."""
        return not _harmed(self.total, self.bad) and not _harmed(self.last_total, self.last_bad)


class ObjectiveHealth:
    """Judges actions of one incident by its symptoms.

    Parameters
    ----------
    watch
        Whose looks go on meanwhile.
    clock
        For waiting.
    symptoms
        What hurt users.
    """

    def __init__(self, watch: Watch, clock: Clock, symptoms: Sequence[Symptom]) -> None:
        self._watch, self._clock = watch, clock
        self.symptoms = tuple(symptoms)
        self.shed = 0.0  # share of requests that is refused on purpose, which says nothing of the others [1]

    async def judge(self, record: ActionRecord) -> Judgement:
        """Wait until users were well for `WELL` s, or it is clear that they are not.

        Of an action that sheds, the requests that were let in are judged.
        """
        quick = record.action.verb in QUICK
        settle, well = (QUICK_SETTLE, QUICK_WELL) if quick else (SETTLE, WELL)
        earliest = _EARLIEST.get(record.action.verb, EARLIEST)
        before_shed, self.shed = self.shed, shed_by(record.action) if quick else self.shed
        try:
            return await self._judge(record, settle, well, earliest)
        finally:
            self.shed = before_shed

    async def _judge(self, record: ActionRecord, settle: float, well: float, earliest: float) -> Judgement:
        begun = self._clock.time()
        start = min(record.applied, begun) if record.applied else begun
        before, waiting = self.vitals(start - 3.0, start), self._waiting()
        rare = self.vitals(start - RARE_PATIENCE, start).total * PATIENCE < RARE * RARE_PATIENCE
        while True:
            await self._clock.sleep(TICK)
            now, known = self._clock.time(), self._watch.monitors.newest
            seen = self._recent(start + settle, known, well)
            whole = known >= max(start + settle + well, begun + CELL)
            if whole and self._is_well(seen, since=waiting, after=start + settle):
                let_in = " of those let in" if self.shed > 0 else ""
                return Judgement(
                    True, f"{_words(before)} before, {_words(seen)}{let_in} in the last {seen.seconds:.3g} s"
                )
            elsewhere = self._harm_elsewhere(begun)
            if elsewhere:
                return Judgement(False, f"users of {elsewhere} are harmed since")
            late = self.vitals(max(begun + settle, known - 2.0), known)
            hopeless = known - begun >= earliest and late.total >= LEAST and late.share >= UNCHANGED * before.share
            patience = RARE_PATIENCE if rare and seen.total < LEAST and not seen.bad else PATIENCE
            mended = self._mended(start, start + settle, known)
            waited = now - begun >= patience
            if waited or (hopeless and not late.well and None not in mended.values()):
                if whole and (names := [name for name, each in mended.items() if each]):
                    others = f"{_words(late)} of all that were harmed"
                    return Judgement(True, f"users of {', '.join(sorted(names))} are well since; {others}")
                if whole and self._failures_ended(start, start + settle, known):
                    return Judgement(True, f"{_words(before)} before, none of {late.total} fails now; slow as before")
                blind = self._watch.reading.state == "blind"
                words = "no telemetry arrives" if blind else f"{_words(late)} still"
                return Judgement(False, f"{_words(before)} before, {words} {now - begun:.0f} s later")

    def _recent(self, start: float, known: float, well: float) -> Vitals:
        """Return what users got lately: in `well` s, or in as many more since `start` as hold enough requests."""
        for longer in LONGER:
            seen = self.vitals(max(start, known - well * longer), known)
            if seen.total >= LEAST:
                break
        return seen

    def _failures_ended(self, until: float, since: float, known: float) -> bool:
        """Whether failures ended that came upon users who had been waiting for long: that is another harm."""
        if not failures_alone(self.symptoms):
            return False
        before, now = self.vitals(until - 3.0, until, "errors"), self.vitals(since, known, "errors")
        return not before.well and now.total >= LEAST and now.well

    def _mended(self, until: float, since: float, known: float) -> Mapping[str, bool | None]:
        """Return of which operations harm ended with an action, whatever becomes of others: two faults may be at work.

        None where nobody was harmed since, but too few came to tell.
        """
        names = self._operations() or frozenset()
        if len(names) < 2:
            return {}
        onsets = {each.operation: each.onset for each in self.symptoms}
        between, found = self._watch.monitors.between, dict[str, bool | None]()
        for name in names:
            before = between(max(onsets[name], until - RARE_PATIENCE), until, frozenset((name,)), "", shed=self.shed)
            later = [between(since + each, known, frozenset((name,)), "", shed=self.shed) for each in DELAYED]
            now = next((each for each in later if not each.bad), later[-1])
            if before.bad < LEAST or before.bad < UNCHANGED * before.total or now.bad or not now.total:
                continue
            by_chance = (1.0 - before.bad / (before.total + 1.0)) ** now.total
            found[name] = True if now.total >= ENOUGH and by_chance < CHANCE else None
        return found

    def vitals(self, start: float, end: float, signal: str = "") -> Vitals:
        """Return what users of the harmed operations got between two times; of one kind of harm where it is named."""
        between, names = self._watch.monitors.between, self._operations()
        whole = between(start, end, names, signal, shed=self.shed)
        last = between(max(start, end - 1.0), end, names, signal, shed=self.shed)
        return Vitals(whole.total, whole.bad, max(0.0, end - start), last.total, last.bad)

    def well_for(self, seconds: float) -> bool:
        """Whether users were well in the last `seconds` [s], and telemetry shows it."""
        known = self._watch.monitors.newest
        seen = self.vitals(known - seconds, known)
        fresh = self._clock.time() - known < FRESH
        after = known - max(seconds, CHECKED_BACK)
        return fresh and self._watch.reading.state == "healthy" and self._is_well(seen, after=after)

    def ended(self, symptom: Symptom, seconds: float) -> bool:
        """Whether requests of a symptom's own operation came in the last `seconds` [s], and none was bad."""
        known = self._watch.monitors.newest
        names = frozenset((symptom.operation,))
        seen = self._watch.monitors.between(known - seconds, known, names, symptom.signal, shed=self.shed)
        return bool(symptom.operation) and symptom.felt and seen.total >= LEAST and not seen.bad

    def _is_well(self, seen: Vitals, *, after: float, since: Mapping[str, float] | None = None) -> bool:
        monitors = self._watch.monitors
        if not all(monitors.answers_well(each, after) for each in self.symptoms if each.signal == "answers"):
            return False
        if all(each.signal == "queue" for each in self.symptoms) and not self._queues_well(since or {}):
            return False
        now = self._clock.time()
        if not all(monitors.replicas.well(each.entity, now) for each in self.symptoms if each.signal == "replica"):
            return False
        level = self._watch.monitors.level
        if any(each.signal == "traffic" for each in self.symptoms) and seen.total < TRAFFIC_BACK * level * seen.seconds:
            return False
        return seen.total >= LEAST and seen.well

    def _waiting(self) -> Mapping[str, float]:
        """Return how many messages wait at the consumers of which symptoms tell [1]."""
        queues, names = self._watch.monitors.queues, {each.entity for each in self.symptoms if each.signal == "queue"}
        return {name: step.waiting for name in names if (step := queues.standing(name)) is not None}

    def _queues_well(self, since: Mapping[str, float]) -> bool:
        """Whether nothing waits for longer than usual, or far less than waited `since` an action."""
        queues, now = self._watch.monitors.queues, self._clock.time()
        waiting = self._waiting()
        return all(
            queues.well(each.entity, now) or waiting.get(each.entity, 0.0) < DRAINED * since.get(each.entity, 0.0)
            for each in self.symptoms
            if each.signal == "queue"
        )

    def _operations(self) -> frozenset[str] | None:
        names = frozenset(each.operation for each in self.symptoms if each.felt)
        return None if "" in names or not names else names

    def _harm_elsewhere(self, since: float) -> str:
        if self.shed > 0:  # refusals on purpose are everywhere
            return ""
        known = {each.operation for each in self.symptoms}
        found = [
            each.operation
            for each in self._watch.reading.symptoms
            if each.operation not in known and each.onset > since and each.signal == "errors"
        ]
        return ", ".join(found)


def _harmed(total: int, bad: int) -> bool:
    return bad >= 2 and bad >= SHARE * total


def _words(seen: Vitals) -> str:
    return f"{seen.share:.0%} of {seen.total} requests bad"
