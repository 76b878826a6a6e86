"""Databases that were made before: copied whole, each world's passwords its own, and a crash between is no harm."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from telic.errors import StoreFailed, WorldUnavailable
from telic.model import Design
from telic.settings import Settings
from telic.worlds.local import database_shelf, launch, postgres
from telic.worlds.local.desired import load_desired
from telic.worlds.local.layout import Layout
from telic.worlds.local.secret_files import secret_path
from telic.worlds.local.world import LocalWorld

pytestmark = pytest.mark.live
Get = Callable[..., dict[str, object]]
Up = Callable[[str], LocalWorld]


@pytest.fixture
def up(small_design: Design, settings: Settings, tmp_path: Path) -> Iterator[Up]:
    """Start worlds of one design, each in a home of its own, with one shelf."""

    def down(state: Path) -> None:
        with suppress(WorldUnavailable):
            launch.down(state)

    with ExitStack() as ends:

        def start(name: str) -> LocalWorld:
            world = launch.up(small_design, replace(settings, home=tmp_path / name), databases=tmp_path / "shelf")
            ends.callback(down, world.state_folder)
            ends.callback(world.close)
            return world

        yield start


def connected(world: LocalWorld, password: str = "") -> None:
    """Connect as the administrator."""

    async def connect() -> None:
        desired = load_desired(layout.desired)
        assert desired is not None
        await (await postgres.connect(layout, desired.stores["postgres"], password=password)).close()

    layout = Layout.of(world.state_folder)
    asyncio.run(connect())


def contents(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def password(world: LocalWorld, name: str = postgres.ADMIN_SECRET) -> str:
    return secret_path(Layout.of(world.state_folder), name).read_text(encoding="ascii").strip()


def test_the_second_world_copies_what_the_first_one_made_but_no_password(up: Up, get: Get, tmp_path: Path) -> None:
    first = up("a")
    (kept,) = (tmp_path / "shelf").iterdir()
    made = kept.stat().st_ino
    second = up("b")
    assert [each.stat().st_ino for each in (tmp_path / "shelf").iterdir()] == [made], "no other, no draft, not anew"
    for world in (first, second):
        assert get(world)["rooms"] == 10
        connected(world)
        assert not secret_path(Layout.of(world.state_folder), database_shelf.FIRST_SECRET).exists()
    old = secret_path(Layout(kept, kept), postgres.ADMIN_SECRET).read_text(encoding="ascii").strip()
    assert len({old, password(first), password(second)}) == 3
    assert password(first, "hotel") != password(second, "hotel")
    for wrong in (old, password(first)):
        with pytest.raises(StoreFailed) as refused:
            connected(second, wrong)
        assert isinstance(refused.value.__cause__, asyncpg.InvalidPasswordError)


def test_a_world_that_ended_gives_its_data_folder_back_as_if_it_had_never_used_it(
    up: Up, get: Get, small_design: Design, tmp_path: Path
) -> None:
    first = Layout.of(up("a").state_folder)
    (kept,) = (tmp_path / "shelf").iterdir()
    launch.down(first.state)
    outside = tmp_path / "outside"
    outside.write_text("of somebody else")
    changed = next(each for each in first.postgres.rglob("pg_filenode.map"))
    changed.unlink()
    changed.symlink_to(outside)
    (first.postgres / "more").mkdir()
    (first.postgres / "more" / "rows").write_text("of an earlier episode")
    database_shelf.give_back(first, small_design, tmp_path / "shelf")
    (spare,) = kept.glob("spare-*")
    assert not first.postgres.exists()
    assert outside.read_text() == "of somebody else"
    assert contents(spare) == contents(Layout(kept, kept).postgres)
    number = spare.stat().st_ino
    second = up("b")
    assert Layout.of(second.state_folder).postgres.stat().st_ino == number
    assert get(second)["rooms"] == 10
    connected(second)
    assert not list(kept.glob("*spare-*"))


def test_a_world_that_ended_before_it_forgot_the_first_password_starts_again(up: Up, get: Get, tmp_path: Path) -> None:
    world = up("a")
    layout = Layout.of(world.state_folder)
    launch.down(world.state_folder)
    secret_path(layout, database_shelf.FIRST_SECRET).write_text("of a copy", encoding="ascii")
    again = up("a")
    assert get(again)["rooms"] == 10
    assert not secret_path(layout, database_shelf.FIRST_SECRET).exists()


def test_other_seed_rows_are_another_database(up: Up, get: Get, small_design: Design, tmp_path: Path) -> None:
    assert get(up("a"))["rooms"] == 10
    (small_design.folder / "seed" / "hotel.hotels.jsonl").write_text('{"hotel_id":"h","rooms":3}\n', encoding="utf-8")
    assert get(up("b"))["rooms"] == 3
    assert len(list((tmp_path / "shelf").iterdir())) == 2
