"""What an operator does when it is wrong, when it does not know, and when it dies."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from tests.operate.faults import Fault
from tests.operate.hotel import START, Hotel, broken
from tests.operate.test_diagnosis import BEGINS, OBJECTIVES
from tests.operate.test_operator import inline, operated

from telic.clock import VirtualClock
from telic.errors import InvalidRecord, SafetyError
from telic.model import Action, Diagnosis, Incident, Observed, dump, recovered, user_harm, wrong_actions_left
from telic.operate import operator
from telic.operate.actor import StatisticalActor
from telic.operate.baselines import BASELINES
from telic.operate.events import Event
from telic.operate.incidents import Incidents
from telic.tools.journal import Journal, read


class Mistaken(StatisticalActor):
    """Tries something harmless and useless first."""

    def decide(self, incident: Incident, diagnosis: Diagnosis) -> Sequence[Action]:
        wrong = Action("failover", "gateway->user", {"link": "b"}, "a guess")
        tried = any(each.action.target == wrong.target for each in incident.actions)
        return super().decide(incident, diagnosis) if tried else (wrong,)


class Frail(StatisticalActor):
    """Breaks down when it is asked first."""

    broke = False

    def diagnose(self, incident: Incident, world: Observed) -> Diagnosis:
        if self.broke:
            return super().diagnose(incident, world)
        self.broke = True
        raise RuntimeError("deque mutated during iteration")


def run(
    hotel: Hotel, folder: Path, until: float, *, actor: StatisticalActor | None = None, dies: str = ""
) -> tuple[list[Incident], list[Event]]:
    """Operate until a time; with `dies`, the operator's process ends when it tells such an event."""
    events: list[Event] = []
    clock = hotel.clock
    assert isinstance(clock, VirtualClock)

    class Killed(BaseException):
        pass

    def told(event: Event) -> None:
        events.append(event)
        if dies and event.action is not None and event.action.outcome == dies:
            raise Killed

    async def loop() -> list[Incident]:
        stop = asyncio.Event()
        operating = asyncio.ensure_future(
            operator.run(
                hotel, objectives=OBJECTIVES, journal=folder, clock=clock, on_event=told, stop=stop, actor=actor,
                offload=inline,
            )
        )  # fmt: skip
        while clock.time() < START + until and not operating.done():
            await clock.sleep(0.25)
        stop.set()
        return await operating

    try:
        return asyncio.run(clock.run(loop())), events
    except Killed:
        return [], events


def test_a_wrong_action_is_undone_and_the_right_one_follows_in_time(tmp_path: Path) -> None:
    hotel = broken(Fault("network-partition", "search->hotel", BEGINS), seed=3)
    (incident,), _ = run(hotel, tmp_path, BEGINS + 35.0, actor=Mistaken(OBJECTIVES))
    assert [each.outcome for each in incident.actions] == ["undone", "helped"]
    assert hotel.links["gateway->user"] == "a"
    assert hotel.links["search->hotel"] == "b"
    assert wrong_actions_left(incident.actions) == ()
    harm = user_harm(hotel.tallies(), since=START + BEGINS)
    assert harm is not None
    well = recovered(hotel.tallies(), harm=harm)
    assert well is not None
    assert well - harm <= 25.0


def test_a_cause_that_no_mechanism_knows_needs_a_person(tmp_path: Path) -> None:
    hotel = broken(Fault("mystery", "booking", BEGINS), seed=3, decoy="review")
    incidents, events = operated(hotel, tmp_path, BEGINS + 45.0)
    assert hotel.applied == []
    assert incidents == [] or incidents[0].status != "resolved"
    asked = [each for each in events if each.kind == "needs-person"]
    assert len(asked) == 1
    assert "missing" in asked[0].text
    diagnoses = [each.diagnosis for each in events if each.diagnosis is not None]
    assert 1 <= len(diagnoses) <= 9
    assert all(each.abstained and each.missing for each in diagnoses)
    assert Incidents(tmp_path / "incidents").read()[0].status == "needs-person"


@pytest.mark.parametrize("seed", range(3))
def test_a_busy_machine_is_no_fault_of_any_service(seed: int, tmp_path: Path) -> None:
    hotel = broken(Fault("busy-machine", "machine", BEGINS), seed=seed, decoy="review")
    _, events = operated(hotel, tmp_path, BEGINS + 16.0)
    assert hotel.applied == []
    assert "detected" in {each.kind for each in events}


@pytest.mark.parametrize("dies", ["planned", "applied"])
def test_after_a_kill_the_next_operator_finishes_what_was_begun(dies: str, tmp_path: Path) -> None:
    hotel = broken(Fault("hang", "hotel", BEGINS), seed=3)
    run(hotel, tmp_path, BEGINS + 20.0, dies=dies)
    assert read(tmp_path)[-1].record.outcome == dies
    incidents, events = run(hotel, tmp_path, BEGINS + 45.0)
    assert [each.kind for each in events if each.kind == "recovered-journal"]
    assert incidents[-1].status == "resolved"
    assert len({each.id for each in incidents}) == 1
    outcomes = {each.record.id: each.record.outcome for each in read(tmp_path)}
    assert set(outcomes.values()) <= {"helped", "refused"}
    assert "helped" in outcomes.values()
    assert user_harm(hotel.tallies(), since=hotel.clock.time() - 6.0) is None


