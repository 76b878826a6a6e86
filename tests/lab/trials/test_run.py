"""A trial's phases, triggers and verdicts, on courses that are written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import pytest

from telic import apps
from telic.errors import InvalidIntent, UnknownName, UsageError
from telic.lab.course import Course
from telic.lab.trials.plan import Planned, Timing, plan
from telic.lab.trials.run import said, through
from telic.lab.trials.triggers import injected, kind_of, words
from telic.model.goodput import Phases, Verdict, judge

Share = Callable[[float, Mapping[str, object]], float]


def well(second: float, harm: Mapping[str, object]) -> float:
    return 1.0


def hurt_while_hurt(second: float, harm: Mapping[str, object]) -> float:
    return 0.1 if harm["left"] or harm["pauses"] or harm["links"] else 1.0


def never_again() -> Share:
    collapsed: list[float] = []

    def share(second: float, harm: Mapping[str, object]) -> float:
        if harm["left"]:
            collapsed.append(second)
        return 0.1 if collapsed else 1.0

    return share


def judged(course: Any, trial: str) -> tuple[Planned, Phases, str]:
    planned = plan("hotel", trial)
    phases = through(cast("Course", course), planned)
    tallies = course.record().since(phases.before.start, phases.after.end).tallies()
    return planned, phases, judge(tallies, phases, planned.recoveries, planned.objectives).outcome


def test_a_trial_is_judged_after_what_it_did_was_taken_back(course: Any) -> None:
    paper = course(hurt_while_hurt)
    planned, phases, outcome = judged(paper, "T1")
    assert outcome == "recovered"
    assert paper.harm.calls[:2] == ["capacity hotel 0.25", "capacity hotel 1.0"]
    assert phases.trigger.seconds == planned.seconds == 5.0
    assert phases.before.seconds == planned.timing.baseline


def test_a_collapse_that_outlives_its_trigger_is_not_recovered(course: Any) -> None:
    assert judged(course(never_again()), "T1")[2] == "not recovered"


def test_recovery_later_than_the_intent_allows_is_late(course: Any) -> None:
    def share(second: float, harm: Mapping[str, object]) -> float:
        return 0.1 if 13 <= second < 33 else 1.0

    assert judged(course(share), "T1")[2] == "late"


def test_a_system_that_was_never_well_is_not_called_collapsed(course: Any) -> None:
    assert judged(course(lambda second, harm: 0.5), "T1")[2] == "not well before"


def test_a_spike_of_load_is_the_generators_and_known_to_the_second(course: Any) -> None:
    paper = course(well)
    planned, phases, outcome = judged(paper, "T2")
    assert planned.shape == "steps:0.3@0,1@4,2.5@12,1@17"
    assert (phases.trigger.start, phases.trigger.seconds) == (paper.lines[0].second + 12.0, 6.0)
    assert not paper.harm.calls
    assert outcome == "recovered"


def test_a_benefit_is_judged_while_its_condition_lasts(course: Any) -> None:
    planned, phases, outcome = judged(course(well), "B1")
    assert (outcome, phases.trigger.seconds) == ("held", planned.seconds)
    assert judged(course(hurt_while_hurt), "B1")[2] == "harmed"


@pytest.mark.parametrize(
    ("inject", "hurt", "healed"),
    [
        ({"capacity": {"service": "hotel", "to": 0.25}}, ["capacity hotel 0.25"], ["capacity hotel 1.0"]),
        ({"pause": {"service": "hotel", "to": 0.3, "every": 1.0}}, ["pause hotel 0.7 1.0"], ["pause hotel 0.0 1.0"]),
        (
            {"error": {"service": "hotel", "p": 0.03}},
            ["link search->hotel 0.0 False 0.03", "link gateway->hotel 0.0 False 0.03"],
            ["link search->hotel 0.0 False", "link gateway->hotel 0.0 False"],
        ),
        ({"flush": "cache"}, ["flush valkey"], []),
        ({"load": 2.5}, [], []),
    ],
)
def test_every_trigger_is_taken_back_also_when_something_fails(
    course: Any, inject: Mapping[str, object], hurt: list[str], healed: list[str]
) -> None:
    harm = course(well).harm
    before = harm.snapshot()
    seen: list[str] = []

    def fail() -> None:
        seen.extend(harm.calls)
        raise KeyError

    with pytest.raises(KeyError), injected(harm, inject):
        fail()
    assert seen == hurt
    assert harm.calls == [*hurt, *healed]
    assert harm.snapshot() == before
    assert words({**inject, "for": 5.0})


def test_what_cannot_be_injected_is_named(course: Any) -> None:
    with pytest.raises(InvalidIntent, match="earthquake"):
        kind_of({"earthquake": 7})
    with pytest.raises(UsageError, match="hottel"), injected(course(well).harm, {"pause": {"service": "hottel"}}):
        pass


def test_an_unknown_trial_or_workload_is_named_with_what_looks_like_it() -> None:
    with pytest.raises(UnknownName, match="T11") as caught:
        plan("hotel", "T11")
    assert "T1" in caught.value.hint
    with pytest.raises(UnknownName, match="hihg") as caught:
        plan("hotel", "T1", workload="hihg")
    assert "high" in caught.value.hint
    with pytest.raises(UsageError):
        plan("hotel", "T1", rate=0.0)


def test_an_unknown_service_in_a_trial_is_found_with_file_and_line(tmp_path: Any) -> None:
    text = apps.find("hotel").read_text()
    path = tmp_path / "intent.yaml"
    path.write_text(text.replace("{capacity: {service: hotel", "{capacity: {service: hottel"))
    line = 1 + text[: text.index("{capacity: {service: hotel")].count("\n")
    with pytest.raises(InvalidIntent, match=rf"intent.yaml:{line}:\d+: .*no service 'hottel' \(did you mean hotel"):
        plan(path, "T1")


def test_the_load_is_that_of_the_objective_unless_another_is_asked_for() -> None:
    assert plan("hotel", "B1").workload.id == "W2"
    assert plan("hotel", "T1").workload.id == "W3"
    assert plan("hotel", "T1", workload="normal", rate=20.0).workload.rate == 20.0
    assert plan("hotel", "T1", timing=Timing(recovery=9.0)).timing.recovery == 9.0


def test_a_verdict_in_words_says_what_was_missed() -> None:
    assert said(Verdict("late", 1.0, 0.0, 1.0, 14.0, ("R1",))).startswith("late after 14.0 s, R1 missed")
