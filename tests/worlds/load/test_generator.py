"""The open loop on virtual time: sends do not wait, and latency counts from the intended start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from telic.model import user_harm
from telic.worlds.load.record import Record
from telic.worlds.load.testing import ModelSystem, Reply

START = 1_800_000_000.0

Run = Any  # the fixture: see conftest.Run


async def test_a_right_and_fast_system_gets_only_good_marks(run: Run, system: ModelSystem) -> None:
    record: Record = await run(20.0, rate=100.0)
    assert record.reasons() == {}
    assert record.good() == 1.0
    assert 1800 < record.total() < 2200
    assert record.percentiles(0.5, 0.99) == pytest.approx((0.010, 0.010))
    assert all(count > 0 for count in system.asked.values()), "every operation was used"


async def test_every_share_of_the_mix_is_sent(run: Run) -> None:
    record: Record = await run(40.0, rate=100.0)
    shares = {each: record.total(each) / record.total() for each in ("F1", "F3", "F5", "F7")}
    assert shares == pytest.approx({"F1": 0.55, "F3": 0.10, "F5": 0.15, "F7": 0.02}, abs=0.02)


async def test_a_stalled_system_is_sent_to_as_before_and_everything_from_the_intended_start_is_late(run: Run) -> None:
    stall, end = START + 2.0, START + 4.0
    run.way.latency = lambda at: max(0.010, end - at) if at >= stall else 0.010
    record: Record = await run(6.0, rate=100.0)
    sent = [sum(1 for at, *_ in run.way.submitted if START + n <= at < START + n + 1) for n in range(6)]
    assert all(70 <= each <= 135 for each in sent), "no back-off while it stalls, no burst afterwards"
    stalled = record.since(stall, end)
    assert stalled.percentiles(1.0)[0] == pytest.approx(2.0, abs=0.05)
    assert stalled.percentiles(0.5)[0] == pytest.approx(1.0, abs=0.2), "as users who came evenly would feel it"
    assert stalled.correct() == 1.0
    assert stalled.good() < 0.1
    assert stalled.reasons().keys() == {"late"}
    assert user_harm(record.tallies()) == stall


async def test_silence_is_a_timeout_after_three_seconds_and_lines_come_at_most_that_late(run: Run) -> None:
    run.way.latency = lambda at: None if at >= START + 2.0 else 0.010
    record: Record = await run(4.0, rate=50.0)
    silent = record.since(START + 2.0)
    assert silent.good() == 0.0
    assert silent.reasons().keys() == {"timeout"}
    assert silent.percentiles(0.0, 1.0) == pytest.approx((3.0, 3.0), abs=0.06)
    assert [each.second for each in record.seconds] == [int(START) + n for n in range(4)]
    late = [at - (each.second + 1) for at, each in zip(run.written, record.seconds, strict=True)]
    assert max(late) <= 3.1
    assert max(late[:2]) <= 0.1, "a decided second does not wait"


async def test_the_same_seed_sends_the_same_requests_at_the_same_times(
    run: Run, knowledge: object, system: ModelSystem
) -> None:
    await run(5.0, seed=4)
    again = type(run)(knowledge, ModelSystem(knowledge))  # type: ignore[arg-type]
    await again(5.0, seed=4)
    other = type(run)(knowledge, ModelSystem(knowledge))  # type: ignore[arg-type]
    await other(5.0, seed=5)
    assert run.way.submitted == again.way.submitted
    assert run.way.submitted != other.way.submitted


async def test_told_to_stop_it_sends_no_more_and_writes_what_is_decided(run: Run) -> None:
    run.way.latency = lambda at: None if at > START + 2.2 else 0.010
    record: Record = await run(60.0, rate=50.0, stop_at=2.5)
    assert max(at for at, *_ in run.way.submitted) <= START + 2.5
    assert run.clock.time() <= START + 2.5 + 1.1
    assert run.undecided > 0
    assert record.total() + run.undecided == len(run.way.submitted)
    assert record.good() == 1.0, "what nobody decided is neither good nor bad"


def _replace(**changed: object) -> Callable[[Reply], Reply]:
    def change(reply: Reply) -> Reply:
        assert isinstance(reply.body, dict)
        return Reply(reply.status, {**reply.body, **changed})

    return change


def _listed(change: Callable[[list[dict[str, Any]]], list[Any]]) -> Callable[[Reply], Reply]:
    return lambda reply: Reply(200, {"things": change(reply.body["things"])}) if isinstance(reply.body, dict) else reply


FAR = {"hotel_id": "hotel-0", "loc": {"lat": 0.0, "lon": 0.0}}
WRONG: Mapping[str, tuple[str, str, Callable[[Reply], Reply]]] = {
    "a hotel that is none": ("F1", "wrong_thing", _listed(lambda all_: [{"hotel_id": "nowhere"}, *all_])),
    "a hotel that lies about itself": (
        "F1",
        "wrong_fields",
        _listed(lambda all_: [{**all_[0], "price": 1}, *all_[1:]]),
    ),
    "a hotel moved far away": (
        "F1",
        "wrong_fields",
        _listed(lambda all_: [{**each, "loc": FAR["loc"]} for each in all_]),
    ),
    "farthest first": ("F1", "wrong_order", _listed(lambda all_: all_[::-1])),
    "no hotel": ("F1", "wrong_nothing_found", _listed(lambda all_: [])),
    "a hotel twice": ("F1", "wrong_twice", _listed(lambda all_: [each for each in all_ for _ in (0, 1)])),
    "no list": ("F1", "wrong_shape", lambda reply: Reply(200, {"hotels": "many"})),
    "an activity left out": ("F2", "wrong_gap", _listed(lambda all_: all_[1:])),
    "not held": ("F3", "wrong_state", _replace(state="paid")),
    "for somebody else": ("F3", "wrong_fields", _replace(user="user-x")),
    "other days": ("F3", "wrong_fields", _replace(days={"start": "2020-01-01", "end": "2020-01-02"})),
    "still held": ("F4", "wrong_state", _replace(state="held")),
    "another booking": ("F4", "wrong_fields", _replace(booking_id="booking-x")),
    "expired though fresh": ("F4", "wrong_expired", lambda reply: Reply(422, {"error": "expired"})),
    "reviews of another hotel": (
        "F5",
        "wrong_reference",
        _listed(lambda all_: [{**e, "hotel": "hotel-x"} for e in all_]),
    ),
    "oldest first": ("F5", "wrong_order", _listed(lambda all_: all_[::-1])),
    "no reviews": ("F5", "wrong_missing", _listed(lambda all_: [])),
    "the newest review left out": ("F5", "wrong_missing", _listed(lambda all_: [all_[0], *all_[2:]])),
    "a review changed": ("F6", "wrong_fields", _replace(stars=17)),
    "nobody may review": ("F6", "wrong_not_allowed", lambda reply: Reply(422, {"error": "not_allowed"})),
    "another user": (
        "F7",
        "wrong_fields",
        lambda reply: _replace(name="nobody")(reply) if "name" in str(reply) else reply,
    ),
    "the password shown": ("F7", "wrong_secret_shown", _replace(password="secret")),
    "an exception": ("F1", "status_500", lambda reply: Reply(500, {"error": "internal"})),
    "a dependency failed": ("F3", "status_503", lambda reply: Reply(503, None)),
    "an undeclared business error": ("F5", "bored", lambda reply: Reply(422, {"error": "bored"})),
    "a declared bad one": ("F7", "wrong_not_authorised", lambda reply: Reply(422, {"error": "not_authorised"})),
}


@pytest.mark.parametrize("name", WRONG)
async def test_wrong_answers_are_bad_and_say_why(run: Run, name: str) -> None:
    id_, reason, change = WRONG[name]
    names = {each.name for each in run.knowledge.serving(run.knowledge.intent.operation(id_))}
    run.way.reply = lambda operation, reply: change(reply) if operation in names and reply.status == 200 else reply
    record: Record = await run(3.0, rate=40.0, mix={id_: 1.0, "F3": 0.2})
    found = record.reasons(id_)
    assert found.get(reason, 0) > 0, found
    assert record.correct(id_) < 0.9


async def test_hotels_that_are_there_but_too_far_away_are_wrong(run: Run) -> None:
    everything = [{"hotel_id": each.key, **each.fields} for each in run.knowledge.things("Hotel").values()]
    run.way.reply = lambda operation, reply: Reply(200, {"hotels": everything})
    record: Record = await run(2.0, mix={"F1": 1.0})
    assert record.correct() < 0.1
    assert record.reasons().keys() <= {"wrong_distance", "wrong_order"}
    assert record.reasons()["wrong_distance"] > 0


async def test_sold_out_is_good_service_where_the_intent_says_so(run: Run) -> None:
    run.way.reply = lambda operation, reply: Reply(422, {"error": "sold_out"}) if operation == "reserve" else reply
    record: Record = await run(3.0, mix={"F3": 1.0})
    assert record.good() == 1.0


async def test_a_review_by_somebody_without_a_paid_booking_has_to_be_refused(run: Run) -> None:
    def allow(operation: str, reply: Reply) -> Reply:
        return Reply(200, {"review_id": "r"}) if reply.status == 422 else reply

    refused: Record = await run(10.0, mix={"F6": 1.0})
    assert refused.good() == 1.0, "the refusals of a right system are good"
    run.lines.clear()
    run.way.reply = allow
    record: Record = await run(10.0, mix={"F6": 1.0})
    assert 0.08 < record.reasons()["wrong_allowed"] / record.total() < 0.25


async def test_whoever_has_nothing_to_pay_reserves_first(run: Run, system: ModelSystem) -> None:
    record: Record = await run(3.0, mix={"F4": 1.0})
    assert system.asked["reserve"] == pytest.approx(system.asked["pay"], abs=2)
    assert record.good("F4") == 1.0
    assert record.total("F4") == system.asked["reserve"] + system.asked["pay"]


async def test_a_booking_paid_a_moment_ago_entitles_to_a_review(run: Run, system: ModelSystem) -> None:
    record: Record = await run(20.0, mix={"F3": 1.0, "F4": 1.0, "F6": 1.0})
    assert record.reasons() == {}


async def test_one_verb_of_a_crud_operation_can_be_asked_for(run: Run, system: ModelSystem) -> None:
    await run(3.0, mix={"F7.create": 1.0})
    assert system.asked["create_user"] > 200
    assert system.asked["get_user"] == 0


async def test_a_token_that_no_longer_holds_is_replaced(run: Run) -> None:
    def forget(operation: str, reply: Reply) -> Reply:
        return Reply(401, None) if operation == "get_user" and START + 1 < run.clock.time() < START + 2 else reply

    run.way.reply = forget
    record: Record = await run(4.0, mix={"F7": 1.0})
    assert record.since(START + 3).good() == 1.0
    assert record.reasons().keys() == {"status_401"}
