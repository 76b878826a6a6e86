"""What happened becomes a scenario; whoever is tried on it is graded as everybody is."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from tests.lab.recorded_episodes import END, FAULT, START, WELL, calm, make
from tests.worlds.recorded import folders

from telic.errors import InvalidRecord, UsageError
from telic.lab.actors import actor
from telic.lab.course import Course
from telic.lab.grading import grade
from telic.lab.recorded import actors, scenarios, taking
from telic.lab.recorded.observing import Monitored, Stretch
from telic.lab.recorded.sealed import unseal
from telic.lab.runs import folder as runs
from telic.lab.scenario import Placed, Scenario, digest, suite
from telic.lab.scenario.reading import parse
from telic.lab.scenario.writing import write as toml
from telic.lab.session import Episode, Session, many, read, running, write
from telic.lab.session.stage import Stage
from telic.model import ServiceState, State, Truth, Window
from telic.model.intent import Objective
from telic.worlds.recorded import read as opened
from telic.worlds.recorded.replay import Playhead
from telic.worlds.recorded.replayed import ReplayedWorld
from telic.worlds.recorded.times import text

PER_SECOND = 6
OBJECTIVE = Objective("O2", "gateway", "success", 0.99, 3600.0, 60.0, "W1")
SUBMITTED = {
    "healthy": False,
    "entity": "hotel",
    "mechanism": "hang",
    "onset": START + FAULT,
    "path": ["hotel", "gateway"],
    "evidence": [{"query": "SELECT name FROM spans WHERE service = 'hotel' AND status = 'error'", "says": "it fails"}],
}
HEADER = """format: telic/incident/v1
name: telemetry
window: {start: 2026-09-21T14:00:00Z, end: 2026-09-21T15:00:00Z}
"""


def played(sick: bool = True) -> Episode:
    one = make() if sick else calm()
    return replace(one, brief=replace(one.brief, entry="gateway", seconds=60.0))


def world(folder: Path, sick: bool) -> ReplayedWorld:
    """A system of two services at the end of an episode: from the fault on half of what users ask for fails."""
    spans = []
    for number in range(round(END * PER_SECOND)):
        start = number / PER_SECOND
        bad = sick and FAULT <= start < WELL and number % 2
        for service, kind in (("hotel", "server"), ("gateway", "server")):
            status = {"http.response.status_code": "500" if bad else "200"}
            spans.append(
                {
                    "trace_id": f"t{number}",
                    "span_id": f"{service}{number}",
                    "parent_span_id": "",
                    "entity": service,
                    "instance": f"{service}-1",
                    "name": "F1",
                    "kind": kind,
                    "start": START + start,
                    "end": START + start + 0.01,
                    "status": "error" if bad else "ok",
                    "attributes": json.dumps(status),
                }
            )
    ticks = [
        {"time": START + each / 2, "entity": "hotel", "name": "process.cpu.time", "value": 0.1, "unit": "s"}
        for each in range(round(END * 2))
    ]
    change = {
        "time": text(START + 10.0), "kind": "config", "entity": "user", "id": "c1", "diff": "limit: 1 -> 2",
        "before": "1", "after": "2",
    }  # fmt: skip
    whole = folders.write(
        folder, header=HEADER, spans=spans, metrics=ticks, changes=[change], calls=[("gateway", "hotel")]
    )
    return ReplayedWorld(opened(whole), Playhead(START + END + 5.0), "hotel", folder)


START_OF_LATE = 24.0


def state(after: float, pool: int) -> State:
    hotel = ServiceState("hotel", "1", "", pool, {"store.postgres.pool": pool}, {}, ())
    return State("hotel", START + after, {"hotel": hotel})


def taken(folder: Path, sick: bool) -> Path:
    one = world(folder.parent / f"of-{folder.name}", sick)
    design = SimpleNamespace(objectives=(OBJECTIVE,), entry="gateway", folder=folder.parent)
    course = cast(Course, SimpleNamespace(world=one, design=design))
    states = [state(8.0, 1), state(START_OF_LATE, 2)]
    made = taking.take(course, played(sick), folder, states=states)
    one.close()
    return made


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two recorded episodes: a sick one and a calm one."""
    root = tmp_path_factory.mktemp("nights") / "recordings"
    for name, sick in (("night-1", True), ("night-2", False)):
        taken(root / name, sick)
        shutil.rmtree(root / f"of-{name}")
    return root


