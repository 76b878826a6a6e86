"""A course on paper: a harm that records, a record made of phases, a clock that is moved by waiting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from telic.lab.course import Told
from telic.lab.testing import RecordingHarm
from telic.model import Edge, Entity, InstanceState, ServiceState, State, StoreState, Topology
from telic.worlds.load.record import Record, Row, SecondLine

START = 1000.0
SERVICES = ("gateway", "search", "hotel", "review")


def instance(name: str) -> InstanceState:
    return InstanceState(f"{name}-1", 1, "ready", "1", START)


def harm() -> RecordingHarm:
    services = {each: ServiceState(each, "1", "", 1, {}, {}, (instance(each),)) for each in SERVICES}
    state = State("hotel", START, services, {"valkey": StoreState("valkey", instance("valkey"))})
    entities = (*(Entity(each, "service") for each in SERVICES), Entity("valkey", "store"))
    edges = (Edge("gateway", "search"), Edge("search", "hotel"), Edge("gateway", "hotel"), Edge("review", "valkey"))
    return RecordingHarm(state, Topology("hotel", entities, edges), {each: {} for each in SERVICES})


@dataclass
class PaperCourse:
    """What a trial needs of a course; the share of good answers follows from the harm in force and the second."""

    share: Callable[[float, Mapping[str, object]], float]
    harm: RecordingHarm = field(default_factory=harm)
    time: float = START
    told: list[Told] = field(default_factory=list)
    lines: list[SecondLine] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pause(1.0)  # a course settles until its first second is over

    def now(self) -> float:
        return self.time

    def tell(self, told: Told) -> None:
        self.told.append(told)

    def record(self) -> Record:
        return Record(tuple(self.lines))

    def pause(self, seconds: float) -> None:
        end = self.time + max(seconds, 0.0)
        while self.time < end:
            second, step = int(self.time), min(end, int(self.time) + 1.0)
            if not self.lines or self.lines[-1].second < second:
                good = round(100 * self.share(second - START, self.harm.snapshot()))
                self.lines.append(SecondLine(second, {"F1": Row(good, 100 - good)}))
            self.time = step


@pytest.fixture
def course() -> type[PaperCourse]:
    return PaperCourse
