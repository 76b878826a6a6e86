"""The most used endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from telic.errors import UnknownName, UsageError
from telic.opportunities.model import Column, Exclusion, Family, Prepared
from telic.opportunities.plan import Node, any_of, both, equals, event_attribute, name, negated, one_of
from telic.opportunities.template import Asking, template
from telic.opportunities.templates.by_column import Params
from telic.opportunities.templates.by_predicate import Question, several
from telic.opportunities.templates.phrases import shown
from telic.registry import near_names

LIKELY = ("endpoint", "url", "path", "route", "page", "api", "http.route", "url.path")


@template("top-endpoints", example={"column": "url", "top": 3, "names": ("b", "c")})
@dataclass(frozen=True)
class TopEndpoints:
    """Did it hit one of the endpoints that are used most, over all groups?

    The endpoints used most are counted over all events, or over those of some names; a group is in the cohort where one
    of these events went to one of them, to a certain one, or to none. From outside one sees that what everybody needs
    has become slow, or that the long tail has.

    Parameters
    ----------
    column
        The attribute of events that holds endpoints; none: the likeliest by its name.
    top
        How many endpoints count as most used.
    names
        Events that are looked at, for example those of a login; none: all.

    References
    ----------
    "Surfacing Opportunities for Improvement", section 3, non-local attributes (top 20 URLs accessed during login).
    """

    column: str = ""
    top: int = 20
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))
        if self.top < 1:
            raise UsageError(f"top-endpoints: the {self.top} most used are none", hint="1 at least")

    def families(self, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        """Yield one family of the endpoints."""
        column = self.column or next((each for each in LIKELY if each in prepared.of_events), "")
        if column and column not in prepared.of_events:
            hint = near_names(column, prepared.of_events) if prepared.of_events else "none is known"
            raise UnknownName(f"no attribute of events {column!r}", hint=hint)
        most = self._most_used(prepared.of_events[column], prepared, asking) if column else []
        if not most:
            why = "top-endpoints: no attribute of events holds endpoints"
            asking.leave_out(Exclusion("hypotheses", 0, why))
            return
        endpoint = event_attribute(column)
        some = self._hit(one_of(endpoint, most))
        during = f" in {' or '.join(shown(each) for each in self.names)}" if self.names else ""
        params: Params = {"column": column, "top": self.top, "names": self.names}
        questions = [
            Question(some, {**params, "hit": "one"}, (f"that hit one of the {self.top} most used {column}s{during}",)),
            Question(
                negated(some),
                {**params, "hit": "none"},
                (f"that hit none of the {self.top} most used {column}s{during}",),
            ),
        ]
        if self.names:  # without them these are the cohorts of the attribute
            questions += [
                Question(
                    self._hit(equals(endpoint, each)),
                    {**params, "hit": each},
                    (f"that hit {shown(each)}{during}, one of the {self.top} most used",),
                )
                for each in most
            ]
        yield from several("top-endpoints", questions, prepared, asking)

    def _hit(self, predicate: Node) -> Node:
        return any_of(both(one_of(name(), self.names), predicate)) if self.names else any_of(predicate)

    def _most_used(self, endpoints: Column, prepared: Prepared, asking: Asking) -> list[str]:
        codes = np.asarray(endpoints.codes)
        if self.names:
            wanted = np.array([label in self.names for label in prepared.names.labels])
            codes = codes[wanted[prepared.names.codes]]
        (count,) = asking.whole.added(np.bincount(codes[codes >= 0], minlength=len(endpoints.labels)))
        order = np.lexsort((np.array(endpoints.labels), -count))[: self.top]  # of equals the first by name
        return [endpoints.labels[each] for each in order if count[each]]
