"""Judges hypotheses: from totals of all of them to a few findings that can be believed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from telic.errors import UsageError
from telic.opportunities.experts import Expert, expert
from telic.opportunities.findings import Opinion, finding, ranked
from telic.opportunities.model import Exclusion, Family, Finding, Outcome, Prepared, Surfaced
from telic.opportunities.statistics import association
from telic.opportunities.statistics.candidates import Candidates, candidates, gathered
from telic.opportunities.statistics.design import Design, design, exposed_apart
from telic.opportunities.statistics.multiplicity import benjamini_hochberg, template_weights
from telic.opportunities.statistics.overlaps import leads
from telic.opportunities.statistics.permutation import permuted
from telic.opportunities.statistics.study import Study, study

Progress = Callable[[str, float], None]
MANY = 5000  # candidates of one outcome that are compared with each other at most


def _quiet(_: str, __: float) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Judging:
    """How findings are judged.

    Parameters
    ----------
    alpha
        False discovery rate of the run, and family-wise level of the permutations [1].
    least
        Groups that a hypothesis needs to be asked about; 0 for one in ten thousand, but at least 30.
    least_users
        Users that it needs to be believed.
    least_ratio
        Effects up to this ratio are no news: of the rarer side of a binary KPI, of the mean of a positive numeric one.
    least_shift
        The same for numeric KPIs with negative values, in standard deviations.
    confounders
        Attributes of groups, separated by commas, to adjust for; "" for all that repeat. Calendar time and the
        how many-eth group of its user it is are always adjusted for.
    permutations
        At most, for the family-wise p-value; 0 for none.
    most
        Findings of one outcome.
    experts
        Names, separated by commas; "" for all.
    """

    alpha: float = 0.05
    least: int = 0
    least_users: int = 10
    least_ratio: float = 1.2
    least_shift: float = 0.1
    confounders: str = ""
    permutations: int = 1000
    most: int = 50
    experts: str = ""
    seed: int = 0
    threads: int = 2

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise UsageError(f"alpha is {self.alpha:g}", hint="a level between 0 and 1, such as 0.05")
        if self.least_ratio < 1:
            raise UsageError(f"least_ratio is {self.least_ratio:g}", hint="1 or more: 1.2 asks for 20 % more harm")
        for name in ("least", "least_users", "least_shift", "permutations", "most"):
            if getattr(self, name) < 0:
                raise UsageError(f"{name} is {getattr(self, name):g}", hint="0 or more")

    def least_groups(self, prepared: Prepared) -> int:
        """Return how many groups a hypothesis needs."""
        return self.least or max(30, prepared.size // 10_000)


def surface(
    prepared: Prepared,
    outcomes: Sequence[Outcome],
    families: Sequence[Family],
    settings: Judging | None = None,
    *,
    progress: Progress = _quiet,
) -> Surfaced:
    """Find what is associated with harm beyond confounders, exposure and chance.

    Parameters
    ----------
    families
        Hypotheses; all with enough groups count as tests of every outcome.
    progress
        Is told stage and share.

    Raises
    ------
    UsageError
        Nothing can be asked: no outcome varies, or a setting names what is not there.
    """
    settings = settings or Judging()
    clock = _Clock(progress)
    experts = _experts(settings)
    clock.stage("strata")
    base = design(prepared, [part.strip() for part in settings.confounders.split(",") if part.strip()] or None)
    studies, exclusions = _studies(prepared, outcomes, base, settings)
    support = [np.asarray(family.support(), dtype=np.int64) for family in families]
    asked = [np.flatnonzero(each >= settings.least_groups(prepared)) for each in support]
    counts: Counter[str] = Counter()
    for family, rows in zip(families, asked, strict=True):
        counts[family.template] += len(rows)
    tests = len(studies) * counts.total()
    weights = template_weights(counts)
    found: list[Candidates] = []
    for at, one in enumerate(studies):
        clock.stage("association", at / len(studies))
        found.append(candidates(one, families, support, asked, weights, settings.threads, _least_users(settings, base)))
    clock.stage("overlaps")
    cutoff, found, notes = _passing(found, families, tests, settings.alpha)
    exclusions += notes
    opinions: list[Opinion] = []
    for at, each in enumerate(found):
        clock.stage("overlaps", at / len(found))
        led, left = _led(each, families, cutoff, settings)
        opinions += led
        exclusions += left
    clock.stage("permutation")
    opinions = _permuted(opinions, found, tests, settings)
    clock.stage("experts")
    findings: list[Finding] = []
    for at, opinion in enumerate(ranked(opinions)):
        clock.stage("experts", at / len(opinions))
        findings.append(finding(prepared, opinion, at, families, experts, settings.seed))
    return Surfaced(
        findings=tuple(findings),
        outcomes=tuple(each.outcome.name for each in studies),
        events=len(prepared.at),
        groups=prepared.size,
        users=base.user_count,
        asked=dict(counts),
        exclusions=(*base.exclusions, *exclusions),
        seconds=clock.end(),
        record=_record(settings, tests, base),
    )


class _Clock:
    """Wall time by stage [s]."""

    def __init__(self, progress: Progress) -> None:
        self.progress, self.now, self.since = progress, "", time.perf_counter()
        self.seconds: dict[str, float] = {}

    def stage(self, name: str, share: float = 0.0) -> None:
        """Say which stage begins or goes on."""
        moment = time.perf_counter()
        if self.now:
            self.seconds[self.now] = self.seconds.get(self.now, 0.0) + moment - self.since
        self.now, self.since = name, moment
        self.progress(name, share)

    def end(self) -> dict[str, float]:
        """Return seconds by stage."""
        self.stage("")
        return self.seconds


def _experts(settings: Judging) -> list[Expert]:
    names = [part.strip() for part in settings.experts.split(",") if part.strip()]
    return [expert.create(name) for name in (names or expert)]


def _studies(
    prepared: Prepared, outcomes: Sequence[Outcome], base: Design, settings: Judging
) -> tuple[list[Study], list[Exclusion]]:
    if not outcomes:
        raise UsageError("no KPI is asked about", hint="give at least one outcome")
    studies, exclusions = [], []
    designs: dict[frozenset[str], Design] = {frozenset(): base}
    for outcome in outcomes:
        if len(outcome.values) != prepared.size:
            raise UsageError(
                f"{outcome.name} has {len(outcome.values)} values for {prepared.size} {prepared.grouping}s",
                hint="a KPI has one value for each group",
            )
        if outcome.touches not in designs:
            designs[outcome.touches] = exposed_apart(base, prepared, outcome.touches)
        made = study(outcome, prepared, designs[outcome.touches], settings.least_ratio, settings.least_shift)
        if isinstance(made, Exclusion):
            exclusions.append(made)
        else:
            studies.append(made)
            exclusions += made.exclusions
    if not studies:
        said = "; ".join(f"{each.examples[0]} {each.why}" for each in exclusions)
        raise UsageError(f"no KPI can be asked about: {said}", hint="ask for one that differs between groups")
    return studies, exclusions


def _least_users(settings: Judging, base: Design) -> int:
    """Return how many users a hypothesis needs; with few users in all, those that there are have to do."""
    return min(settings.least_users, max(base.user_count // 4, 1))


def _passing(
    found: list[Candidates], families: Sequence[Family], tests: int, alpha: float
) -> tuple[float, list[Candidates], list[Exclusion]]:
    """Return the largest p-value that is a discovery, the discoveries, and what was taken out before."""
    notes: list[Exclusion] = []
    cutoff = _cutoff(found, tests, alpha)
    cleaned = []
    for each in found:
        kept, left_out = each.without_itself(families, cutoff)
        cleaned.append(kept)
        notes += left_out
    cutoff = _cutoff(cleaned, tests, alpha)
    passing = []
    for each in cleaned:
        notes += each.hidden_by_length(families, cutoff)
        kept = each.take(np.flatnonzero(each.level <= cutoff))
        kept, turned = kept.turned_by_length(families)
        notes += turned
        if len(kept) > MANY:
            strongest = np.argsort(kept.level, kind="stable")
            why = f"beyond the {MANY:,} strongest of {each.study.outcome.name}: not compared with each other"
            notes.append(Exclusion("hypotheses", len(kept) - MANY, why))
            kept = kept.take(np.sort(strongest[:MANY]))
        passing.append(kept)
    return cutoff, passing, notes


def _cutoff(found: Sequence[Candidates], tests: int, alpha: float) -> float:
    p = np.concatenate([each.level for each in found])
    q = benjamini_hochberg(p, tests)
    return float(p[q <= alpha].max(initial=-1.0))


def _led(
    each: Candidates, families: Sequence[Family], cutoff: float, settings: Judging
) -> tuple[list[Opinion], list[Exclusion]]:
    """Group the discoveries of one outcome; a lead comes with its members and those that it explains."""
    if len(each) == 0:
        return [], []
    members = gathered(each.places, families)
    found, rest = leads(each.study, members, each.tallies, cutoff * each.weights, settings.most)
    notes = []
    if rest:
        why = f"stand beside the {settings.most} strongest findings of {each.study.outcome.name} and are not shown"
        notes.append(Exclusion("hypotheses", len(rest), why, each.words(families, rest[:3])))
    opinions = []
    for lead in found:
        low, high = members.indptr[lead.row], members.indptr[lead.row + 1]
        opinions.append(
            Opinion(
                study=each.study,
                place=each.places[lead.row],
                members=np.asarray(members.groups)[low:high],
                tallies=each.tallies.take(np.array([lead.row])),
                fences=each.fences[each.places[lead.row][0]],
                alike=tuple(each.places[row] for row in lead.alike),
                p=float(each.p[lead.row]),
            )
        )
    return opinions, notes


def _permuted(opinions: list[Opinion], found: Sequence[Candidates], tests: int, settings: Judging) -> list[Opinion]:
    """Ask permutations about the leads of each outcome, and keep what is still a discovery."""
    judged: list[Opinion] = []
    for at, each in enumerate(found):
        mine = [opinion for opinion in opinions if opinion.study is each.study]
        if not mine or settings.permutations == 0:
            judged += mine
            continue
        said = permuted(
            each.study,
            association.joined([opinion.members for opinion in mine]),
            association.stacked([opinion.tallies for opinion in mine]),
            rounds=settings.permutations,
            alpha=settings.alpha,
            seed=settings.seed + at,
            threads=settings.threads,
        )
        for row, opinion in enumerate(mine):
            p = float(association.p_values(each.study, opinion.tallies, said.inflation[row : row + 1])[0])
            # The permuted are a few of all tests: all others may reach its p-value too (Bonferroni).
            family = min(float(said.p_family[row]) + (tests - len(mine)) * p, 1.0)
            judged.append(replace(opinion, p=p, p_family=family, rounds=said.rounds))
    return _discoveries(judged, found, tests, settings.alpha)


def _discoveries(judged: list[Opinion], found: Sequence[Candidates], tests: int, alpha: float) -> list[Opinion]:
    """Return opinions with q-values over all tests, those that are still discoveries."""
    places = {(id(opinion.study), opinion.place): opinion.p for opinion in judged}
    everything = [
        np.array([places.get((id(each.study), place), p) for place, p in zip(each.places, each.p, strict=True)])
        / each.weights
        for each in found
    ]
    p = np.concatenate([np.empty(0), *everything])
    q = benjamini_hochberg(p, tests)
    at = {}
    cursor = 0
    for each in found:
        for place in each.places:
            at[id(each.study), place] = cursor
            cursor += 1
    told = [replace(opinion, q=float(q[at[id(opinion.study), opinion.place]])) for opinion in judged]
    return [opinion for opinion in told if opinion.q <= alpha]


def _record(settings: Judging, tests: int, base: Design) -> dict[str, str | int | float | bool | None]:
    said = {name: getattr(settings, name) for name in settings.__dataclass_fields__}
    return {
        **said,
        "tests": tests,
        "adjusted_for": ", ".join(each.name for each in base.confounders) + ", number of events",
    }
