"""Live worlds one ahead: each is used once, a failed start is tried again, and none is left."""

from __future__ import annotations

import os
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from telic.errors import WorldError
from telic.lab.session import standby as standbys
from telic.lab.session.standby import Standby
from telic.worlds.local import database_shelf, launch

HOTEL, SHOP = (SimpleNamespace(hash=name, folder=Path(name)) for name in ("hotel", "shop"))


class Users:
    """Who would load a world."""

    def __init__(self, waiting: list[Users]) -> None:
        self._waiting = waiting

    def stop(self) -> None:
        self._waiting.remove(self)


class Worlds:
    """What is up now, and what ever was."""

    def __init__(self) -> None:
        self.up: list[Path] = []
        self.started: list[str] = []
        self.processors: list[set[int]] = []  # that each start may use
        self.fail = 0
        self.users: list[Users] = []  # who wait to load a world, or do

    def users_of(self, design: Path, *, log: Path) -> Users:
        self.users.append(Users(self.users))
        return self.users[-1]

    def deploy(self, design: Any, settings: Any, **given: Any) -> Any:
        self.started.append(design.hash)
        self.processors.append(os.sched_getaffinity(0))
        if self.fail:
            self.fail -= 1
            raise WorldError("no room")
        self.up.append(settings.home)
        return SimpleNamespace(state_folder=settings.home)

    def down(self, state: Path) -> None:
        self.up.remove(state)


@pytest.fixture
def worlds(monkeypatch: pytest.MonkeyPatch) -> Worlds:
    made = Worlds()
    monkeypatch.setattr(standbys, "LoadProcess", made.users_of)
    monkeypatch.setattr(launch, "up", made.deploy)
    monkeypatch.setattr(database_shelf, "give_back", lambda *_: None)
    monkeypatch.setattr(launch, "down", made.down)
    return made


def borrow(standby: Standby, design: Any, then: Any = None) -> Path:
    with standby.lent(design) as lent:
        assert lent.design is design
        if then:
            standby.prepare(then)
        return lent.world.state_folder


def test_the_next_world_is_another_one_and_nothing_is_left(worlds: Worlds) -> None:
    standby = Standby()
    first = borrow(standby, HOTEL, then=HOTEL)
    second = borrow(standby, HOTEL, then=HOTEL)  # and one more that nobody takes
    standby.close()
    assert first != second
    assert worlds.started == ["hotel"] * 3
    assert not worlds.up
    assert not worlds.users
    assert not first.exists()
    assert not second.exists()


def test_a_world_of_another_system_is_not_lent(worlds: Worlds) -> None:
    standby = Standby()
    borrow(standby, HOTEL, then=SHOP)
    borrow(standby, HOTEL)
    standby.close()
    assert worlds.started == ["hotel", "shop", "hotel"]
    assert not worlds.up
    assert not worlds.users


def test_whatever_went_wrong_with_a_start_is_over_with_it(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    standby, failed = Standby(), Future[Any]()
    failed.set_exception(OSError(28, "No space left on device"))
    monkeypatch.setattr(standby, "_next", (HOTEL.hash, failed))
    borrow(standby, HOTEL)
    standby.close()
    assert worlds.started == ["hotel"]
    assert not worlds.up


def test_a_start_that_failed_meanwhile_is_tried_once_more(worlds: Worlds) -> None:
    standby = Standby()
    with standby.lent(HOTEL):  # type: ignore[arg-type]
        worlds.fail = 1
        standby.prepare(HOTEL)  # type: ignore[arg-type]
    borrow(standby, HOTEL)
    worlds.fail = 1
    with pytest.raises(WorldError, match="no room"), standby.lent(HOTEL):  # type: ignore[arg-type]
        pass
    standby.close()
    assert not worlds.up
    assert not worlds.users


def test_who_is_interrupted_while_a_world_starts_leaves_none(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    standby = Standby()
    standby.begin(HOTEL)  # type: ignore[arg-type]
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Future, "result", interrupted)
        with pytest.raises(KeyboardInterrupt):
            borrow(standby, HOTEL)
    standby.close()
    assert worlds.started == ["hotel"]
    assert not worlds.up
    assert not worlds.users


def test_an_episode_that_fails_still_gives_its_world_back(worlds: Worlds) -> None:
    standby = Standby()
    with pytest.raises(RuntimeError), standby.lent(HOTEL):  # type: ignore[arg-type]
        raise RuntimeError
    standby.close()
    assert not worlds.up
    assert not worlds.users


def test_only_a_world_that_starts_beside_another_has_half_of_the_processors(worlds: Worlds) -> None:
    standby = Standby()
    standby.begin(HOTEL)  # type: ignore[arg-type]
    borrow(standby, HOTEL, then=HOTEL)
    borrow(standby, HOTEL)
    standby.close()
    all_of_them = os.sched_getaffinity(0)
    first, second = worlds.processors
    assert first == all_of_them
    assert len(second) == (len(all_of_them) + 1) // 2
    assert second <= all_of_them
