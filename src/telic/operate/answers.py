"""Notices that users get wrong answers, which fail no request and take no longer.

What is right, the intent says; whoever watches asks a few times a second as a user would and compares. Per operation,
the answers of the last seconds have to show all of these:

1. *Material*: at least three wrong answers, and a tenth of those that were checked.
2. *More than chance*: so many of so many would be wrong with a probability below 1e-5 (binomial tail, with the share
   that was wrong in well times, 0.5 % at least).
3. *Now*: a wrong one is among the answers of the last seconds.

Synthetic checks beside what users do: R. Ewaschuk, "Monitoring Distributed Systems", in "Site Reliability Engineering",
O'Reilly 2016, chapter 6 (black-box monitoring).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from telic.model import AnswerStep, Symptom
from telic.operate.statistics import binomial_tail

BACK = 20.0  # of the time before that is judged [s]
LEAST = 3  # wrong answers, and right ones that say that all is well [1]
SHARE = 0.1  # of the answers that were checked [1]
CHANCE = 1e-5  # of so many wrong ones [1]
RARE = 0.005  # share of wrong answers that is usual at least [1]
KEPT = 600  # checked answers of well times [1]
NOW = 5.0  # older answers say nothing of now [s]


@dataclass
class _Answers:
    """What was checked of one operation."""

    steps: deque[AnswerStep] = field(default_factory=deque)  # of the last seconds
    checked: int = 0  # in well times [1]
    wrong: int = 0  # of them [1]


class AnswerMonitor:
    """Compares how many answers are wrong now with how many were while all was well."""

    def __init__(self) -> None:
        self._operations: dict[str, _Answers] = {}

    def step(self, steps: Sequence[AnswerStep], now: float, *, frozen: bool, entry: str) -> list[Symptom]:
        """Take what was checked; return a symptom for each operation whose answers are wrong.

        Parameters
        ----------
        steps
            What was not taken before, oldest first.
        now
            [s since the Unix epoch]
        frozen
            Whether an incident is open: what is seen now is not what is normal.
        entry
            Where users enter.
        """
        for each in steps:
            self._operations.setdefault(each.operation, _Answers()).steps.append(each)
        judged = [self._judge(name, now, entry) for name in sorted(self._operations)]
        found = [each for each in judged if each is not None]
        self._let_go(now, learn=not found and not frozen)
        return found

    def well(self, operation: str, after: float) -> bool:
        """Whether enough answers of `operation` were checked since `after` [s since the Unix epoch], and all right."""
        known = self._operations.get(operation)
        steps = [each for each in known.steps if each.time >= after] if known is not None else []
        return sum(each.checked for each in steps) >= LEAST and not any(each.wrong for each in steps)

    def _judge(self, name: str, now: float, entry: str) -> Symptom | None:
        known = self._operations[name]
        steps = [each for each in known.steps if each.time >= now - BACK]
        if not any(each.wrong for each in steps if each.time >= now - NOW):
            return None
        first = next(each.time for each in steps if each.wrong)
        since = [each for each in steps if each.time >= first]
        checked, wrong = sum(each.checked for each in since), sum(each.wrong for each in since)
        usual = max(RARE, 1.5 * (known.wrong + 1.0) / (known.checked + 100.0))
        if wrong < LEAST or wrong < SHARE * checked or binomial_tail(wrong, checked, usual) >= CHANCE:
            return None
        return Symptom("answers", entry, name, "answers", first, now, wrong / checked / usual, wrong, checked)

    def _let_go(self, now: float, *, learn: bool) -> None:
        for known in self._operations.values():
            while known.steps and known.steps[0].time < now - BACK:
                old = known.steps.popleft()
                if learn and known.checked < KEPT:
                    known.checked, known.wrong = known.checked + old.checked, known.wrong + old.wrong
