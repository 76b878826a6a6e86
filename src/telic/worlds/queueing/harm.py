"""What can go wrong in a run of the model: edges that are slow, fail or are cut, and services with fewer slots."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn, Unpack

from telic.errors import UsageError
from telic.model import Change, Scalar, State, Topology
from telic.model.weather import Weather, WeatherGiven
from telic.worlds.queueing.world import WHY, ModelWorld

CUT = 3600.0  # a call over an edge that is cut takes so much longer than anybody waits [s]


class ModelHarm:
    """The part of `telic.model.Harm` that queues, slots and times have; everything else is refused.

    Parameters
    ----------
    world
        What is hurt.
    """

    def __init__(self, world: ModelWorld) -> None:
        self._world = world

    def link(self, edge: str, **weather: Unpack[WeatherGiven]) -> None:
        """Delay, cut or break an edge."""
        given = Weather(**weather)
        if given != Weather(delay=given.delay, drop=given.drop, fail=given.fail):
            raise UsageError(
                f"{edge}: the model knows no such weather", hint="delay, drop or fail, both ways, all the time"
            )
        self._world.catch_up()
        self._world.run.weather(edge, delay=CUT if given.drop else given.delay, fail=given.fail)

    def capacity(self, service: str, share: float) -> None:
        """Give a service a share [1] of its slots."""
        self._world.catch_up()
        self._world.run.capacity(service, share)

    def flush(self, store: str) -> None:
        """Empty every cache."""
        self._world.catch_up()
        self._world.run.flush()

    def push_config(self, service: str, changes: Mapping[str, Scalar], *, author: str, summary: str) -> Change:
        """Write a push into the log; the model has no configuration."""
        diff = "\n".join(f"{key}: -> {value}" for key, value in changes.items())
        return self._told(service, "config", author, summary, diff)

    def deploy(self, service: str, edits: Mapping[str, str], *, author: str, summary: str) -> Change:
        """Write a deploy into the log; the model has no code."""
        return self._told(service, "deploy", author, summary, "")

    def release_files(self, service: str) -> Mapping[str, str]:
        """Return no sources."""
        return {}

    def state(self) -> State:
        """Return the world's state."""
        return self._world.state()

    def topology(self) -> Topology:
        """Return the world's topology."""
        return self._world.topology()

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        """Refuse every other harm by name."""
        if name.startswith("_"):
            raise AttributeError(name)

        def refuse(*args: object, **given: object) -> NoReturn:
            raise UsageError(f"{name}: {WHY}", hint="use the simulated or the local world for this fault")

        return refuse

    def _told(self, service: str, kind: str, author: str, summary: str, diff: str) -> Change:
        number = f"c{self._world.told + 1}"
        change = Change(number, self._world.clock.time(), kind, service, summary, author, diff)  # type: ignore[arg-type]
        self._world.tell(change)
        return change
