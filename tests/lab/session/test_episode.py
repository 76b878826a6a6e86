"""Episodes on the simulated world: the phases, the record, bad input, and what comes out the same again."""

from __future__ import annotations

import gc
import os
import tempfile
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from telic.errors import InvalidDesign, UsageError
from telic.lab.grading import grade
from telic.lab.scenario import Load, Noise, Phases, Placed, Scenario
from telic.lab.session import Episode, Session, loading, read, running, standby, write
from telic.lab.session.playing import built_in
from telic.lab.session.record import Thought
from telic.lab.session.stage import Stage
from telic.model import Design

SHORT = Phases(warm=3.0, baseline=5.0, spread=1.0, hold=14.0, recovery=5.0)
REVOKED = Scenario(
    "revoked",
    workload=Load(rate=20.0),
    faults=(Placed("permission-revoked"),),
    noise=(Noise("decoy", before=-0.5),),
    phases=SHORT,
)
PASSING = Scenario(
    "passing", workload=Load(rate=20.0), faults=(Placed("hang", {"service": "hotel"}, lasts=4.0),), phases=SHORT
)


@pytest.fixture(scope="module")
def hotel() -> Design:
    return loading.prepared(Scenario("hotel"))


@pytest.fixture(scope="module")
def solved(hotel: Design) -> Episode:
    return running.run(REVOKED, built_in("oracle"), actor="oracle", design=hotel)


def test_the_reference_solves_it_and_the_record_says_everything(solved: Episode, tmp_path: Path) -> None:
    assert grade(solved).solved, grade(solved)
    (truth,) = solved.truth
    hold, recovery = solved.phases["hold"], solved.phases["recovery"]
    assert hold.start <= truth.injected <= hold.start + 1.0
    assert recovery.seconds == pytest.approx(SHORT.recovery)
    assert [each.kind for each in solved.noise] == ["decoy"]
    assert [each.outcome for each in solved.actions] == ["helped"]
    assert {each.id: each.holds for each in solved.post.invariants} == {"I1": True, "I2": True, "I3": True}
    assert not solved.post.collateral
    assert not solved.post.residue
    assert read(write(tmp_path, solved)) == solved


def test_a_world_that_ended_is_not_kept_until_somebody_collects(hotel: Design) -> None:
    gc.disable()  # as good as: few objects hold many megabytes, so that no collection is due for long
    try:
        with loading.loaded(PASSING, design=hotel) as course:
            loop = weakref.ref(course.world.loop)  # type: ignore[attr-defined]
            del course
        assert loop() is None
    finally:
        gc.enable()


def test_nothing_the_actor_was_told_gives_the_fault_away(solved: Episode) -> None:
    assert "revoked" not in str(solved.brief.tools) + solved.brief.app + str(solved.brief.promises)
    assert solved.brief.seconds == SHORT.baseline + SHORT.spread + SHORT.hold


def test_a_fault_that_goes_by_itself_leaves_nothing_and_nobody_has_to_act(hotel: Design) -> None:
    def play(session: Session, stage: Stage) -> None:
        _misbehave(session)
        while not session.closed:
            session.call("wait", {"seconds": 5.0})

    episode = running.run(PASSING, play, actor="rude", design=hotel)
    (truth,) = episode.truth
    assert truth.healed - truth.injected == pytest.approx(4.0, abs=0.5)
    recovery = episode.phases["recovery"]
    assert recovery.start >= truth.healed
    assert not [each for each in episode.users if each.harmed and recovery.start <= each.second < recovery.end]
    assert any(each.harmed for each in episode.users if truth.injected < each.second + 1 < truth.healed + 2)
    assert episode.ended == "time"
    assert episode.cost.seconds == pytest.approx(episode.brief.seconds, abs=1.0)
    assert not episode.actions


def _misbehave(session: Session) -> None:
    """Whatever is wrong with a call is an answer, costs a call, and does no harm."""
    deep: object = []
    for _ in range(3000):
        deep = [deep]
    before: Callable[[object, object], str] = lambda tool, given: session.call(tool, given).error  # type: ignore[arg-type]  # noqa: E731
    assert "no tool" in before("rm -rf", {})
    assert "no object" in before("query", ["SELECT 1"])
    assert "no text" in before(7, {})
    assert "characters of arguments" in before("query", {"sql": "x" * 50_000})
    assert "no JSON" in before("query", {"sql": float("inf")})
    assert "no JSON" in before("submit", {"path": deep})
    assert "SELECT" in before("query", {"sql": "DELETE FROM spans"})
    assert "wait" in before("wait", {"seconds": -1})
    assert "no service" in before("get_config", {"service": "../../etc"})
    assert not session.closed