@pytest.fixture
def night(recordings: Path) -> Scenario:
    (found,) = suite(str(recordings / "night-1"))
    return found


def claiming(session: Session, stage: Stage) -> None:
    session.call("wait", {"seconds": START + 25.0 - session.now()})
    session.call("submit", {**SUBMITTED, "final": True})


def test_a_recorded_episode_is_replayed_and_graded_like_itself(night: Scenario, tmp_path: Path) -> None:
    scenario = night
    assert (scenario.name, scenario.app, scenario.tasks) == ("night-1", "hotel", ("detect", "localise", "explain"))
    found = running.run(scenario, claiming, actor="mine")
    assert (found.world, found.ended, found.truth) == ("recorded", "submitted", played().truth)
    replayed, before = grade(found).tasks, grade(played()).tasks
    assert {name: replayed[name].passed for name in scenario.tasks} == dict.fromkeys(scenario.tasks, True)
    assert all(replayed[name].passed == before[name].passed for name in scenario.tasks)
    assert replayed["mitigate"].why == "not asked"
    assert grade(found).to_detect == pytest.approx(25.0 - 21.0)
    assert read(write(tmp_path, found)) == found


def test_time_moves_with_calls_and_nobody_sees_what_is_yet_to_come(night: Scenario) -> None:
    seen: list[object] = []

    def looking(session: Session, stage: Stage) -> None:
        newest = {"sql": "SELECT max(received_ns) / 1e9 AS newest FROM spans"}
        for _ in range(3):
            now = session.now()
            (row,) = session.call("query", newest).rows
            seen.append(now - 0.2 < float(str(row["newest"])) <= now)
            seen.append(session.now() - now)
        seen.append(session.call("alerts", {}).text)
        seen.append([each["value"] for each in session.call("get_config", {"service": "hotel"}).rows])
        session.call("wait", {"seconds": START + FAULT + 4.0 - session.now()})
        seen.append([each["value"] for each in session.call("get_config", {"service": "hotel"}).rows])
        (alert,) = session.call("alerts", {}).rows
        seen.append((alert["signal"], alert["entity"]))
        session.call("wait", {"seconds": START + WELL + 8.0 - session.now()})
        seen.append(session.call("alerts", {}).text)

    found = running.run(night, looking, actor="mine")
    assert seen == [True, 1.0, True, 1.0, True, 1.0, "no alert", [1], [2], ("errors", "gateway"), "no alert"]
    assert found.ended == "time"


def test_actions_are_refused_in_words_and_are_not_among_the_tools(night: Scenario) -> None:
    said: list[str] = []

    def acting(session: Session, stage: Stage) -> None:
        assert not any(each.writes for each in session.brief.tools)
        said.append(session.call("restart", {"target": "hotel"}).error)
        session.call("submit", {"healthy": True, "final": True})

    found = running.run(night, acting, actor="mine")
    assert said == [
        "restart hotel: this is a recording, nothing can be done to it any more; say what was wrong: submit"
    ]
    assert grade(found).detect.passed is False


def test_a_calm_recording_alerts_nobody_and_an_alarm_about_it_is_false(recordings: Path) -> None:
    folder = recordings / "night-2"
    assert not (folder / "alerts.jsonl").exists()
    (scenario,) = suite(str(folder))
    assert grade(running.run(scenario, actors.play("last-change"), actor="last-change")).detect.passed
    alarmed = grade(running.run(scenario, claiming, actor="mine"))
    assert (alarmed.detect.passed, bool(alarmed.false_alarms)) == (False, True)


def test_a_damaged_episode_leaves_no_half_recording(recordings: Path, tmp_path: Path) -> None:
    folder = tmp_path / "recordings" / "night-1"
    shutil.copytree(recordings / "night-1", folder)
    with pytest.raises(UsageError, match="there already"):
        taking.adopt(recordings / "night-2", folder, None)
    (folder / "episode.json").write_text("{}")
    with pytest.raises(InvalidRecord, match=r"episode\.json"):
        suite(str(folder))
    assert [each.name for each in folder.parent.iterdir()] == ["night-1"]


