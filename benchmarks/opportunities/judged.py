"""What the benchmarks of the judge share: families of hypotheses over synthetic data, and two ways without rigour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from scipy import special, stats

from telic.opportunities.judging import Judging
from telic.opportunities.kernels.ngrams import Grams, mine
from telic.opportunities.model import Family, Floats, Outcome, Prepared
from telic.opportunities.statistics.multiplicity import benjamini_hochberg
from telic.opportunities.templates import Asking, template

RELATIONAL = ("attributes", "pairs", "lifecycle", "crosses", "frequency", "weekend", "night")


def families(prepared: Prepared, judging: Judging, apart: frozenset[str], but: Sequence[str] = ()) -> list[Family]:
    """Return n-grams up to 4 and cohorts; none of them about the attributes in `but`, which only confound."""
    least = judging.least_groups(prepared)
    keep = np.array([label not in apart for label in prepared.names.labels])
    found: list[Family] = [mine(prepared, k, least=least, keep=keep, threads=1) for k in (1, 2, 3, 4)]
    shown = replace(prepared, of_groups={name: c for name, c in prepared.of_groups.items() if name not in but})
    asking = Asking(least=least)
    for name in RELATIONAL:
        found += template.create(name).families(shown, asking)
    return found


def crude(families: Sequence[Family], outcome: Outcome, alpha: float = 0.05) -> Iterator[tuple[Family, int]]:
    """Yield what the false discovery rate alone lets pass: members against the mean of all, nothing adjusted."""
    n, y = _totals(families, outcome)
    mean = float(outcome.values.mean())
    toward = outcome.harm
    with np.errstate(divide="ignore", invalid="ignore"):
        p = special.ndtr(-toward * (y - n * mean) / np.sqrt(n * float(outcome.values.var())))
    yield from _rows(families, benjamini_hochberg(p) <= alpha)


def paper(families: Sequence[Family], outcome: Outcome) -> Iterator[tuple[Family, int]]:
    """Yield what the paper's rule for sequences lets pass: in 10 % of faulty groups, at twice the normal rate."""
    n, y = _totals(families, outcome)
    faulty = float(outcome.values.sum()) if outcome.harm > 0 else float((1 - outcome.values).sum())
    harmed = y if outcome.harm > 0 else n - y
    rate, normal = harmed / faulty, (n - harmed) / (len(outcome.values) - faulty)
    holds = (rate >= 0.1) & (rate >= 2 * normal)
    yield from ((family, row) for family, row in _rows(families, holds) if isinstance(family, Grams))


def upper(count: int, runs: int) -> float:
    """Return the upper end of the exact 95 % interval of a share (Clopper and Pearson 1934)."""
    return 1.0 if count == runs else float(stats.beta.ppf(0.975, count + 1, runs - count))


def _totals(families: Sequence[Family], outcome: Outcome) -> tuple[Floats, Floats]:
    n = np.concatenate([np.asarray(family.support(), dtype=np.float64) for family in families])
    y = np.concatenate([np.asarray(family.totals(outcome.values), dtype=np.float64) for family in families])
    return n, y


def _rows(
    families: Sequence[Family], chosen: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
) -> Iterator[tuple[Family, int]]:
    cursor = 0
    for family in families:
        for row in np.flatnonzero(chosen[cursor : cursor + len(family)]):
            yield family, int(row)
        cursor += len(family)