def test_half_a_character_and_times_that_are_none_are_refused_and_the_record_can_be_written(
    hotel: Design, tmp_path: Path
) -> None:
    half = "\ud800"
    long_ago: dict[str, object] = {"start": -1e300, "end": 1e300}
    wrong: list[tuple[str, dict[str, object]]] = [
        (half, {}),
        (f"wait{half}", {"seconds": float("nan")}),
        ("query", {"sql": f"SELECT '{half}'"}),
        ("restart", {"target": half}),
        ("set_config", {"target": "search", "key": half, "value": 1}),
        ("submit", {"entity": half}),
        ("submit", {"path": [half]}),
        ("get_logs", long_ago),
        ("get_traces", long_ago),
        ("get_traces", {"start": 0, "end": 1, "slower_than": 1e300}),
        ("get_metrics", {**long_ago, "name": "process.cpu.time"}),
    ]
    errors: list[str] = []

    def play(session: Session, stage: Stage) -> None:
        errors.extend(session.call(tool, given).error for tool, given in wrong)
        stage.session.account_for([Thought(session.now(), f"I think {half}")], 5, 0.0)
        session.call("submit", {"healthy": True, "final": True})

    calm = Scenario("calm", phases=replace(SHORT, hold=20.0), workload=Load(rate=10.0))
    episode = running.run(calm, play, actor="mad", design=hotel)
    assert all(errors)
    assert "start=-1e+300 is no time" in errors[-1]
    assert episode.ended == "submitted"
    assert read(write(tmp_path, episode)).thoughts[0].text == "I think ?"


def test_whoever_wants_to_know_whether_answers_are_right_asks(hotel: Design) -> None:
    told: list[tuple[str, set[str]]] = []

    def asking(session: Session, stage: Stage) -> None:
        assert "check_answers" in [each.name for each in session.brief.tools]
        for seconds in (4.0, 9.0):
            began = session.now()
            said = session.call("check_answers", {"seconds": seconds})
            assert session.now() - began == pytest.approx(seconds + 1.0, abs=0.3)
            told.append((said.text, {str(each["what"]) for each in said.rows}))
        assert "from 2 to 60" in session.call("check_answers", {"seconds": 61.0}).error
        session.call("wait", {"seconds": session.brief.began + session.brief.seconds - session.now() - 4.0})
        told.append((session.call("check_answers", {"seconds": 30.0}).text, set()))

    wrong = replace(REVOKED, faults=(Placed("wrong-order", {"service": "hotel", "operation": "near", "version": "1"}),))
    running.run(wrong, asking, actor="mine", design=hotel)
    before, after, cut = told
    assert before == ("all answers were right", {""})
    assert after[0] == "answers are wrong"
    assert any(after[1])
    assert cut[0] == "answers are wrong; asked for 4 s, which was all that is left"


def test_a_claim_of_what_is_not_there_is_taken_and_told(hotel: Design) -> None:
    said: list[str] = []

    def claiming(session: Session, stage: Stage) -> None:
        for given in (
            {"mechanism": "perm-revoked"},
            {"entity": "hotle"},
            {"entity": "gateway->serch"},
            {"entity": "gateway->search", "mechanism": "hang"},
        ):
            said.append(session.call("submit", given).text)
        session.call("submit", {"final": True})

    found = running.run(REVOKED, claiming, actor="mine", design=hotel)
    assert said[0].startswith(
        "noted: mechanism; 'perm-revoked' is none of the mechanisms (did you mean permission-revoked"
    )
    assert said[1].startswith("noted: entity; nothing is called 'hotle' here (did you mean hotel")
    assert "nothing is called 'gateway->serch' here" in said[2]
    assert said[3] == "noted: entity, mechanism"
    assert (found.claims.entity, found.claims.mechanism) == ("gateway->search", "hang")


def test_a_tool_that_breaks_down_is_no_crash_of_the_actor(hotel: Design, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object) -> None:
        raise KeyError("a mistake")

    monkeypatch.setattr("telic.tools.read.Reader.get_topology", broken)

    def looking(session: Session, stage: Stage) -> None:
        assert session.call("get_topology", {}).error == "get_topology broke down: KeyError: 'a mistake'"
        session.call("submit", {"final": True})

    found = running.run(REVOKED, looking, actor="mine", design=hotel)
    assert (found.ended, [each.tool for each in found.calls]) == ("submitted", ["get_topology", "submit"])


def test_a_budget_of_calls_ends_the_session_and_a_crash_is_recorded(hotel: Design) -> None:
    answers: list[tuple[str, bool]] = []

    def play(session: Session, stage: Stage) -> None:
        for _ in range(3):
            session.call("submit", {"healthy": True})
        stage.session.end("budget")
        late = session.call("submit", {"healthy": False})
        answers.append((late.error, late.closed))
        raise ValueError("I lost my mind")

    episode = running.run(Scenario("calm", phases=SHORT, workload=Load(rate=10.0)), play, actor="mad", design=hotel)
    assert answers[0][1]
    assert "over" in answers[0][0]
    assert episode.claims.healthy is True
    assert episode.ended == "budget"
    assert episode.cost.calls == 3


def test_nothing_is_left_of_an_episode(solved: Episode) -> None:
    left = Path(tempfile.gettempdir()).glob(f"{standby.PREFIX}{os.getpid()}-*")
    assert solved.ended == "submitted"
    assert not list(left)


def test_a_scenario_gives_services_settings_that_its_app_does_not() -> None:
    plain, other = Scenario("calm", "shop"), Scenario("calm", "shop", settings={"payment": {"listen.tls": True}})
    assert "listen.tls" not in loading.prepared(plain).service("payment").settings
    assert loading.prepared(other).service("payment").settings["listen.tls"] is True
    assert loading.prepared(plain).hash != loading.prepared(other).hash
    with pytest.raises(InvalidDesign, match=r"payment has no setting 'listen.tsl'"):
        loading.prepared(replace(other, settings={"payment": {"listen.tsl": True}}))
    with pytest.raises(UsageError, match=r"made-up-10 takes no settings"):
        loading.prepared(replace(other, app="made-up-10"))
