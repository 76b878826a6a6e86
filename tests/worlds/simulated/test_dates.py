"""The time that a release reads is virtual, by whatever name it asks."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import msgspec
import pytest
from tests.worlds.simulated.test_confined import Cell

from telic.worlds.simulated.confined import Confined
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.release import Release
from telic.worlds.simulated.streams import stream

NOW = 86_400.0 * 400  # 5 February 1971
APP = """
import time
from datetime import UTC, date, datetime

def build(runtime):
    read = [datetime.now(), datetime.now(UTC), datetime.utcnow(), datetime.today(), date.today()]
    return read, time, datetime, date
"""
MESSAGES = """
from datetime import datetime
from msgspec import Struct

class Moment(Struct):
    at: datetime
"""


@pytest.fixture
def modules(tmp_path: Path) -> Iterator[dict[str, ModuleType]]:
    folder = tmp_path / "services" / "shop"
    folder.mkdir(parents=True)
    (folder / "app.py").write_text("from services.shop import messages\n" + APP)
    (folder / "messages.py").write_text(MESSAGES)
    loop, seen = VirtualLoop(), dict[str, ModuleType]()
    Release("shop", tmp_path, seen.update, Confined(loop, lambda: NOW, Cell(), stream(7)).builtins)
    yield {name.rpartition(".")[2]: each for name, each in seen.items()}
    loop.close()


def test_now_and_today_are_virtual_and_their_values_ordinary(modules: dict[str, ModuleType]) -> None:
    read, _, _, _ = modules["app"].build(None)
    assert [each.year for each in read] == [1971] * 5
    assert [type(each) for each in read] == [datetime.datetime] * 4 + [datetime.date]
    assert read[1].timestamp() == NOW


def test_dates_that_are_made_and_asked_for_are_ordinary(modules: dict[str, ModuleType]) -> None:
    _, _, moment, day = modules["app"].build(None)
    assert type(moment(2026, 1, 2)) is type(moment.fromisoformat("2026-01-02T00:00")) is datetime.datetime
    assert type(day(2026, 1, 2)) is datetime.date
    assert isinstance(datetime.datetime(2026, 1, 2), moment)
    assert isinstance(datetime.date(2026, 1, 2), day)
    assert not isinstance("2026", moment)


def test_messages_keep_the_type_that_their_decoder_knows(modules: dict[str, ModuleType]) -> None:
    decoded = msgspec.json.decode(b'{"at":"2026-01-02T00:00:00Z"}', type=modules["messages"].Moment)
    assert decoded.at.year == 2026


def test_the_calendar_of_time_follows_the_virtual_clock(modules: dict[str, ModuleType]) -> None:
    _, told, _, _ = modules["app"].build(None)
    assert told.gmtime().tm_year == 1971
    assert told.strftime("%Y") == told.ctime()[-4:] == told.asctime()[-4:] == "1971"
    assert told.gmtime(0).tm_year == 1970
    assert told.time_ns() == round(NOW * 1e9)
    assert told.strptime is time.strptime
