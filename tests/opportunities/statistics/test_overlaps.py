"""What leads: a plain value before its refinements, and another way to end after all others."""

from __future__ import annotations

from tests.opportunities.families import prepared

from telic.opportunities.model import Hypothesis
from telic.opportunities.statistics.endings import endings
from telic.opportunities.statistics.overlaps import Lead
from telic.opportunities.statistics.plainer import plainer


def value(*pairs: tuple[str, str]) -> Hypothesis:
    names = (("attribute", "value"), ("other_attribute", "other_value"))
    params = {
        name: text for each, pair in zip(names, pairs, strict=False) for name, text in zip(each, pair, strict=True)
    }
    return Hypothesis(str(pairs), "attributes" if len(pairs) == 1 else "pairs", params, str(pairs))


def test_a_value_leads_its_refinements_where_several_of_them_stand() -> None:
    group = ("group", "true")
    asked = [Hypothesis("end", "ngrams", {"events": ("end",)}, "end"), value(group)]
    asked += [value(group, ("years", each)) for each in "456"]
    found = [Lead(0, [1, 4]), Lead(2), Lead(3)]
    assert plainer(found, asked) == [Lead(0, [4]), Lead(1, [2, 3])]
    assert plainer(found[:2], asked) == found[:2]  # one refinement may be about what it adds
    assert plainer([Lead(1, [0]), *found[1:]], asked) == [Lead(1, [0]), *found[1:]]  # it leads already


def test_another_way_to_end_and_a_step_that_lacks_are_told_last() -> None:
    events = prepared(
        [["ask", "check", "granted"], ["ask", "check", "denied"], ["ask", "denied"], ["ask", "look", "denied"]]
    )
    found = endings(events, {"granted"})
    assert found.ends == {"denied"}
    assert found.steps == {"ask", "check"}

    def tells(template: str, *names: str) -> bool:
        return found.tell(Hypothesis("", template, {"events": names}, ""))

    assert tells("gapped", "ask", "denied")
    assert tells("then-no", "ask", "check")
    assert not tells("then-no", "check", "look")
    assert not tells("ngrams", "ask", "look")
    assert not found.tell(value(("group", "true")))
    assert not endings(events, ()).ends
