"""One direction of a connection of the fault proxy, on time that a test moves: what it holds, and what it lets pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telic.worlds.local.proxy.lane import HELD_BYTES, Lane
from telic.worlds.way import Way


class FakeLoop:
    """Time and timers that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, Callable[[], None], FakeTimer]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, call: Callable[[], None]) -> FakeTimer:
        timer = FakeTimer()
        self.timers.append((when, call, timer))
        return timer

    def run_until(self, end: float) -> None:
        while due := [each for each in self.timers if not each[2].cancelled and each[0] <= end]:
            first = min(due, key=lambda each: each[0])
            self.timers.remove(first)
            self.now = max(self.now, first[0])
            first[1]()
        self.now = end


@dataclass
class FakeTimer:
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class FakeTransport:
    """Remembers what a lane does to it."""

    loop: FakeLoop
    got: list[tuple[float, bytes]] = field(default_factory=list)
    reading: bool = True
    closed: bool = False
    ended: bool = False

    def write(self, data: bytes) -> None:
        self.got.append((self.loop.now, data))

    def write_eof(self) -> None:
        self.ended = True

    def pause_reading(self) -> None:
        assert self.reading
        self.reading = False

    def resume_reading(self) -> None:
        assert not self.reading
        self.reading = True

    def is_closing(self) -> bool:
        return self.closed

    def abort(self) -> None:
        self.closed = True

    def get_extra_info(self, name: str) -> None:
        return None


@dataclass
class Weather:
    delay: float = 0.0
    drop: bool = False

    @property
    def clear(self) -> bool:
        return not (self.delay or self.drop)

    def hold(self, size: int, now: float) -> float:
        return self.delay


def lane(weather: Weather) -> tuple[Lane, FakeLoop, FakeTransport, FakeTransport, list[str]]:
    loop, ends = FakeLoop(), list[str]()
    source, sink = FakeTransport(loop), FakeTransport(loop)
    made = Lane(weather, loop, ends.append)  # type: ignore[arg-type]
    made.lead(source=source, sink=sink)  # type: ignore[arg-type]
    return made, loop, source, sink, ends


def test_a_delay_holds_every_message_for_its_time_and_keeps_the_order() -> None:
    made, loop, _, sink, ends = lane(Weather(delay=0.2))
    made.feed(b"a")
    loop.run_until(0.1)
    made.feed(b"b")
    made.end("end")
    loop.run_until(1.0)
    assert sink.got == [(0.2, b"a"), (pytest.approx(0.3), b"b")]
    assert sink.ended
    assert ends == ["end"]


def test_healing_a_delay_delivers_at_once_what_waits() -> None:
    weather = Weather(delay=5.0)
    made, loop, _, sink, _ = lane(weather)
    made.feed(b"a")
    loop.run_until(1.0)
    weather.delay = 0.0
    made.pump()
    made.feed(b"b")
    assert sink.got == [(1.0, b"a"), (1.0, b"b")]


def test_a_dropped_link_delivers_nothing_until_it_heals_then_everything() -> None:
    weather = Weather(drop=True)
    made, loop, _, sink, _ = lane(weather)
    made.feed(b"a")
    made.end("end")
    loop.run_until(60.0)
    assert sink.got == []
    weather.drop = False
    made.pump()
    assert [data for _, data in sink.got] == [b"a"]
    assert sink.ended


def test_a_source_is_paused_while_too_much_waits() -> None:
    weather = Weather(drop=True)
    made, _, source, sink, _ = lane(weather)
    made.feed(b"x" * HELD_BYTES)
    assert source.reading
    made.feed(b"x")
    assert not source.reading
    weather.drop = False
    made.pump()
    assert source.reading
    made.sink_full(True)
    assert not source.reading
    made.sink_full(False)
    assert source.reading
    assert sum(len(data) for _, data in sink.got) == HELD_BYTES + 1


@given(
    st.lists(
        st.one_of(
            st.binary(min_size=1, max_size=8),
            st.floats(0, 2).map(lambda delay: Weather(delay=delay)),
            st.just(Weather(drop=True)),
            st.floats(0, 1),
        ),
        max_size=40,
    )
)
def test_no_weather_changes_what_arrives_only_when(steps: list[bytes | Weather | float]) -> None:
    weather = Weather()
    made, loop, source, sink, _ = lane(weather)
    for step in steps:
        if isinstance(step, bytes):
            made.feed(step)
        elif isinstance(step, Weather):
            weather.delay, weather.drop = step.delay, step.drop
            made.pump()
        else:
            loop.run_until(loop.now + step)
    weather.delay, weather.drop = 0.0, False
    made.pump()
    made.end("end")
    assert b"".join(data for _, data in sink.got) == b"".join(each for each in steps if isinstance(each, bytes))
    assert sink.ended
    assert source.reading


def test_little_bandwidth_lets_messages_queue() -> None:
    way = Way(lambda: 0.5)
    way.set(rate=10.0)
    loop = FakeLoop()
    source, sink = FakeTransport(loop), FakeTransport(loop)
    made = Lane(way, loop, lambda how: None)  # type: ignore[arg-type]
    made.lead(source=source, sink=sink)  # type: ignore[arg-type]
    made.feed(b"12345")
    made.feed(b"67890")
    loop.run_until(5.0)
    assert sink.got == [(0.5, b"12345"), (pytest.approx(1.0), b"67890")]
