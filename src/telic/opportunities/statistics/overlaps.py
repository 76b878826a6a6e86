"""Overlaps of one pattern are one finding: hypotheses that say nothing beyond a stronger one go under it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from telic.opportunities.kernels import strata as kernels
from telic.opportunities.model import Floats, Incidence
from telic.opportunities.statistics import association, tallying
from telic.opportunities.statistics.study import Study, counted
from telic.opportunities.statistics.tallying import Tallies

MATTERS = 0.02  # of a hypothesis' members in a stronger one: less cannot explain it [1]
EFFECT = 0.7  # of the logarithm of a ratio that is left where a stronger hypothesis did not explain it [1]


@dataclass
class Lead:
    """A hypothesis, by its place among the candidates, and those that it explains."""

    row: int
    alike: list[int] = field(default_factory=list)


def leads(
    study: Study, members: Incidence, tallies: Tallies, cutoff: Floats, most: int, last: npt.NDArray[np.bool_]
) -> tuple[list[Lead], list[int]]:
    """Take the strongest hypothesis, leave its members out, look what still stands, and go on with the next.

    Parameters
    ----------
    cutoff : shape (H,)
        A hypothesis still stands where its p-value among the remaining groups is at most this.
    most
        Leads that are wanted.
    last : shape (H,)
        Hypotheses that explain others only once all that are not among these are explained or taken.

    Returns
    -------
    leads, rest
        Rows that still stand when `most` leads are found are the rest.
    """
    size = np.diff(members.indptr)
    z = association.z_scores(study, tallies)
    # Ties go to the smaller set of groups, and then to the first.
    left = sorted(range(len(members)), key=lambda row: (-round(float(z[row]), 6), int(size[row]), row))
    strength = {row: (not last[row], round(float(z[row]), 6), -int(size[row])) for row in left}
    gone = np.zeros(len(study.values), dtype=np.uint8)
    found: list[Lead] = []
    while left and len(found) < most:
        best = max(left, key=lambda row: strength[row])
        lead = Lead(best)
        found.append(lead)
        left.remove(best)
        mask = np.zeros(len(gone), dtype=np.uint8)
        mask[_members(members, best)] = 1
        gone |= mask
        rows = np.array(left, dtype=np.intp)
        if len(rows) == 0:
            break
        part = tallying.taken(members, rows)
        inside = np.zeros(len(rows), dtype=np.int64)
        kernels.shared(part.indptr, part.groups, mask, inside)
        touched = rows[inside > MATTERS * size[rows]]
        if len(touched) == 0:
            continue
        rest = _without(study, members, tallies, touched, gone)
        z_left, p_left = association.z_scores(study, rest), association.p_values(study, rest)
        stands = (p_left <= cutoff[touched]) | _unmoved(tallies.take(touched), rest)
        explained = {int(row) for row, still in zip(touched, stands, strict=True) if not still}
        for row, value in zip(touched, z_left, strict=True):
            strength[int(row)] = (not last[row], round(float(value), 6), -int(size[row]))
        lead.alike = [row for row in left if row in explained]
        left = [row for row in left if row not in explained]
    return found, left


def _members(members: Incidence, row: int) -> npt.NDArray[np.int32]:
    return np.asarray(members.groups)[members.indptr[row] : members.indptr[row + 1]]


def _unmoved(before: Tallies, after: Tallies) -> npt.NDArray[np.bool_]:
    """Whether hypotheses have lost members rather than their effect: most are left, and so is most of the effect."""
    with np.errstate(divide="ignore", invalid="ignore"):
        effects = [np.log(each.of("r") / each.of("s")) for each in (before, after)]
        kept = effects[1] / effects[0] >= EFFECT
    return np.asarray((after.of("n") > 0.5 * before.of("n")) & kept)


def _without(
    study: Study, members: Incidence, tallies: Tallies, rows: npt.NDArray[np.intp], gone: npt.NDArray[np.uint8]
) -> Tallies:
    """Count some hypotheses among the groups that are not gone."""
    variants = tuple(tallies.without[row] for row in rows)
    table = np.zeros((len(rows), len(kernels.COLUMNS)))
    for variant in dict.fromkeys(variants):
        at = np.flatnonzero([each == variant for each in variants])
        full = study.strata(variant)
        codes = np.where(gone > 0, np.int32(-1), full.codes).astype(np.int32)
        remaining = counted(codes, full.width, len(full.n_coarse), study)
        table[at] = tallying.counts(study, remaining, tallying.taken(members, rows[at]))
    table[:, tallying.PLACE["fine"]] = tallies.table[rows, tallying.PLACE["fine"]]
    return Tallies(table, variants)
