"""A doubly robust estimate: right where either the model of the outcome or that of membership is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from telic.opportunities.experts.case import Case, expert
from telic.opportunities.model import Codes, Floats, Value

EXTREME = 0.02  # chances of membership beyond this, for as many groups, leave nothing to compare [1]


@expert("doubly_robust", example={"top": 5})
@dataclass(frozen=True)
class DoublyRobust:
    """Augmented inverse probability weighting over a sample of members and of others.

    It is held against statsmodels' estimate by a test; importing that library takes longer than all cases together.

    Parameters
    ----------
    top
        How many cases, the strongest first, are looked at: the models cost some tens of milliseconds each.
    most
        Members, and others, in the sample.

    References
    ----------
    Robins, Rotnitzky and Zhao (1994), J. Am. Stat. Assoc. 89(427), section 4; Lunceford and Davidian (2004),
    Stat. Med. 23(19), section 2.3, for the interval.
    """

    top: int = 5
    most: int = 4000

    def __call__(self, case: Case) -> Mapping[str, Value]:
        """Say the difference of the KPI between all as members and none as members, with its 95 % interval."""
        if case.place >= self.top:
            return {}
        members, others = case.members, np.flatnonzero(case.study.defined & ~case.inside)
        random = np.random.default_rng([case.seed, 29])
        if min(len(members), len(others)) < 30:
            return {"doubly_robust": "too few groups"}
        chosen = np.concatenate([random.permutation(each)[: self.most] for each in (members, others)])
        treated = case.inside[chosen].astype(np.float64)
        users = case.study.design.users[chosen]
        result = augmented(case.harm[chosen], treated, _covariates(case, chosen), users)
        if result is None:
            return {"doubly_robust": "does not fit: too little in common"}
        sign = case.study.outcome.harm if case.study.outcome.binary else 1
        low, high = sorted((sign * result[1], sign * result[2]))
        return {"doubly_robust": sign * result[0], "doubly_robust_low": low, "doubly_robust_high": high}


def _covariates(case: Case, chosen: Any) -> Floats:
    """Return a constant, prognosis, length and time of the chosen groups, without what hardly varies on one side."""
    study, design = case.study, case.study.design
    columns = [study.score(case.without)[design.cells[chosen]]]
    if case.tallies.of("fine")[case.row]:
        columns.append(design.score[design.exposure[chosen]])
    span = max(int(design.start.max() - design.start.min()), 1)
    columns.append((design.start[chosen] - design.start.min()) / span)
    inside = case.inside[chosen]
    kept = [each for each in columns if min(each[inside].std(), each[~inside].std()) > 1e-6]
    return np.column_stack([np.ones(len(chosen)), *((each - each.mean()) / each.std() for each in kept)])


def augmented(
    outcome: Floats, treated: Floats, covariates: Floats, users: Codes | None = None
) -> tuple[float, float, float] | None:
    """Return the average effect of treatment and its 95 % interval, or None where there is too little in common.

    The interval is that of the mean of the efficient influence function, with whole users as the units.

    Parameters
    ----------
    outcome, treated : shape (n,)
        `treated` is 0 or 1.
    covariates : shape (n, columns)
        With a constant.
    users : shape (n,)
        Whose each is; everybody's own where None.
    """
    chance = _logistic(treated, covariates)
    if chance is None or np.mean((chance < EXTREME) | (chance > 1 - EXTREME)) > EXTREME:
        return None
    sides = [np.linalg.lstsq(covariates[treated == side], outcome[treated == side])[0] for side in (1, 0)]
    inside, outside = (covariates @ side for side in sides)
    each = inside - outside + treated * (outcome - inside) / chance - (1 - treated) * (outcome - outside) / (1 - chance)
    effect = float(each.mean())
    rest = each - effect
    whole = rest if users is None else np.bincount(np.unique(users, return_inverse=True)[1], rest)
    half = 1.959964 * float(np.sqrt((whole**2).sum())) / len(outcome)
    return effect, effect - half, effect + half


def _logistic(treated: Floats, covariates: Floats) -> Floats | None:
    """Return the fitted chance of treatment by Newton's method; None where the sides can be parted."""
    weights = np.zeros(covariates.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(covariates @ weights, -30, 30)))
        information = (covariates * (chance * (1 - chance))[:, None]).T @ covariates
        try:
            step = np.linalg.solve(information, covariates.T @ (treated - chance))
        except np.linalg.LinAlgError:
            return None
        weights += step
        if np.abs(weights).max() > 25:
            return None
        if np.abs(step).max() < 1e-10:
            break
    return np.asarray(1 / (1 + np.exp(-np.clip(covariates @ weights, -30, 30))))
