"""Permutation of whole users: what the strongest association looks like where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from telic.opportunities.kernels.compiled import side_by_side
from telic.opportunities.kernels.exchange import exchange
from telic.opportunities.model import Codes, Floats, Incidence, Ints
from telic.opportunities.statistics import association
from telic.opportunities.statistics.codes import sums
from telic.opportunities.statistics.multiplicity import westfall_young
from telic.opportunities.statistics.study import Study
from telic.opportunities.statistics.tallying import Tallies

ROUND = 50  # permutations between two looks at whether more are needed
CLEAR = 2.6  # standard errors between a p-value and the level at which more permutations would change nothing [1]


@dataclass(frozen=True)
class Permuted:
    """What permutations say.

    Parameters
    ----------
    p_family : shape (H,)
        Westfall-Young over these hypotheses.
    inflation : shape (H,)
        Variance of the permuted scores over the one that was assumed, at least 1.
    """

    p_family: Floats
    inflation: Floats
    rounds: int


def permuted(
    study: Study, members: Incidence, tallies: Tallies, *, rounds: int, alpha: float, seed: int, threads: int = 1
) -> Permuted:
    """Give users the outcomes of others with as many groups and about as high a risk, many times.

    The residuals of the outcome after adjustment are exchanged, a user's always together and in order, so that what
    groups of one user share is kept, as is everything that hypotheses share with each other. It ends early where
    more would not change what is said at level `alpha`.

    References
    ----------
    Westfall and Young (1993), chapter 2; ter Braak (1992), Permutation versus bootstrap significance tests in multiple
    regression and ANOVA, for residuals of the full model; Besag and
    Clifford (1991), Biometrika 78(2), for stopping early.
    """
    count = len(members)
    if count == 0:
        return Permuted(np.empty(0), np.empty(0), 0)
    observed = association.z_scores(study, tallies)
    exchanged = _Exchange(study, members, tallies)
    states = np.random.SeedSequence(seed).generate_state(rounds, np.uint64) | np.uint64(1)
    drawn: list[Floats] = []
    while len(drawn) * ROUND < rounds:
        first = len(drawn) * ROUND
        drawn.append(exchanged.play(states[first : first + ROUND], threads))
        if _clear(observed, np.concatenate(drawn), alpha):
            break
    scores = np.concatenate(drawn)
    inflation = np.maximum((scores**2).mean(axis=0), 1.0)
    inflation = np.where(inflation < 1 + 3 * np.sqrt(2 / len(scores)), 1.0, inflation)  # within the noise of so many
    return Permuted(westfall_young(observed, scores), inflation, len(scores))


def _clear(observed: Floats, scores: Floats, alpha: float) -> bool:
    """Whether every hypothesis either was never reached or was reached too often to be below `alpha`."""
    share = westfall_young(observed, scores)
    doubt = CLEAR * (alpha * (1 - alpha) / len(scores)) ** 0.5
    return bool((np.abs(share - alpha) > doubt).all())


class _Exchange:
    """Everything that stays the same from one permutation to the next, in the order by class of users and user."""

    def __init__(self, study: Study, members: Incidence, tallies: Tallies) -> None:
        users, defined = study.design.users, study.defined
        by_user = np.argsort(users, kind="stable")
        by_user = by_user[defined[by_user]]
        sizes = np.bincount(users[defined], minlength=study.design.user_count)
        classes = _classes(study, sizes)
        order, self.bounds = _ordered(classes, sizes)
        starts, sizes = (np.cumsum(sizes) - sizes)[order], sizes[order]
        self.starts: Ints = np.r_[0, np.cumsum(sizes)].astype(np.int64)
        by_class = by_user[np.repeat(starts - self.starts[:-1], sizes) + np.arange(len(by_user))]
        place = np.full(len(users), -1, dtype=np.int32)
        place[by_class] = np.arange(len(by_class), dtype=np.int32)
        places = place[np.asarray(members.groups)]
        self.indptr = np.r_[0, np.cumsum(places >= 0)][members.indptr].astype(np.int64)
        self.places = places[places >= 0]
        self.residual, self.scale = _residuals(study, members, by_class, np.repeat(classes[order], sizes))
        self.weights = _weights(study, members, tallies)[places >= 0]
        self.count = len(members)

    def play(self, states: np.ndarray[tuple[int, ...], np.dtype[np.uint64]], threads: int) -> Floats:
        """Return the scores of all hypotheses under so many permutations, shape (len(states), H)."""
        out = np.zeros((len(states), self.count))
        edges = np.linspace(0, len(states), threads + 1).astype(int)

        def run(part: tuple[int, int]) -> None:
            donors = np.empty(len(self.starts) - 1, np.int32)
            exchange(
                self.bounds, states, *part, self.starts, self.residual, self.scale, self.indptr, self.places,
                self.weights, donors, np.empty_like(self.scale), out,
            )  # fmt: skip

        side_by_side(run, [(int(a), int(b)) for a, b in pairwise(edges) if a < b], threads)
        return out


def _weights(study: Study, members: Incidence, tallies: Tallies) -> npt.NDArray[np.float32]:
    """Return what each member's residual adds to the score of its hypothesis, shape (incidence,).

    A member's residual counts for the member less for the stratum it is in; instead of drawing the stratum's sum as
    well, members count the less the larger their share of the stratum is, by as much as the variance asks for.
    """
    spread = np.sqrt(association.variance(study, tallies))
    groups, fine = np.asarray(members.groups), tallies.of("fine")
    weights = np.zeros(len(groups), dtype=np.float32)
    for h in range(len(members)):
        strata = study.strata(tallies.without[h])
        part = slice(int(members.indptr[h]), int(members.indptr[h + 1]))
        codes = strata.codes[groups[part]]
        inside = np.maximum(codes, 0) if fine[h] else np.maximum(codes, 0) // strata.width
        n = strata.n if fine[h] else strata.n_coarse
        share = np.bincount(inside, codes >= 0, len(n)) / np.maximum(n, 1)
        if spread[h] > 0:
            weights[part] = (study.toward / spread[h]) * np.sqrt((1 - share) * (1 - share + study.ratio**2 * share))[
                inside
            ]
    return weights


def _residuals(
    study: Study, members: Incidence, order: npt.NDArray[np.intp], classes: Codes
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return standardised residuals and their scale, in some order, in which `classes` are too.

    What the hypotheses themselves explain is no residual, nor is what a class has in common: exchanges would carry the
    one on to other groups, and keep the other where it is.
    """
    mean = study.expected[0]
    if study.outcome.binary:
        scale = np.sqrt(np.maximum(mean * (1 - mean), 1e-12))
    else:
        strata = study.strata()
        scale = np.sqrt(strata.spread)[np.maximum(strata.codes, 0)]
    residual = np.where(study.defined, (study.values - mean) / scale, 0.0)
    for h in range(len(members)):
        inside = np.asarray(members.groups)[members.indptr[h] : members.indptr[h + 1]]
        inside = inside[study.defined[inside]]
        if len(inside):
            residual[inside] -= residual[inside].mean()
    residual = residual[order]
    residual -= (sums(classes, residual) / np.maximum(np.bincount(classes), 1))[classes]
    return residual.astype(np.float32), scale[order].astype(np.float32)


def _classes(study: Study, size: Ints) -> Codes:
    """Return the class of each user: about as many groups, about as high an expected risk."""
    total = sums(study.design.users, study.expected[1], len(size))
    risk = total / np.maximum(size, 1)
    third: Codes = np.searchsorted(np.quantile(risk, [1 / 3, 2 / 3]), risk).astype(np.int32)
    exact = np.minimum(size, 8)
    large = np.where(size > 8, np.log2(np.maximum(size, 1)).astype(np.int64), 0)
    return np.asarray((exact + large) * 3 + third, dtype=np.int32)


def _ordered(classes: Codes, size: Ints) -> tuple[npt.NDArray[np.intp], Ints]:
    """Return users that have groups by class, and where each class begins."""
    order = np.argsort(classes, kind="stable")
    order = order[size[order] > 0]
    bounds = np.r_[0, np.flatnonzero(np.diff(classes[order])) + 1, len(order)]
    return order, bounds.astype(np.int64)
