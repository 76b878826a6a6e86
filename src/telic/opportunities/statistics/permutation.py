"""Permutation of whole users: what the strongest association looks like where there is none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from telic.opportunities.kernels import strata as kernels
from telic.opportunities.kernels.compiled import side_by_side
from telic.opportunities.model import Codes, Floats, Incidence, Ints
from telic.opportunities.statistics import association
from telic.opportunities.statistics.association import Tallies
from telic.opportunities.statistics.multiplicity import westfall_young
from telic.opportunities.statistics.study import Study

ROUND = 100  # permutations between two looks at whether more are needed
CLEAR = 10  # exceedances after which a hypothesis is clearly not the exception


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
    Westfall and Young (1993), chapter 2; Freedman and Lane (1983), J. Bus. Econ. Stat. 1(4), for residuals; Besag and
    Clifford (1991), Biometrika 78(2), for stopping early.
    """
    count = len(members)
    if count == 0:
        return Permuted(np.empty(0), np.empty(0), 0)
    observed = association.z_scores(study, tallies)
    exchange = _Exchange(study, members, tallies)
    states = np.random.SeedSequence(seed).generate_state(rounds, np.uint64) | np.uint64(1)
    drawn: list[Floats] = []
    while len(drawn) * ROUND < rounds:
        first = len(drawn) * ROUND
        drawn.append(exchange.play(states[first : first + ROUND], threads))
        if _clear(observed, np.concatenate(drawn), alpha):
            break
    scores = np.concatenate(drawn)
    inflation = np.maximum((scores**2).mean(axis=0), 1.0)
    inflation = np.where(inflation < 1 + 3 * np.sqrt(2 / len(scores)), 1.0, inflation)  # within the noise of so many
    return Permuted(westfall_young(observed, scores), inflation, len(scores))


def _clear(observed: Floats, scores: Floats, alpha: float) -> bool:
    """Whether every hypothesis either was never reached or was reached too often to be below `alpha`."""
    reached = (scores.max(axis=1)[:, None] >= observed).sum(axis=0)
    enough = 4 / alpha  # so many without one exceedance make the p-value a quarter of alpha
    return bool((((reached == 0) & (len(scores) >= enough)) | (reached >= max(CLEAR, 3 * alpha * len(scores)))).all())


class _Exchange:
    """Everything that stays the same from one permutation to the next, in the order by user."""

    def __init__(self, study: Study, members: Incidence, tallies: Tallies) -> None:
        users, defined = study.design.users, study.defined
        by_user = np.argsort(users, kind="stable")
        self.by_user = by_user[defined[by_user]]
        self.starts = np.r_[0, np.cumsum(np.bincount(users[defined], minlength=study.design.user_count))].astype(np.int64)
        self.order, self.bounds = _classes(study, self.starts)
        place = np.full(len(users), -1, dtype=np.int32)
        place[self.by_user] = np.arange(len(self.by_user), dtype=np.int32)
        places = place[np.asarray(members.groups)]
        self.indptr = np.r_[0, np.cumsum(places >= 0)][members.indptr].astype(np.int64)
        self.places = places[places >= 0]
        self.residual, self.scale = _residuals(study, self.by_user)
        self._weigh(study, members, tallies)
        self.count = len(members)

    def _weigh(self, study: Study, members: Incidence, tallies: Tallies) -> None:
        """Make each hypothesis' weights: what a residual in a stratum adds, and what the whole stratum takes off."""
        variants = list(dict.fromkeys(tallies.without))
        fine_rows, coarse_rows = [], []
        for variant in variants:
            strata = study.strata(variant)
            fine_rows.append(strata.codes[self.by_user])
            coarse_rows.append(np.where(fine_rows[-1] < 0, -1, fine_rows[-1] // strata.width))
        self.fine = np.stack(fine_rows).astype(np.int32)
        self.coarse = np.stack(coarse_rows).astype(np.int32)
        size = max(len(study.strata(variant).n) for variant in variants)
        self.gain, self.loss = np.zeros((len(members), size)), np.zeros((len(members), size))
        self.views = np.zeros((len(members), 2), dtype=np.int64)
        spread = np.sqrt(association.variance(study, tallies))
        groups = np.asarray(members.groups)
        for h in range(len(members)):
            variant = tallies.without[h]
            strata, fine = study.strata(variant), int(tallies.of("fine")[h])
            codes = strata.codes[groups[members.indptr[h] : members.indptr[h + 1]]]
            codes = codes[codes >= 0]
            codes = codes if fine else codes // strata.width
            n = strata.n if fine else strata.n_coarse
            inside = np.bincount(codes, minlength=len(n))
            share = inside / np.maximum(n, 1)
            scale = study.toward / spread[h] if spread[h] > 0 else 0.0
            others = share < 1  # strata without any others say nothing
            self.gain[h, : len(n)] = np.where(others, (1 - share + study.ratio * share) * scale, 0)
            self.loss[h, : len(n)] = np.where(others, study.ratio * share * scale, 0)
            self.views[h] = variants.index(variant), fine

    def play(self, states: np.ndarray[tuple[int, ...], np.dtype[np.uint64]], threads: int) -> Floats:
        """Return the scores of all hypotheses under so many permutations, shape (len(states), H)."""
        out = np.zeros((len(states), self.count))
        edges = np.linspace(0, len(states), threads + 1).astype(int)

        def run(part: tuple[int, int]) -> None:
            kernels.exchange(
                self.order, self.bounds, states, *part, self.starts, self.residual, self.scale, self.fine, self.coarse,
                self.indptr, self.places, self.gain, self.loss, self.views, np.empty(len(self.order), dtype=np.int64),
                np.empty(len(self.scale)), np.zeros((len(self.fine), 2, self.gain.shape[1])), out,
            )  # fmt: skip

        side_by_side(run, [(int(a), int(b)) for a, b in zip(edges, edges[1:], strict=False) if a < b], threads)
        return out


def _residuals(study: Study, by_user: Ints) -> tuple[Floats, Floats]:
    """Return standardised residuals and their scale, in the order by user."""
    mean = study.expected[0]
    if study.outcome.binary:
        scale = np.sqrt(np.maximum(mean * (1 - mean), 1e-12))
    else:
        strata = study.strata()
        scale = np.sqrt(strata.spread)[np.maximum(strata.codes, 0)]
    residual = (study.values - mean) / scale
    return residual[by_user], scale[by_user]


def _classes(study: Study, starts: Ints) -> tuple[Ints, Ints]:
    """Return users by class, and where each class begins: about as many groups, about as high an expected risk."""
    size = np.diff(starts)
    total = np.bincount(study.design.users, study.expected[1], len(size))
    risk = total / np.maximum(size, 1)
    third: Codes = np.searchsorted(np.quantile(risk, [1 / 3, 2 / 3]), risk).astype(np.int32)
    exact = np.minimum(size, 8)
    large = np.where(size > 8, np.log2(np.maximum(size, 1)).astype(np.int64), 0)
    key = (exact + large) * 3 + third
    order = np.argsort(key, kind="stable")
    order = order[size[order] > 0]
    bounds = np.r_[0, np.flatnonzero(np.diff(key[order])) + 1, len(order)]
    return order.astype(np.int64), bounds.astype(np.int64)
