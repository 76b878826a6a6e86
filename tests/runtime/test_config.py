"""The configuration file: what is refused, and how changes are followed."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telic.clock import VirtualClock
from telic.runtime.config import Config, LiveConfig, parse, read, watch
from telic.runtime.failures import InvalidConfig
from telic.runtime.wiring import BreakerPolicy, CachePolicy, EdgePolicy, RetryPolicy

FILE: dict[str, Any] = {
    "schema": "telic/config/v1",
    "system": "hotel",
    "service": "booking",
    "version": "1",
    "revision": 3,
    "listen": {"host": "127.0.0.1", "port": 21005},
    "settings": {"upstream.hotel.host": "127.0.0.1", "upstream.hotel.port": 22011, "log.level": "INFO"},
    "wiring": {
        "node": {"queue": 8, "order": "lifo", "cache": {"ttl": 2.0}},
        "edges": {"booking->hotel": {"timeout": 0.2, "retry": {"max": 2}, "breaker": {"minimum": 5}}},
    },
    "capacity": {"slots": 8, "service_time": 0.004},
    "telemetry": {"endpoint": "http://127.0.0.1:4318", "enabled": True, "interval": 0.5},
}


def written(**changes: Any) -> bytes:
    return json.dumps({**FILE, **changes}).encode()


def test_every_part_of_the_file_is_read() -> None:
    config = parse(written(), "x")
    assert config.address("upstream.hotel") == ("127.0.0.1", 22011)
    assert config.edge("hotel") == EdgePolicy(0.2, RetryPolicy(max=2), BreakerPolicy(minimum=5))
    assert config.edge("rate") == EdgePolicy()
    assert config.wiring.node.cache == CachePolicy(ttl=2.0)
    assert config.capacity is not None
    assert (config.capacity.slots, config.listen.port, config.revision) == (8, 21005, 3)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema": "telic/config/v2"}, "telic/config/v2"),
        ({"settings": {"upstream.hotel.port": 70000}}, "no port"),
        ({"settings": {"upstream.hotel.port": "22011"}}, "no port"),
        ({"settings": {"upstream.hotel.port": True}}, "no port"),
        ({"settings": {"log.level": "LOUD"}}, "LOUD"),
        ({"settings": {"request.quota": -1.0}}, "request.quota"),
        ({"settings": {"probe.alive_within": "soon"}}, "probe.alive_within"),
        ({"capacity": {"slots": 0, "service_time": 0.1}}, "slots"),
        ({"telemetry": {"interval": 0}}, "interval"),
        ({"wiring": {"node": {"order": "random"}}}, "order"),
        ({"wiring": {"edges": {"a->b": {"timeout": "soon"}}}}, "timeout"),
        ({"service": None}, "service"),
    ],
)
def test_what_cannot_be_right_is_refused_with_its_place(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidConfig, match=r"config\.json") as caught:
        parse(written(**changes), "config.json")
    assert words in str(caught.value)


@given(st.binary(max_size=200))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(InvalidConfig):
        parse(noise, "x")


def test_a_missing_file_and_a_missing_setting_are_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="No such file"):
        read(tmp_path / "none.json")
    with pytest.raises(InvalidConfig, match=r"upstream\.user\.port"):
        parse(written(), "x").address("upstream.user")


class Watched:
    """A configuration file that is being watched in virtual time."""

    def __init__(self, folder: Path) -> None:
        self.path, self.clock = folder / "current.json", VirtualClock()
        self.push(written())
        self.live = LiveConfig(read(self.path))
        self.seen: list[Config] = []
        self.live.follow(self.seen.append)

    def push(self, data: bytes) -> None:
        fresh = self.path.with_suffix(".new")
        fresh.write_bytes(data)
        os.replace(fresh, self.path)

    async def wait(self) -> None:
        for _ in range(3):
            await self.clock.sleep(0.25)
            for _ in range(20):  # the file is read in a thread
                await asyncio.sleep(0.001)


async def story(watched: Watched, *pushes: bytes | None) -> asyncio.Task[None]:
    task = asyncio.create_task(watch(watched.path, watched.live, watched.clock))
    await asyncio.sleep(0)
    for each in pushes:
        if each is None:
            watched.path.unlink()
        else:
            watched.push(each)
        await watched.wait()
    return task


async def test_changes_are_applied_and_followers_told(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    task = await watched.clock.run(story(watched, written(revision=4), written(revision=4), None, written(revision=5)))
    task.cancel()
    assert [each.revision for each in watched.seen] == [4, 5]
    assert watched.live.now.revision == 5


async def test_a_change_that_cannot_be_applied_ends_the_watch(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    task = await watched.clock.run(story(watched, b"{"))
    with pytest.raises(InvalidConfig):
        await task
