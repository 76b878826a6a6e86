"""Designs as they are generated: the load finds its way through them, in memory and live."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from telic import apps, design, intent
from telic.settings import Settings
from telic.worlds import load
from telic.worlds.load.knowledge import Knowledge
from telic.worlds.load.record import Record
from telic.worlds.load.testing import ModelSystem

ROOT = Path(__file__).parents[3]
PLAYGROUNDS = """
intent: v1
system: playgrounds
text: Parents keep notes of their own on playgrounds near them.
functional:
  entities:
    Parent: {key: parent_id, fields: {name: str<=40, email: email, password: secret}, owner: parent, pii: [email]}
    Ground: {key: ground_id, fields: {name: str<=40, loc: geo, age: int(1..12)}, owner: ground}
    Note:   {key: note_id, fields: {parent: ref(Parent), text: str<=200, kind: enum(good|bad)}, owner: note}
  operations:
    - {id: F1, name: find_grounds, kind: geo_search, on: Ground, in: {at: geo, km: float>0}, out: [Ground]}
    - {id: F2, name: write_note, kind: create, on: Note, auth: self, idempotent: true}
    - {id: F3, name: my_notes, kind: list_by_ref, on: Note, by: parent, order: oldest, auth: self}
    - {id: F4, name: manage_parent, kind: crud, on: Parent, auth: self, idempotent: true,
       errors: {email_taken: good, not_found: good, not_authorised: bad}}
    - {id: F5, name: manage_ground, kind: crud, on: Ground, idempotent: true, errors: {not_found: good}}
operational:
  workload:
    - {id: W1, name: normal, arrival: constant, rate: 40/s, mix: {F1: 2, F2: 2, F3: 2, F4: 1, F5: 1},
       keys: "zipf(1.0, 50)", for: 10s}
  slos:
    - {id: O1, service: gateway, sli: {ratio: latency, below: 100ms}, target: 99%, window: 28d, test_window: 10s,
       under: W1}
"""


@pytest.fixture(scope="module", params=["hotel", "social", "notes", "playgrounds"])
def generated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "playgrounds":
        wanted = intent.read_text(PLAYGROUNDS)
    else:
        wanted = intent.read(
            apps.find(request.param)
            if request.param in ("hotel", "social")
            else ROOT / "examples" / "01-notes" / "intent.yaml"
        )
    design.generate(wanted, folder / "design")
    return folder / "design"


async def test_every_operation_of_a_generated_design_is_used_and_right(generated: Path, run: Any) -> None:
    knowledge = Knowledge(generated)
    system = ModelSystem(knowledge)
    one = type(run)(knowledge, system)
    record: Record = await one(15.0, rate=40.0)
    assert record.reasons() == {}
    assert record.total() > 500
    unused = [name for name, count in system.asked.items() if not count]
    assert set(unused) <= {"delete_user", "delete_link", "delete_parent", "delete_ground"}, (
        "only the rarest may not have come up"
    )


@pytest.mark.live
async def test_a_live_hotel_answers_everything_right(tmp_path: Path) -> None:
    from telic.worlds.local import launch

    settings = Settings(home=tmp_path / "home", data=tmp_path, port=0, otlp_port=0)
    made = design.generate(intent.read(apps.find("hotel")), tmp_path / "design")
    world = await asyncio.to_thread(launch.up, made, settings, fresh=True)
    try:
        path = tmp_path / "load.jsonl"
        with load.start(
            made.folder, str(world.about()["url"]), record=path, workload="W1", rate=60.0, seconds=15.0
        ) as process:
            record = await asyncio.to_thread(process.finish)
    finally:
        world.close()
        await asyncio.to_thread(launch.down, settings.system(made.system))
    assert record.total() > 700
    assert [reason for reason in record.reasons() if reason.startswith(("wrong_", "malformed", "not_json"))] == []
    assert record.correct() >= 0.99, "a busy machine may answer late, or refuse a few; it does not lie"
