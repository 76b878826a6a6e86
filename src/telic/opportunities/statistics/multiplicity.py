"""Corrections for many tests."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from telic.opportunities.model import Floats


def benjamini_hochberg(p: Floats, tests: int | None = None) -> Floats:
    """Return q-values: the least false discovery rate at which each test is rejected.

    Parameters
    ----------
    p : shape (T,)
        p-values.
    tests
        How many tests were made, where `p` holds only some and all others have ``p = 1``.

    References
    ----------
    Benjamini and Hochberg (1995), Controlling the false discovery rate, J. R. Stat. Soc. B 57, section 3.

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03, 0.5])).round(3).tolist()
    [0.04, 0.053, 0.053, 0.5]
    """
    if len(p) == 0:
        return np.empty(0)
    count = len(p) if tests is None else tests
    order = np.argsort(p, kind="stable")
    ranked = p[order] * count / np.arange(1, len(p) + 1)
    q = np.empty(len(p))
    q[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    return q


def template_weights(tests: Mapping[str, int]) -> dict[str, float]:
    """Return the weight of a test by its template; over all tests the mean is 1.

    Half of the weight goes to all tests alike, half to all templates alike, so that a hundred thousand sequences do
    not drown the few questions about cohorts. `benjamini_hochberg` of p-values over weights still bounds the rate of
    false discoveries, for the weights know nothing of any outcome.

    References
    ----------
    Genovese, Roeder and Wasserman (2006), False discovery control with p-value weighting, Biometrika 93(3), theorem 1.

    Examples
    --------
    >>> template_weights({"ngrams": 900, "lifecycle": 100})
    {'ngrams': 0.7777777777777778, 'lifecycle': 3.0}
    """
    asked = {template: count for template, count in tests.items() if count > 0}
    total = sum(asked.values())
    return {template: 0.5 + 0.5 * total / (len(asked) * count) for template, count in asked.items()}


def westfall_young(observed: Floats, permuted: Floats) -> Floats:
    """Return family-wise p-values by the step-down maximum: the joint distribution of all statistics is kept.

    Parameters
    ----------
    observed : shape (H,)
        Statistics; larger is more extreme.
    permuted : shape (B, H)
        The same under permutations.

    References
    ----------
    Westfall and Young (1993), Resampling-based multiple testing, algorithm 4.1; the observed data count as one
    permutation (Phipson and Smyth 2010, Stat. Appl. Genet. Mol. Biol. 9:39).

    Examples
    --------
    >>> westfall_young(np.array([1.0, 9.0]), np.array([[0.5, 2.0], [1.5, 0.1], [0.0, 0.3]])).tolist()
    [0.5, 0.25]
    """
    if len(observed) == 0:
        return np.empty(0)
    order = np.argsort(-observed, kind="stable")
    largest = np.maximum.accumulate(permuted[:, order[::-1]], axis=1)[:, ::-1]  # over this one and all weaker ones
    counts = (largest >= observed[order]).sum(axis=0)
    p = np.empty(len(observed))
    p[order] = np.maximum.accumulate((counts + 1) / (len(permuted) + 1))
    return p
