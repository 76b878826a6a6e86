"""The statistical operator on a recording says what it would have said then."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

from tests.lab.recorded_episodes import START
from tests.worlds.recorded import folders

from telic.lab.actors.telic import AFTER, named
from telic.lab.grading import Grades, grade
from telic.lab.recorded import actors, statistics
from telic.lab.recorded.stage import Tape
from telic.lab.scenario import Load, Phases, Placed, Scenario, suite
from telic.lab.session import playing, running
from telic.model import OPERATOR, AnswerStep, Change, Diagnosis, Evidence, Hypothesis, Window, dump
from telic.worlds.recorded import read
from telic.worlds.recorded.replay import Playhead
from telic.worlds.recorded.replayed import ANSWERS, ReplayedWorld
from telic.worlds.recorded.times import text

PHASES = Phases(warm=4.0, baseline=8.0, spread=1.0, hold=18.0, recovery=4.0)
ALERT, END = 20.0, 27.0  # after the start [s]
FIRED = {
    "name": "O2 burns", "entity": "gateway", "objective": "O2", "signal": "errors", "operation": "F1",
    "onset": START + 18.0, "burn_rate": 9.0, "bad": 5, "total": 20,
}  # fmt: skip


def replayed(placed: Placed, folder: Path) -> Grades:
    """Record an episode in which nobody acts, let the operator work on the recording, and grade it."""
    wanted = Scenario("night", workload=Load(rate=20.0), faults=(placed,), phases=PHASES)
    running.run(wanted, playing.built_in("noop"), actor="noop", keep=folder, asking=True)
    (recorded,) = suite(str(folder))
    return grade(running.run(recorded, actors.play("telic"), actor="telic"))


def test_a_cause_is_named_as_narrowly_as_it_is_known(tmp_path: Path) -> None:
    found = replayed(Placed("blocking-call"), tmp_path / "night")
    assert found.solved, found.tasks


def test_what_went_by_itself_is_no_alarm(tmp_path: Path) -> None:
    found = replayed(Placed("hang", {"service": "search"}, lasts=5.0), tmp_path / "night")
    assert (found.detect.passed, found.false_alarms) == (True, ())


def test_wrong_answers_are_seen_though_nothing_fails(tmp_path: Path) -> None:
    found = replayed(Placed("wrong-order"), tmp_path / "night")
    assert (found.detect.passed, found.tasks["localise"].passed) == (True, True)
    alert = read(tmp_path / "night").alerts[0]
    assert (alert.name, alert.attributes["signal"]) == ("answers are wrong", "answers")


def test_its_claim_has_the_narrowest_name_and_evidence_that_can_be_asked_again() -> None:
    first = Hypothesis(1, "rating", "bad-change", 0.9, ("E1", "E2"), ("rating",), manner="blocking-call")
    evidence = (
        Evidence("E1", "spans", "SELECT 1\n-- params: []", Window(1.0, 2.0)),
        Evidence("E2", "2 changes", "changes()", Window(1.0, 2.0)),
    )
    said = named(Diagnosis(3.0, Window(1.0, 2.0), (first,), evidence), onset=1.5)
    assert (said["mechanism"], said["onset"]) == ("blocking-call", 1.5)
    assert said["evidence"] == [{"query": "SELECT 1\n-- params: []", "says": "spans"}]


def tape(folder: Path, *, changes: tuple[Change, ...] = (), again: float | None = None) -> Tape:
    """A recording whose monitors alert from `ALERT` to `END`, and `again` from a later time on."""
    fired = [{**FIRED, "time": text(START + ALERT), "end": text(START + END)}]
    fired += [{**FIRED, "time": text(START + again)}] if again is not None else []
    recording = read(folders.write(folder, alerts=fired))
    world = SimpleNamespace(changes=lambda window: [each for each in changes if window.start <= each.time < window.end])
    return cast(Tape, SimpleNamespace(recording=recording, world=world))


def test_it_went_by_itself_once_it_has_been_quiet_for_a_while_and_nobody_mended_it(tmp_path: Path) -> None:
    alone = tape(tmp_path / "alone")
    over = [statistics.by_itself(alone, START + each) for each in (10.0, ALERT + 1, END + 1, END + AFTER + 1)]
    assert over == [False, False, False, True]
    assert [statistics.quiet(alone, START + each) for each in (10.0, ALERT + 1, END + 1)] == [False, False, True]
    theirs = Change("c1", START + ALERT, "deploy", "user", "taken back", "ines.costa")
    assert statistics.by_itself(tape(tmp_path / "theirs", changes=(theirs,)), START + END + AFTER + 1)
    own = Change("c2", START + ALERT, "deploy", "user", "rolled back", OPERATOR)
    assert not statistics.by_itself(tape(tmp_path / "own", changes=(own,)), START + END + AFTER + 1)
    assert not statistics.by_itself(tape(tmp_path / "again", again=END + 3.0), START + END + AFTER + 1)


def test_what_monitors_of_others_said_ends_when_somebody_has_mended_it(tmp_path: Path) -> None:
    foreign = [{"name": "Slow", "entity": "web", "time": text(START), "end": text(START + 5.0)}]
    recording = read(folders.write(tmp_path / "foreign", alerts=foreign))
    found = cast(Tape, SimpleNamespace(recording=recording))
    assert not statistics.quiet(found, START + 60.0)


def test_answers_are_known_once_their_second_is_over_and_told_once(tmp_path: Path) -> None:
    folder = folders.write(tmp_path / "asked")
    (folder / ANSWERS).parent.mkdir(exist_ok=True)
    steps = [AnswerStep(START + each, "search", 6, each) for each in (0, 1, 2)]
    (folder / ANSWERS).write_bytes(b"".join(dump(each) + b"\n" for each in steps))
    clock = Playhead(START)
    world = ReplayedWorld(read(folder), clock, "hotel", folder)
    told = [list(world.answers())]
    for _ in range(3):
        clock.move(1.5)
        told.append(list(world.answers()))
    world.close()
    assert told == [[], steps[:1], steps[1:], []]
