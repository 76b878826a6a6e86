"""Users who were away for long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from telic.opportunities.model import Family, Prepared
from telic.opportunities.plan import DAY, at_least, both, end, highest, minus, negated, previous, start
from telic.opportunities.template import Asking, template
from telic.opportunities.templates.by_predicate import Question, several
from telic.opportunities.templates.lifecycle import has_users
from telic.opportunities.templates.phrases import plain_number


@template("inactivity", example={"days": 2})
@dataclass(frozen=True)
class Inactivity:
    """Was the user away for long: until just now, at some time before, or never?

    A user is away from the end of one group to the start of the next. From outside one sees that users who come back
    fail at once (an expired session), or that those who once left never get well again (a migration that missed them).

    Parameters
    ----------
    days
        How long is long [days].

    References
    ----------
    "Surfacing Opportunities for Improvement", section 5.1 (inactivity threshold f).
    """

    days: float = 30

    def families(self, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        """Yield the three cohorts."""
        if not has_users(prepared, asking, "inactivity"):
            return
        away = minus(start(), previous(end()))
        now, ever = at_least(away, int(self.days * DAY)), at_least(highest(away), int(self.days * DAY))
        long = f"{plain_number(self.days)} days"
        questions = [
            Question(now, self._params("until now"), (f"that follow {long} without use by their user",)),
            Question(both(ever, negated(now)), self._params("before"), (f"whose user was once away for {long}",)),
            Question(negated(ever), self._params("never"), (f"whose user has not been away for {long}",)),
        ]
        yield from several("inactivity", questions, prepared, asking)

    def _params(self, away: str) -> dict[str, str | float]:
        return {"away": away, "days": self.days}
