"""An episode is judged by the words with one meaning."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from telic.errors import NotEnoughData
from telic.lab.episode import SCHEMA, Score, ask_baselines, final_diagnosis, score, verdict
from telic.lab.injection import Injection
from telic.model import (
    Action,
    ActionRecord,
    Change,
    Diagnosis,
    Hypothesis,
    Incident,
    Observed,
    Outcome,
    Symptom,
    Tally,
    Truth,
    Undo,
    Window,
    dump,
    load,
)

TRUTH = Truth("hang", "hotel", "hang", aliases=("hotel-1",), injected=100.4)
DECOY = Change("c1", 95.0, "deploy", "review", "review: rounding")


def tallies(*, well_from: int | None) -> list[Tally]:
    def bad(second: int) -> int:
        return 20 if second >= 101 and (well_from is None or second < well_from) else 0

    return [Tally(second, "F1", 40 - bad(second), bad(second)) for second in range(80, 140)]


def symptom(detected: float) -> Symptom:
    return Symptom("O2", "gateway", "", "errors", detected - 2, detected, 20.0, 30, 60)


def diagnosis(time: float, entity: str = "hotel", mechanism: str = "hang") -> Diagnosis:
    return Diagnosis(time, Window(80, time), (Hypothesis(1, entity, mechanism, 0.9, ()),), ())


def action(applied: float, outcome: Outcome, target: str = "hotel") -> ActionRecord:
    record = ActionRecord("a1", "i1", Action("restart", target), outcome, planned=applied, undo=Undo(None))
    return replace(record, applied=applied, ended=applied + 3)


def incident(opened: float, *actions: ActionRecord, diagnoses: tuple[Diagnosis, ...] = ()) -> Incident:
    return Incident("i1", "hotel", opened, (symptom(opened),), diagnoses, actions)


def judge(*incidents: Incident, well_from: int | None = 110) -> Score:
    return score(Injection(TRUTH, 3, decoy=DECOY), tallies(well_from=well_from), incidents)


def test_a_repaired_fault() -> None:
    found = judge(incident(103.5, action(105.0, "helped"), diagnoses=(diagnosis(104.0),)))
    assert (found.harm_began, found.to_detect, found.to_recover) == (101.0, 2.5, 9.0)
    assert found.cause_right
    assert (found.helped, found.undone, found.wrong_actions_left, found.false_alarms) == (1, 0, 0, 0)
    assert (found.bad, found.harm_minutes) == (180, 9 / 60)
    assert found.decoy == "review"


def test_doing_nothing_never_recovers() -> None:
    found = judge(well_from=None)
    assert (found.detected, found.recovered, found.verdict) == (None, None, None)
    assert (found.to_detect, found.to_recover, found.cause_right) == (None, None, False)
    assert found.harm_minutes == 39 / 60


def test_an_alarm_before_the_injection_is_false_and_detects_nothing() -> None:
    found = judge(incident(90.0, diagnoses=(diagnosis(91.0),)))
    assert (found.false_alarms, found.detected, found.verdict) == (1, None, None)


def test_an_incident_that_was_open_already_is_a_false_alarm_and_what_is_done_in_it_counts() -> None:
    busy = diagnosis(92.0, "review", "slow-query")
    open_ = incident(90.0, action(105.0, "helped"), diagnoses=(busy, diagnosis(104.0)))
    found = judge(replace(open_, symptoms=(symptom(90.0), symptom(103.5)), resolved=112.0))
    assert (found.false_alarms, found.to_detect, found.cause_right, found.helped) == (1, 2.5, True, 1)
    over = judge(replace(open_, resolved=99.0), incident(103.5))
    assert (over.false_alarms, over.to_detect, over.verdict, over.helped) == (1, 2.5, None, 0)


def test_hindsight_does_not_count() -> None:
    wrong, right = diagnosis(104.0, "review"), diagnosis(120.0)
    late = incident(103.5, action(105.0, "undone", "review"), diagnoses=(wrong, right))
    assert final_diagnosis(late) == wrong
    assert not judge(late).cause_right
    assert judge(late).undone == 1
    corrected = incident(103.5, action(105.0, "undone", "review"), action(121.0, "helped"), diagnoses=(wrong, right))
    assert judge(corrected).cause_right


def test_without_actions_the_last_diagnosis_counts_and_an_abstention_is_not_right() -> None:
    assert judge(incident(103.5, diagnoses=(diagnosis(104.0, "review"), diagnosis(108.0)))).cause_right
    silent = replace(diagnosis(104.0), abstained=True)
    found = judge(incident(103.5, diagnoses=(silent,)))
    assert found.verdict is not None
    assert not found.cause_right


def test_an_action_that_stays_without_help_is_counted() -> None:
    left = replace(action(105.0, "left"), undo=Undo(Action("set_config", "hotel")))
    assert judge(incident(103.5, left)).wrong_actions_left == 1
    assert judge(incident(103.5, action(105.0, "left"))).wrong_actions_left == 0  # a restart leaves nothing


def test_only_the_episodes_own_stretch_counts() -> None:
    injection = Injection(TRUTH, 3)
    found = score(injection, tallies(well_from=None), [incident(130.0)], since=90.0, until=120.0)
    assert found.detected is None
    assert found.total == 40 * 20


def test_baselines_are_judged_in_the_same_way() -> None:
    found = score(
        Injection(TRUTH, 3),
        tallies(well_from=110),
        [],
        baselines={"last-change": diagnosis(104.0, "review", "exception"), "loudest": diagnosis(104.0, "hotel-1")},
    )
    assert {name: each.right for name, each in found.baselines.items()} == {"last-change": False, "loudest": True}


def test_baselines_see_the_first_symptom_and_may_fail() -> None:
    world, seen = cast(Observed, object()), list[Symptom]()

    def loudest(observed: Observed, what: Symptom) -> Diagnosis:
        seen.append(what)
        return diagnosis(104.0)

    def blind(observed: Observed, what: Symptom) -> Diagnosis:
        raise NotEnoughData("no spans", hint="wait")

    told = [incident(130.0), incident(103.5), incident(50.0)]
    answers = ask_baselines(world, told, {"loudest": loudest, "blind": blind}, since=100.0)
    assert list(answers) == ["loudest"]
    assert [each.detected for each in seen] == [103.5]
    assert ask_baselines(world, [], {"loudest": loudest}) == {}


def test_no_diagnosis_is_no_verdict() -> None:
    assert verdict(None, TRUTH) is None


def test_a_score_comes_back_from_json() -> None:
    found = judge(incident(103.5, action(105.0, "helped"), diagnoses=(diagnosis(104.0),)))
    assert load(Score, dump(found, schema=SCHEMA), schema=SCHEMA) == found
