"""Two runs side by side."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.opportunities.sample import ADJUSTED, FINDINGS, KPIS, run

from telic.errors import UsageError
from telic.opportunities.compare import compare, told
from telic.opportunities.model import Effect

FIRST, SECOND, THIRD, SLOW = FINDINGS


def test_new_and_gone_findings_are_named() -> None:
    made = compare(run((FIRST, SECOND)), run((FIRST, THIRD)))
    assert [each.hypothesis.id for change in made.of("new") if (each := change.after)] == [THIRD.hypothesis.id]
    assert [each.hypothesis.id for change in made.of("gone") if (each := change.before)] == [SECOND.hypothesis.id]
    assert [change.what for change in made.changes] == ["new", "same", "gone"]
    assert (
        told(made.changes[2]) == "gone: second sessions of a user where os is os_7 (converted); does not pass any more"
    )


@pytest.mark.parametrize(
    ("effect", "what"),
    [
        (Effect(6.0, -0.5, 5.7, 6.3), "worse"),
        (Effect(2.0, -0.2, 1.9, 2.1), "better"),
        (Effect(4.2, -0.4, 3.8, 4.6), "same"),
    ],
)
def test_a_change_counts_when_intervals_say_so(effect: Effect, what: str) -> None:
    (change,) = compare(run((FIRST,)), run((replace(FIRST, adjusted=effect),))).changes
    assert change.what == what
    assert "4.1 to" in change.why


def test_many_comparisons_need_more_evidence() -> None:
    near = replace(FIRST, adjusted=Effect(4.45, -0.4, 4.19, 4.72))  # p about 0.04
    assert compare(run((FIRST,)), run((near,))).changes[0].what == "worse"
    others = [replace(FIRST, hypothesis=replace(FIRST.hypothesis, id=f"other {n}")) for n in range(9)]
    made = compare(run((FIRST, *others)), run((near, *others)))
    assert {change.what for change in made.changes} == {"same"}


def test_a_finding_told_as_an_overlap_of_another_is_the_same() -> None:
    other = replace(SECOND, alike=(FIRST.hypothesis,), adjusted=ADJUSTED)
    (change,) = compare(run((FIRST,)), run((other,))).changes
    assert change.what == "same"
    assert "was told as sessions with coupon_apply" in change.why


def test_a_template_that_was_not_asked_is_no_absence() -> None:
    later = run((FIRST,))
    narrow = replace(later, surfaced=replace(later.surfaced, asked={"ngrams": 5}))
    cohort = replace(SECOND, hypothesis=replace(SECOND.hypothesis, template="lifecycle"))
    (_, gone) = compare(run((FIRST, cohort)), narrow).changes
    assert gone.why == "template lifecycle was not asked any more"


def test_only_kpis_of_both_are_compared() -> None:
    later = replace(run((FIRST, SLOW)), kpis=KPIS[:1])
    assert {change.what for change in compare(run((FIRST,)), later).changes} == {"same"}
    with pytest.raises(UsageError, match="converted, minutes against other"):
        compare(run(), replace(later, kpis=(replace(KPIS[0], name="other"),)))
