"""Where several findings are one value of an attribute with one more condition each, the value is the finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from telic.opportunities.model import Hypothesis
from telic.opportunities.statistics.overlaps import Lead

SEVERAL = 2  # refinements of one value that stand for themselves: fewer may be about the refinement [1]


def plainer(found: Sequence[Lead], asked: Sequence[Hypothesis]) -> list[Lead]:
    """Return leads, with a value of an attribute in place of its refinements where it was explained by something else.

    A value that another lead explains while several of its refinements stand beyond that lead is not explained by it.

    Parameters
    ----------
    asked : shape (H,)
        The hypotheses, by the rows that leads name.
    """
    alone = {value: row for row, each in enumerate(asked) if len(value := frozenset(_values(each))) == 1}
    leads = {lead.row for lead in found}
    made = list(found)
    for value, row in alone.items():
        refined = [lead for lead in made if lead.row != row and value < frozenset(_values(asked[lead.row]))]
        if row in leads or len(refined) < SEVERAL:
            continue
        under = sorted({other for lead in refined for other in (lead.row, *lead.alike)} - {row})
        at = made.index(refined[0])
        kept = [Lead(each.row, [other for other in each.alike if other != row]) for each in made]
        kept[at] = Lead(row, under)
        gone = {lead.row for lead in refined}
        made = [each for each in kept if each.row not in gone]
    return made


def _values(hypothesis: Hypothesis) -> Iterator[tuple[str, str]]:
    """Yield the attributes that a hypothesis names with their values, and nothing where it is about anything else."""
    params: Mapping[str, object] = hypothesis.params
    if hypothesis.template in ("attributes", "pairs") and "value" in params:
        yield str(params["attribute"]), str(params["value"])
        if "other_attribute" in params:
            yield str(params["other_attribute"]), str(params["other_value"])
