"""What a system keeps is read from its database; a table that is gone is a finding and ends nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import asyncpg
import pytest

from telic import apps, intent
from telic.errors import StoreFailed
from telic.lab import stored
from telic.lab.course import Course
from telic.lab.session.invariants import invariants
from telic.model import Design
from telic.model.design import Table
from telic.model.intent import EntityType
from telic.worlds.local.layout import Layout

HOTEL = intent.read(apps.find("hotel"))


class Database:
    """Has lost every table."""

    closed = False

    async def fetch(self, sql: str) -> list[object]:
        raise asyncpg.UndefinedTableError(f'relation "{sql.split()[-1]}" does not exist')

    async def close(self) -> None:
        self.closed = True


def test_a_table_that_is_gone_is_said_and_no_invariant_is_judged_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database()

    async def connect(*_: object, **__: object) -> Database:
        return database

    def service(name: str) -> object:
        mine = [each for each in HOTEL.entities if each.owner == name]
        tables = [Table(each.name.lower(), {each.key: "text"}, (each.key,), ()) for each in mine]
        return SimpleNamespace(name=name, tables=tables)

    design = cast(Design, SimpleNamespace(service=service, system="hotel"))
    monkeypatch.setattr("telic.worlds.local.postgres.connect", connect)
    monkeypatch.setattr(stored, "_port", lambda layout: 1)
    layout = cast(Layout, SimpleNamespace())
    with pytest.raises(StoreFailed, match=r"cannot be read: relation .* does not exist"):
        asyncio.run(stored.things(layout, design, HOTEL.entities[0]))
    assert database.closed

    def things(entity: EntityType) -> Sequence[object]:
        return asyncio.run(stored.things(layout, design, entity))

    course = cast(Course, SimpleNamespace(things=things))
    found = list(invariants(course, HOTEL))
    assert found
    assert {each.holds for each in found} == {None}
    assert all("cannot be read" in each.says for each in found)
