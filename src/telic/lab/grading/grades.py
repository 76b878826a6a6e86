"""The grades of one episode: each task with the reason, times, harm, and what the actor touched."""

from __future__ import annotations

from dataclasses import dataclass

from telic.lab.session import Cost

NOT_ASKED = "not asked"


@dataclass(frozen=True)
class Judged:
    """One task."""

    passed: bool | None  # None: not asked, or there was nothing of the kind to do
    why: str


@dataclass(frozen=True)
class Grades:
    """What an actor achieved, what it did to users, and what it cost.

    Times are in seconds from the first second of user harm; None means never, or that there was no harm.

    Attributes
    ----------
    void
        Why the episode says nothing about its actor; "" where it does.
    negative
        The right answer was that nothing has to be done.
    false_alarms
        Alarms, claims and actions while nothing was wrong, in words.
    budget_burnt
        Error budget used from the fault (without one: from the session's start) to the longest that the episode could
        have lasted, in seconds of full outage: the sum over seconds of the share of bad requests; after the record's
        end users go on as in the recovery window. A promise of 99.9 % over 28 days has 2,419.
    harm_by_actor
        Bad requests above those of the same scenario and seed when nobody acted; None without such a record.
    interventions
        Actions that were applied.
    attempts
        Actions that were asked for, refused ones among them.
    touched
        Entities that applied actions changed: the blast radius.
    """

    detect: Judged
    localise: Judged
    explain: Judged
    mitigate: Judged
    predict: Judged
    void: str
    negative: bool
    harm_began: float | None  # [s since the Unix epoch]
    to_detect: float | None
    to_localise: float | None
    to_mitigate: float | None
    budget_burnt: float  # [s of full outage]
    bad: int  # requests from the fault to the end of the record [1]
    asked: int  # requests that users meant to send over the same stretch [1]
    harm_by_actor: int | None
    false_alarms: tuple[str, ...]
    interventions: int
    attempts: int
    touched: tuple[str, ...]
    cost: Cost

    @property
    def blast_radius(self) -> int:
        """How many entities were changed [1]."""
        return len(self.touched)

    @property
    def tasks(self) -> dict[str, Judged]:
        """Each task by its name."""
        return {
            "detect": self.detect,
            "localise": self.localise,
            "explain": self.explain,
            "mitigate": self.mitigate,
            "predict": self.predict,
        }

    @property
    def solved(self) -> bool | None:
        """Whether everything that could be judged was passed; None where nothing could."""
        judged = [each.passed for each in self.tasks.values() if each.passed is not None]
        return all(judged) if judged else None
