"""A doubly robust estimate: right where either the model of the outcome or that of membership is."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from telic.errors import UsageError
from telic.opportunities.experts.case import Case, expert
from telic.opportunities.model import Codes, Floats, Value
from telic.opportunities.statistics.design import sums
from telic.opportunities.statistics.prognosis import prognosis

EXTREME = 0.02  # chances of membership beyond this, for as many groups, leave nothing to compare [1]


@expert("doubly_robust", example={"top": 5})
@dataclass(frozen=True)
class DoublyRobust:
    """Augmented inverse probability weighting (statsmodels) over a sample of members and of others.

    Parameters
    ----------
    top
        How many cases, the strongest first, are looked at: the models cost some tens of milliseconds each.
    most
        Members, and others, in the sample.

    References
    ----------
    Robins, Rotnitzky and Zhao (1994), J. Am. Stat. Assoc. 89(427);
    https://www.statsmodels.org/stable/treatment.html
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
        result = _fit(case.harm[chosen], treated, _covariates(case, chosen), case.study.design.users[chosen])
        if result is None:
            return {"doubly_robust": "does not fit: too little in common"}
        sign = case.study.outcome.harm if case.study.outcome.binary else 1
        low, high = sorted((sign * result[1], sign * result[2]))
        return {"doubly_robust": sign * result[0], "doubly_robust_low": low, "doubly_robust_high": high}


def _covariates(case: Case, chosen: Any) -> Floats:
    """Return a constant, prognosis, length and time of the chosen groups, without what hardly varies on one side."""
    study, design = case.study, case.study.design

    def score() -> Floats:
        keep = [at for at in range(len(design.confounders)) if at not in case.without | study.itself]
        size = sums(design.cells, study.defined, len(design.of_cell))
        total = sums(design.cells, study.values, len(design.of_cell))
        return prognosis(design.of_cell, size, total, study.variance / max(study.mean, 1e-12), keep)

    columns = [case.once(("score", case.without), score)[design.cells[chosen]]]
    if case.tallies.of("fine")[case.row]:
        columns.append(design.score[design.exposure[chosen]])
    span = max(int(design.start.max() - design.start.min()), 1)
    columns.append((design.start[chosen] - design.start.min()) / span)
    inside = case.inside[chosen]
    kept = [each for each in columns if min(each[inside].std(), each[~inside].std()) > 1e-6]
    return np.column_stack([np.ones(len(chosen)), *((each - each.mean()) / each.std() for each in kept)])


def _fit(harm: Floats, treated: Floats, covariates: Floats, users: Codes) -> tuple[float, float, float] | None:
    """Return the average effect and its interval, or None where the models do not fit.

    The interval is that of the mean of the efficient influence function, with whole users as the units.
    """
    try:
        from statsmodels.discrete.discrete_model import Logit
        from statsmodels.regression.linear_model import OLS
        from statsmodels.tools.sm_exceptions import PerfectSeparationError
        from statsmodels.treatment.treatment_effects import TreatmentEffect
    except ModuleNotFoundError as missing:
        raise UsageError(
            f"the doubly robust estimate needs {missing.name}, which is not installed",
            hint="pip install 'telic[opportunities]', or leave the expert out",
        ) from missing
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            chance = Logit(treated, covariates).fit(disp=False, maxiter=50)
            estimate = TreatmentEffect(OLS(harm, covariates), treated.astype(np.int64), results_select=chance)
            effect = estimate.aipw(return_results=False)[0]
        except (np.linalg.LinAlgError, PerfectSeparationError, ValueError):
            return None
        prob = np.asarray(chance.predict())
    if not np.isfinite(effect) or np.mean((prob < EXTREME) | (prob > 1 - EXTREME)) > EXTREME:
        return None
    inside, outside = (covariates @ np.asarray(each.params) for each in (estimate.results1, estimate.results0))
    influence = inside - outside + treated * (harm - inside) / prob - (1 - treated) * (harm - outside) / (1 - prob)
    of_users = np.bincount(np.unique(users, return_inverse=True)[1], influence - influence.mean())
    half = 1.959964 * float(np.sqrt((of_users**2).sum())) / len(harm)
    return float(effect), float(effect) - half, float(effect) + half
