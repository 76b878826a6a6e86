"""Judges hypotheses: from totals of all of them to a few findings that can be believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from telic.errors import UsageError
from telic.opportunities.ask import Progress, timed, unheard
from telic.opportunities.discoveries import confirmed, discovered, opinions_of
from telic.opportunities.experts import Expert, expert
from telic.opportunities.findings import Opinion, finding, ranked
from telic.opportunities.judging import Judging
from telic.opportunities.model import Exclusion, Family, Finding, Outcome, Prepared, Surfaced
from telic.opportunities.statistics.candidates import Candidates, candidates
from telic.opportunities.statistics.design import Design, design, exposed_apart
from telic.opportunities.statistics.multiplicity import template_weights
from telic.opportunities.statistics.screening import study
from telic.opportunities.statistics.study import Study


def surface(
    prepared: Prepared,
    outcomes: Sequence[Outcome],
    families: Sequence[Family],
    settings: Judging | None = None,
    *,
    progress: Progress = unheard,
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
    heard, seconds = timed(progress)
    experts = _experts(settings)
    heard("strata", 0.0)
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
        heard("association", at / len(studies))
        found.append(candidates(one, families, support, asked, weights, settings.threads, _least_users(settings, base)))
    heard("overlaps", 0.0)
    cutoff, found, notes = discovered(prepared, found, families, tests, settings.alpha)
    exclusions += notes
    opinions: list[Opinion] = []
    for at, each in enumerate(found):
        heard("overlaps", at / len(found))
        led, left = opinions_of(prepared, each, families, cutoff, settings)
        opinions += led
        exclusions += left
    heard("permutation", 0.0)
    opinions = confirmed(opinions, found, tests, settings)
    heard("experts", 0.0)
    findings: list[Finding] = []
    for at, opinion in enumerate(ranked(opinions)):
        heard("experts", at / len(opinions))
        findings.append(finding(prepared, opinion, at, families, experts, settings.seed))
    heard("", 1.0)
    return Surfaced(
        findings=tuple(findings),
        outcomes=tuple(each.outcome.name for each in studies),
        events=len(prepared.at),
        groups=prepared.size,
        users=base.user_count,
        asked=dict(counts),
        exclusions=(*base.exclusions, *exclusions),
        seconds=seconds,
        record=_record(settings, tests, base),
    )


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


def _record(settings: Judging, tests: int, base: Design) -> dict[str, str | int | float | bool | None]:
    said = {name: getattr(settings, name) for name in settings.__dataclass_fields__}
    return {
        **said,
        "tests": tests,
        "adjusted_for": ", ".join(each.name for each in base.confounders) + ", number of events",
    }
