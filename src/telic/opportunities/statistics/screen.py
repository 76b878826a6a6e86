"""Which hypotheses are worth their members: a lenient test on totals alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from telic.opportunities.model import Family, Floats, Ints
from telic.opportunities.statistics.study import Study

PASS = 1.0  # standard deviations beyond the edge of the null
BROAD = 0.1  # hypotheses with so large a share of groups are judged by less: totals say little about them


def promising(
    study: Study, family: Family, support: Ints, rows: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.intp], tuple[float, float]]:
    """Return those of `rows` that may be associated with the outcome, crude or adjusted.

    Expected totals over strata make this the numerator of Mantel-Haenszel's test for every hypothesis without its
    members. All others count as tests with ``p = 1``.

    Parameters
    ----------
    support : shape (H,)
        Groups of each hypothesis.

    Returns
    -------
    rows, fences
        And the means beyond which a hypothesis of the family is an outlier (Tukey 1977, chapter 2).
    """
    if len(rows) == 0:
        return rows, (-np.inf, np.inf)
    n = support.astype(np.float64) if study.all_defined else family.totals(study.defined.astype(np.float64))
    y = np.asarray(family.totals(study.values), dtype=np.float64)
    best = np.full(len(n), -np.inf)
    for expected in (n * study.mean, *(np.asarray(family.totals(each)) for each in study.expected)):
        best = np.maximum(best, beyond(study, n, y, expected))
    least = np.where(n > BROAD * study.count, -1.0, PASS)
    low, high = np.quantile(y[rows] / np.maximum(n[rows], 1), [0.25, 0.75])
    fences = (float(low - 1.5 * (high - low)), float(high + 1.5 * (high - low)))
    return rows[best[rows] >= least[rows]], fences


def beyond(study: Study, n: Floats, y: Floats, expected: Floats) -> Floats:
    """Return how far each total lies beyond the edge of the null, in standard deviations, towards harm."""
    share = np.minimum(n / max(study.count, 1), 0.99)
    others = np.maximum((expected - share * y) / (1 - share), 0.0 if study.shift == 0 else -np.inf)
    edge = study.ratio * others + study.shift * n
    spread = np.maximum(edge, 1e-9) if study.outcome.binary else np.maximum(n * study.variance, 1e-9)
    return np.asarray(study.toward * (y - edge) / np.sqrt(spread))