def test_a_run_over_recordings_ignores_seeds_and_goes_on(recordings: Path, tmp_path: Path) -> None:
    found = suite(str(recordings))
    planned = runs.cells(found, ("noop", "oracle"), (1, 2, 3), world="simulated")
    assert [(each.scenario, each.seed, each.world) for each in planned if each.actor == "noop"] == [
        ("night-1", 1, "recorded"),
        ("night-2", 1, "recorded"),
    ]
    path = runs.create(tmp_path / "home", planned, now=0.0)
    done = many.run(path, found)
    assert [each.error for each in done] == [""] * 4
    solved = {(each.actor, grade(each).solved) for each in runs.episodes(path)[0]}
    assert solved == {("oracle", True), ("noop", False)}
    assert many.run(path, found) == []


def test_an_actor_that_needs_a_running_system_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(actors.on_tape(each) for each in actor)
    monkeypatch.setattr(actors, "_OWN", {})
    with pytest.raises(UsageError, match="telic works on systems that run"):
        actors.play("telic")


def test_a_scenario_file_may_name_a_recording(recordings: Path) -> None:
    folder, file = recordings / "night-1", recordings.parent / "again.toml"
    wanted = 'schema = "telic/scenario/v1"\nname = "again"\nrecording = "recordings/night-1"\ntasks = ["detect"]\n'
    found = parse(wanted, file)
    assert (found.name, found.tasks, found.recording) == ("again", ("detect",), str(folder))
    assert parse(toml(found), file) == found
    assert digest(found) == digest(replace(found, name="other"))
    with pytest.raises(UsageError, match=r"again\.toml:5: the scenario of a recording has no 'app'"):
        parse(wanted + 'app = "hotel"\n', file)
    with pytest.raises(UsageError, match=r"again\.toml:3: .* is no recorded incident"):
        parse(wanted.replace("night-1", "night-9"), file)
    with pytest.raises(UsageError, match="no recording"):
        runs.cells([Scenario("played", faults=(Placed("hang"),))], ("noop",), (1,), world="recorded")


@pytest.fixture
def incident(tmp_path: Path) -> Path:
    """A user's own incident: a window of half an hour, a report ten minutes into it, no truth."""
    points = [*folders.points("web", "latency", [0.1] * 70 + [2.0] * 20), *folders.points("cart", "errors", [0.0] * 90)]
    return folders.write(tmp_path / "mine" / "slow", metrics=points, calls=[("web", "cart")])


def test_an_incident_of_a_users_is_a_scenario_once_its_cause_is_known(incident: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidRecord, match=r"no truth\.json"):
        suite(str(incident))
    onset = folders.START + 4200.0
    taking.adopt(incident, tmp_path / "sealed", [Truth("recorded", "cart", "slow-query", injected=onset)])
    (scenario,) = suite(str(tmp_path / "sealed"))
    assert scenario.tasks == ("detect", "localise", "explain")
    found = running.run(scenario, actors.play("oracle"), actor="oracle")
    assert grade(found).solved
    assert not (incident / "truth.json").exists()
    assert found.brief.began == onset, "whoever is asked is called when it was reported"
    taking.adopt(incident, incident, [Truth("recorded", "cart", "somebody unplugged it")])
    unexplained = scenarios.scenario(incident)
    assert unexplained.tasks == ("detect", "localise"), "no onset and no word of the brief: nothing to judge"


def test_a_false_report_is_a_negative(incident: Path) -> None:
    taking.adopt(incident, incident, [])
    (scenario,) = suite(str(incident))
    assert (scenario.healthy, unseal(incident).negative) == (True, True)
    oracle = grade(running.run(scenario, actors.play("oracle"), actor="oracle"))
    assert (oracle.void, oracle.solved) == ("", True)
    constant = grade(running.run(scenario, actors.play("constant"), actor="constant"))
    assert (constant.detect.passed, constant.negative) == (False, True)


@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_a_running_system_is_recorded_with_what_was_injected(tmp_path: Path) -> None:
    one = world(tmp_path / "of", True)
    before = Window(START + 8.0, START + FAULT)
    short, long = (Stretch(before, Window(before.end, before.end + length)) for length in (1.0, 8.0))
    unknown = taking.take_running(one, short, tmp_path / "unknown", truths=None)
    assert not (unknown / "truth.json").exists()
    known = taking.take_running(
        one, long, tmp_path / "known", truths=played().truth, monitored=Monitored((OBJECTIVE,), "gateway")
    )
    one.close()
    recording = opened(known)
    assert recording.symptom.entity == "gateway"
    assert [(each.entity, each.before, each.after) for each in recording.changes()] == [("user", "1", "2")]
    assert unseal(known).truths[0].aliases == ("hotel-1",)
