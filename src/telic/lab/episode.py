"""One scored episode: what an injected fault did to users, and what whoever operated made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from telic.errors import TelicError
from telic.lab.injection import Injection
from telic.model import (
    Action,
    Diagnosis,
    Incident,
    Observed,
    Symptom,
    Tally,
    Truth,
    cause_right,
    recovered,
    user_harm,
    wrong_actions_left,
)

SCHEMA = "telic/score/v1"
HOLD = 5  # seconds in a row without harm that count as recovered [s]

Baseline = Callable[[Observed, Symptom], Diagnosis]


@dataclass(frozen=True)
class Verdict:
    """A named cause, and whether it is the true one."""

    entity: str
    mechanism: str
    right: bool


@dataclass(frozen=True)
class Score:
    """The numbers of one episode, all by the definitions of `telic.model.judgement`.

    Times are seconds since the Unix epoch; None means that it never happened.
    """

    truth: Truth
    seed: int
    harm_began: float | None
    detected: float | None
    recovered: float | None
    verdict: Verdict | None  # None: no diagnosis
    harm_minutes: float  # minutes with harm, from its beginning to the end of the record [min]
    bad: int  # requests that went wrong from the injection on [1]
    total: int  # requests meant to be sent from the injection on [1]
    actions: tuple[Action, ...] = ()  # applied, in order
    helped: int = 0
    undone: int = 0
    wrong_actions_left: int = 0
    false_alarms: int = 0  # incidents opened before the injection [1]
    decoy: str = ""  # entity of the harmless change before
    baselines: Mapping[str, Verdict] = field(default_factory=dict)

    @property
    def to_detect(self) -> float | None:
        """From the beginning of harm to the detection [s]."""
        return None if self.harm_began is None or self.detected is None else max(0.0, self.detected - self.harm_began)

    @property
    def to_recover(self) -> float | None:
        """From the beginning of harm to recovery [s]."""
        return None if self.harm_began is None or self.recovered is None else self.recovered - self.harm_began

    @property
    def cause_right(self) -> bool:
        """Whether entity and mechanism were named rightly."""
        return self.verdict is not None and self.verdict.right


def score(
    injection: Injection,
    tallies: Sequence[Tally],
    incidents: Iterable[Incident],
    *,
    since: float = 0.0,
    until: float = float("inf"),
    baselines: Mapping[str, Diagnosis] | None = None,
) -> Score:
    """Judge one episode.

    An incident that was open already when the fault came is a false alarm, and what was seen, said and done in it from
    then on counts.

    Parameters
    ----------
    injection
        What was done to the world.
    tallies
        What users got, by the load generator's own record.
    incidents
        What whoever operated wrote down.
    since, until
        The stretch that belongs to this episode [s since the Unix epoch].
    baselines
        What trivial ways to find a cause said about the same telemetry.
    """
    truth = injection.truth
    felt = [each for each in tallies if since <= each.second < until]
    told = [each for each in incidents if each.opened < until and (each.resolved or until) >= since]
    during = [each for each in told if (each.resolved or until) >= truth.injected]
    after = [each for each in felt if each.second + 1 > truth.injected]
    harm = user_harm(felt, since=truth.injected)
    detected = [each.detected for incident in during for each in incident.symptoms]
    found = [final_diagnosis(each, since=truth.injected) for each in during]
    actions = [each for incident in during for each in incident.actions if each.planned >= truth.injected]
    applied = [each for each in actions if each.applied]
    return Score(
        truth=truth,
        seed=injection.seed,
        harm_began=harm,
        detected=min((each for each in detected if each >= truth.injected), default=None),
        recovered=None if harm is None else recovered(felt, harm=harm, hold=HOLD),
        verdict=verdict(next(filter(None, found), None), truth),
        harm_minutes=len({each.second for each in after if each.harmed}) / 60.0,
        bad=sum(each.bad for each in after),
        total=sum(each.good + each.bad for each in after),
        actions=tuple(each.action for each in applied),
        helped=sum(each.outcome == "helped" for each in applied),
        undone=sum(each.outcome == "undone" for each in applied),
        wrong_actions_left=len(wrong_actions_left(actions)),
        false_alarms=sum(since <= each.opened < truth.injected for each in told),
        decoy=injection.decoy.entity if injection.decoy else "",
        baselines={name: each for name, said in (baselines or {}).items() if (each := verdict(said, truth))},
    )


def final_diagnosis(incident: Incident, since: float = 0.0) -> Diagnosis | None:
    """Return the diagnosis from `since` on that was acted on last; without any action, the last one.

    What is said after the last action is hindsight and does not count.
    """
    acted = max((each.applied for each in incident.actions if each.planned >= since), default=0.0)
    before = [each for each in incident.diagnoses if each.time >= since and (not acted or each.time <= acted)]
    return before[-1] if before else None


def verdict(diagnosis: Diagnosis | None, truth: Truth) -> Verdict | None:
    """Return what `diagnosis` blames first, judged; None without a diagnosis."""
    if diagnosis is None:
        return None
    if diagnosis.abstained or not diagnosis.hypotheses:
        return Verdict("", "unknown", False)
    first = diagnosis.hypotheses[0]
    return Verdict(first.entity, first.mechanism, cause_right(diagnosis, truth))


def ask_baselines(
    world: Observed, incidents: Iterable[Incident], baselines: Mapping[str, Baseline], *, since: float = 0.0
) -> Mapping[str, Diagnosis]:
    """Let trivial ways to find a cause look at the telemetry behind the first symptom at or after `since`.

    One that fails has no answer; it does not end the episode.
    """
    symptoms = sorted(
        (each for incident in incidents for each in incident.symptoms if each.detected >= since),
        key=lambda each: each.detected,
    )
    answers: dict[str, Diagnosis] = {}
    for name, baseline in baselines.items() if symptoms else ():
        try:
            answers[name] = baseline(world, symptoms[0])
        except TelicError:
            continue
    return answers
