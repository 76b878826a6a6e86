"""A random part of the users instead of all, only where that is asked for; what is said of all then has bounds.

Users are drawn, not groups: a user's first, second and later groups stay together, and so does what is alike in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import numpy as np
import pyarrow

from telic.errors import UsageError
from telic.opportunities.model import Codes, Column, Exclusion, Family, Finding, Prepared, Surfaced
from telic.opportunities.store.ids import Ids

pa: Any = pyarrow
NORMAL = 1.959964  # quantile of the normal distribution for 95 %, two-sided [1]


@dataclass(frozen=True)
class Sample:
    """The groups of users that were drawn at random, and how many users and groups there are in all."""

    prepared: Prepared
    users: int
    of_users: int
    of_groups: int

    @property
    def share(self) -> float:
        """Users that were drawn, per user [1]."""
        return self.users / self.of_users


def drawn(prepared: Prepared, share: float, seed: int) -> Sample:
    """Return all groups of a simple random sample of users, without replacement.

    Parameters
    ----------
    share
        Of the users [1].

    Raises
    ------
    UsageError
        It is no share, or holds no user.
    """
    known, codes = np.unique(np.asarray(prepared.users), return_inverse=True)
    people = len(known)
    if not 0.0 < share <= 1.0 or round(share * people) < 1:
        raise UsageError(f"a sample of {share:g} of {people:,} users", hint="such as --sample 0.1; 1 for all of them")
    chosen = np.zeros(people, np.bool_)
    chosen[np.random.default_rng(seed).permutation(people)[: round(share * people)]] = True
    kept = chosen[codes]
    taken = _groups(prepared, kept)
    said = f"not drawn: {int(chosen.sum()):,} of {people:,} users are looked at, as was asked for (seed {seed})"
    left = Exclusion("groups", int(prepared.size - kept.sum()), said)
    return Sample(replace(taken, exclusions=(*prepared.exclusions, left)), int(chosen.sum()), people, prepared.size)


def _groups(prepared: Prepared, kept: Any) -> Prepared:
    """Return some groups of prepared events, with their events; `kept` says which, shape (G,)."""
    lengths = np.diff(prepared.offsets)
    events = np.repeat(kept, lengths)
    rows = np.flatnonzero(kept)

    def some(columns: Any, which: Any) -> dict[str, Column]:
        return {name: replace(each, codes=np.asarray(each.codes)[which]) for name, each in columns.items()}

    return replace(
        prepared,
        names=replace(prepared.names, codes=np.asarray(prepared.names.codes)[events]),
        at=np.asarray(prepared.at)[events],
        offsets=np.concatenate([[0], np.cumsum(lengths[kept])]).astype(np.int64),
        groups=Ids(len(rows), lambda: _ids(prepared, rows)),
        users=np.unique(np.asarray(prepared.users)[kept], return_inverse=True)[1].astype(np.int32),
        of_groups=some(prepared.of_groups, kept),
        of_events=some(prepared.of_events, events),
        numbers={name: np.asarray(each)[events] for name, each in prepared.numbers.items()},
        folder="",
    )


def _ids(prepared: Prepared, rows: Any) -> Any:
    if isinstance(prepared.groups, Ids):
        return prepared.groups.array.take(pa.array(rows))
    return pa.array([prepared.groups[row] for row in rows.tolist()])


def in_all(sample: Sample, members: Codes) -> tuple[int, int]:
    """Return between how many and how many groups of all events a hypothesis has, by its members in the sample (95 %).

    The ratio to size of a simple random sample of clusters, which are users, with normal bounds and the correction for
    a finite population (W. G. Cochran, Sampling Techniques, 3rd ed., 1977, sections 6.3 and 9A.2); never fewer than
    were seen, nor more than can be. Of a handful of members they hold nine times in ten.
    """
    users = np.asarray(sample.prepared.users)
    counts, sizes = np.bincount(users[members], minlength=sample.users), np.bincount(users, minlength=sample.users)
    share = len(members) / sample.prepared.size
    spread = float(np.square(counts - share * sizes).sum()) / max(1, sample.users - 1)
    margin = NORMAL * sample.of_users * sqrt((1.0 - sample.share) * spread / sample.users)
    middle, most = share * sample.of_groups, sample.of_groups - (sample.prepared.size - len(members))
    return max(len(members), round(middle - margin)), min(most, round(middle + margin))


def of_all(found: Surfaced, sample: Sample, families: Sequence[Family]) -> Surfaced:
    """Say of each finding how many groups of all events it has, and what could be won in all of them."""

    def told(each: Finding) -> Finding:
        family, row = each.place
        members = families[family].members(np.asarray([row], dtype=np.int64)).groups
        low, high = in_all(sample, members)
        words = f"{low:,} to {high:,} of all {sample.of_groups:,} at 95 %"
        return replace(each, bound=each.bound / sample.share, experts={**each.experts, "in_all": words})

    return replace(found, findings=tuple(map(told, found.findings)), record={**found.record, "sample": sample.share})