@pytest.mark.parametrize(("anew", "status"), [(False, "resolved"), (True, "needs-person")])
def test_an_incident_of_the_system_as_it_was_is_not_gone_on_with(anew: bool, status: str, tmp_path: Path) -> None:
    hotel = broken(Fault("hang", "hotel", 1e6))
    opened = hotel.clock.time() - 30.0
    Incidents(tmp_path / "incidents").save(Incident("I0001", "hotel", opened, ()))
    hotel.started = dict.fromkeys(hotel.started, opened + 10.0 if anew else opened - 10.0)
    incidents, _ = run(hotel, tmp_path, 20.0)
    assert [each.status for each in Incidents(tmp_path / "incidents").read()] == [status]
    assert len(incidents) == (not anew)


def test_two_operators_of_one_system_are_refused(tmp_path: Path) -> None:
    held = Journal(tmp_path)
    with pytest.raises(SafetyError, match="another operator"):
        run(Hotel(), tmp_path, 2.0)
    held.close()


def test_events_go_to_json_and_say_who_is_blamed(tmp_path: Path) -> None:
    hotel = broken(Fault("exception", "booking", BEGINS, "reserve"), seed=3)
    _, events = run(hotel, tmp_path, BEGINS + 20.0)
    lines = [msgspec.json.decode(dump(each)) for each in events]
    diagnosed = next(each for each in lines if each["kind"] == "diagnosed")
    assert (diagnosed["blamed"], diagnosed["mechanism"]) == ("booking", "exception")
    assert all(each["text"] for each in lines)
    assert lines[-1]["record"]["status"] == "resolved"


def test_an_incident_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    incidents = Incidents(tmp_path)
    incident = Incident("I0001", "hotel", 1.0, ())
    incidents.save(incident)
    incidents.save(replace(incident, status="resolved", resolved=2.0))
    assert incidents.read() == [replace(incident, status="resolved", resolved=2.0)]
    assert incidents.next_id() == "I0002"
    (tmp_path / "I0002.json").write_text("{")
    with pytest.raises(InvalidRecord, match=r"I0002\.json"):
        incidents.read()


def test_trivial_ways_fall_for_the_decoy(tmp_path: Path) -> None:
    hotel = broken(Fault("network-partition", "search->hotel", BEGINS), seed=3, decoy="review")
    (incident,), _ = run(hotel, tmp_path, BEGINS + 20.0)
    world: Observed = hotel
    answers = {name: baseline(world, incident.symptoms[0]) for name, baseline in BASELINES.items()}
    assert answers["last-change"].hypotheses[0].entity == "review"
    assert answers["loudest"].hypotheses
    assert answers["max-z"].hypotheses
    assert all(each.hypotheses[0].entity != "gateway" for each in answers.values())


@pytest.mark.parametrize("service", ["booking", "hotel"])
@pytest.mark.parametrize("later", [8.0, 40.0], ids=["while causes are looked for", "when a person was asked already"])
def test_a_deploy_that_breaks_a_busy_machine_is_taken_back(service: str, later: float, tmp_path: Path) -> None:
    operation = {"booking": "reserve", "hotel": "near"}[service]
    hotel = broken(Fault("busy-machine", "machine", BEGINS), seed=3)
    hotel.pending.append(Fault("exception", service, START + BEGINS + later, operation))
    _, events = run(hotel, tmp_path, BEGINS + later + 30.0)
    assert [(each.verb, each.target) for each in hotel.applied] == [("rollback", service)]
    helped = next(each.time for each in events if each.action is not None and each.action.outcome == "helped")
    assert helped - (START + BEGINS + later) <= 25.0


def test_harm_that_comes_back_before_an_incident_is_over_is_looked_into(tmp_path: Path) -> None:
    hotel = broken(Fault("busy-machine", "machine", BEGINS), seed=3)
    assert isinstance(hotel.clock, VirtualClock)
    hotel.pending.append(Fault("exception", "hotel", START + BEGINS + 13.5, "near"))

    def ceases(time: float) -> None:
        if BEGINS + 9.5 <= time < BEGINS + 10.0:
            hotel.faults = []

    _, events = operated(hotel, tmp_path, BEGINS + 35.0, also=ceases)
    assert [(each.verb, each.target) for each in hotel.applied] == [("rollback", "hotel")]
    assert events[-1].kind == "resolved"


def test_an_actor_that_breaks_down_is_asked_again(tmp_path: Path) -> None:
    hotel = broken(Fault("network-partition", "search->hotel", BEGINS), seed=3)
    (incident,), events = run(hotel, tmp_path, BEGINS + 20.0, actor=Frail(OBJECTIVES))
    assert [each.outcome for each in incident.actions] == ["helped"]
    first = next(each.text for each in events if each.kind == "diagnosed")
    assert "Frail broke down: RuntimeError: deque mutated" in first
