"""First, second and later use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from telic.errors import UsageError
from telic.opportunities.model import Exclusion, Family, Prepared
from telic.opportunities.plan import bins, index
from telic.opportunities.template import Asking, template
from telic.opportunities.templates.by_column import Cut, one
from telic.opportunities.templates.phrases import plural

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


@template("lifecycle", example={"boundary": 2})
@dataclass(frozen=True)
class Lifecycle:
    """Is it a user's first use, second use, or a later one?

    Groups of a user are numbered by start. Those up to the boundary are cohorts of their own, the others are one: with
    boundary 2 these are first, second and later. From outside one sees that new users fail where old ones do not, or
    that the second use fails (a cookie, a cache, an upgrade). What happened before the data begin is not known, so some
    "first" uses are not.

    Parameters
    ----------
    boundary
        Uses that are told apart, 1 to 10; users beyond it are long-term users.

    References
    ----------
    "Surfacing Opportunities for Improvement", section 5.1, user lifecycle patterns (session boundary k).
    """

    boundary: int = 2

    def __post_init__(self) -> None:
        if not 1 <= self.boundary <= len(ORDINALS):
            raise UsageError(f"lifecycle: boundary {self.boundary} is not within 1 to {len(ORDINALS)}", hint="try 2")

    def cut(self) -> Cut:
        """Return how groups are cut into cohorts."""
        labels = [*ORDINALS[: self.boundary], "later"]
        return Cut(
            bins(index(), range(2, self.boundary + 2), labels),
            params=lambda label: {"use": label} if label != "later" else {"use": label, "than": self.boundary},
            clause=self._clause,
        )

    def families(self, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        """Yield first, second and later use."""
        if has_users(prepared, asking, "lifecycle"):
            yield from one("lifecycle", self.cut(), prepared, asking)

    def _clause(self, label: str) -> str:
        if label == "later":
            return f"that come after their user's {ORDINALS[self.boundary - 1]}"
        return f"that are their user's {label}"


def has_users(prepared: Prepared, asking: Asking, name: str) -> bool:
    """Return whether some user has several groups; where none has, tell that template `name` asks nothing."""
    some = len(set(prepared.users[:1000].tolist())) < min(prepared.size, 1000)
    here = some or bool((asking.evaluation(prepared).users.index() > 1).any())
    (parts,) = asking.whole.added(np.array([here], dtype=np.int64))
    if parts[0]:
        return True
    why = f"{name} asks about users with several {plural(prepared.grouping)}, and there are none"
    asking.leave_out(Exclusion("hypotheses", 0, why))
    return False
