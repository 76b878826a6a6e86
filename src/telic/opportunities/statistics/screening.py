"""An outcome made ready for tests, or why it cannot be asked: its tails, which way harms, what is it in other words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from telic.opportunities.model import Exclusion, Floats, Outcome, Prepared
from telic.opportunities.statistics.codes import sums
from telic.opportunities.statistics.design import NTH, TIME, Design
from telic.opportunities.statistics.study import Study

TAIL = 0.005  # of numeric values at either end is set to the value there
SAME = 0.5  # a column that explains so much of a KPI's variance is the KPI itself [1]


def study(
    outcome: Outcome, prepared: Prepared, design: Design, least_ratio: float, least_shift: float
) -> Study | Exclusion:
    """Make an outcome ready; the exclusion says why it cannot be asked.

    Parameters
    ----------
    least_ratio
        Effects up to this ratio (of the rarer side of a binary KPI) are no news.
    least_shift
        The same for numeric KPIs with negative values, in standard deviations.
    """
    raw = np.asarray(outcome.values, dtype=np.float64)
    defined = np.isfinite(raw)
    missing = int(len(raw) - defined.sum())
    if missing == len(raw):
        return Exclusion("KPI", 1, f"is undefined for every {prepared.grouping}", (outcome.name,))
    known = raw[defined]
    if known.min() == known.max():
        return Exclusion(
            "KPI", 1, f"is {known.min():g} for every {prepared.grouping}: nothing to explain", (outcome.name,)
        )
    notes = [] if missing == 0 or outcome.exclusions else [
        Exclusion("groups", missing, f"{outcome.name} is undefined for them", _ids(prepared, np.flatnonzero(~defined)))
    ]  # fmt: skip
    shift = 0.0
    if outcome.binary:
        rarer = known.mean() <= 0.5
        values = np.where(defined, raw if rarer else 1 - raw, 0.0)
        toward = outcome.harm if rarer else -outcome.harm
        calm = defined & (values == 0)
    else:
        low, high = np.quantile(known, [TAIL, 1 - TAIL])
        values = np.where(defined, np.clip(raw, low, high), 0.0)
        beyond = int(((known < low) | (known > high)).sum())
        if beyond:
            why = f"{outcome.name} is beyond {low:g} or {high:g} and counts as that in tests"
            notes.append(Exclusion("values", beyond, why))
        toward = outcome.harm
        calm = defined & (raw * outcome.harm <= np.median(known) * outcome.harm)
        if low < 0 or known.mean() <= 0:
            shift = toward * least_shift * float(known.clip(low, high).std())
    itself, columns = _itself(values, defined, design, outcome.attributes)
    notes += [
        Exclusion("column", 1, f"is {outcome.name} in other words: not adjusted for", (name,)) for name in columns
    ]
    return Study(
        outcome=outcome,
        design=design,
        defined=defined,
        values=values,
        toward=toward,
        ratio=least_ratio**toward if shift == 0 else 1.0,
        shift=shift,
        calm=calm.astype(np.uint8),
        itself=itself,
        exclusions=tuple(notes),
    )


def _itself(
    values: Floats, defined: npt.NDArray[np.bool_], design: Design, attributes: frozenset[str]
) -> tuple[frozenset[int], list[str]]:
    """Return which confounders are the outcome in other words."""
    found, names = [], []
    mean = values.sum() / defined.sum()
    whole = float((values**2).sum() - defined.sum() * mean**2)
    for at, confounder in enumerate(design.confounders):
        count = sums(confounder.codes, defined, confounder.levels)
        total = sums(confounder.codes, values, confounder.levels)
        between = float((total**2 / np.maximum(count, 1)).sum() - defined.sum() * mean**2)
        alike = between > SAME * whole and confounder.name not in (TIME, NTH)  # these may explain much and are no KPI
        if alike or confounder.name in attributes:
            found.append(at)
            names.append(confounder.name)
    return frozenset(found), names


def _ids(prepared: Prepared, rows: npt.NDArray[np.intp]) -> tuple[str, ...]:
    return tuple(str(prepared.groups[int(row)]) for row in rows[:3])
