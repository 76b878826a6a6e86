"""A deploy happened before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from telic.opportunities.model import Exclusion, Family, Prepared
from telic.opportunities.plan import HOUR, start
from telic.opportunities.template import Asking, template
from telic.opportunities.templates.by_predicate import Question, several
from telic.opportunities.templates.moments import Stretch, inside, moment, rows_of
from telic.opportunities.templates.phrases import plain_number, shown

VERSIONS = """
SELECT service, version, min(start_ns) AS first FROM spans WHERE version <> '' GROUP BY service, version ORDER BY first
"""


@template("deploys", example={"deploys": (("checkout 2.1", "2026-03-03T12:00:00"),), "hours": 24})
@dataclass(frozen=True)
class Deploys:
    """Was something deployed shortly before?

    A group is in the cohort of what was deployed where it begins within some hours after, and in one of any deploy
    where there are several. From outside one sees failures that last as long as caches are cold or clients old.

    Parameters
    ----------
    deploys
        What was deployed and when, in ISO 8601.
    path
        A table with columns time and maybe what.
    store
        A folder with the socket of a telemetry store: where spans of a further version of a service begin, it was
        deployed.
    hours
        How long after counts [h].
    """

    deploys: tuple[tuple[str, str], ...] = ()
    path: str = ""
    store: str = ""
    hours: float = 1

    def families(self, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        """Yield one family of what was deployed."""
        found: dict[str, list[int]] = defaultdict(list)
        for what, when in self._known():
            found[what].append(when)
        span = f"{plain_number(self.hours)} hour{'' if self.hours == 1 else 's'}"
        questions = [
            Question(
                inside(start(), self._after(when)),
                {"deploy": what, "hours": self.hours},
                (f"that begin within {span} after a deploy of {shown(what)}",),
            )
            for what, when in sorted(found.items())
        ]
        if len(found) > 1:
            every = self._after([each for when in found.values() for each in when])
            clause = f"that begin within {span} after a deploy"
            questions.append(Question(inside(start(), every), {"deploy": None, "hours": self.hours}, (clause,)))
        if not questions:
            asking.leave_out(Exclusion("hypotheses", 0, "deploys: none is known"))
        yield from several("deploys", questions, prepared, asking)

    def _after(self, moments: list[int]) -> list[Stretch]:
        return [Stretch(each, each + int(self.hours * HOUR)) for each in moments]

    def _known(self) -> Iterator[tuple[str, int]]:
        yield from ((what, moment(when)) for what, when in self.deploys)
        if self.path:
            for when, what in rows_of(self.path, ("time", "what"), {"what": "something"}):
                if isinstance(when, int):
                    yield str(what), when
        if self.store:
            from telic.telemetry.client import TelemetryClient

            seen: set[object] = set()
            for row in TelemetryClient(f"{self.store}/telemetry.sock").query(VERSIONS, limit=10_000, timeout=60):
                if row["service"] in seen:  # the first version was there before
                    yield f"{row['service']} {row['version']}", int(str(row["first"]))
                seen.add(row["service"])
