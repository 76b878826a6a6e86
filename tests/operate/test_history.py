"""Exits are counted by restart counters: the newest against the last that was known before."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from telic.model import InstanceState, ServiceState, State
from telic.operate.history import History

NAMES = st.sampled_from(["hotel-1", "hotel-2", "hotel-3"])
SEEN = st.lists(st.dictionaries(NAMES, st.integers(0, 3), max_size=3), max_size=12)


def state(time: float, restarts: dict[str, int]) -> State:
    instances = tuple(InstanceState(name, 1, "ready", "1", 0.0, restarts=count) for name, count in restarts.items())
    return State("hotel", time, {"hotel": ServiceState("hotel", "1", "", len(instances), {}, {}, instances)})


def exits(seen: list[dict[str, int]], start: int) -> int:
    """The definition: every counter that grew since, from what it was before, or from the first that was seen."""
    before = [each for counters in seen[:start] for each in counters.items()]
    after = [each for counters in seen[start:] for each in counters.items()]
    known = dict(before or after[:1])
    return sum(max(0, count - known.get(name, 0)) for name, count in dict(after).items())


@given(SEEN, st.integers(0, 12))
def test_exits_are_what_restart_counters_grew_by(seen: list[dict[str, int]], start: int) -> None:
    history = History(state(float(time), restarts) for time, restarts in enumerate(seen))
    assert history.exits("hotel", float(start)) == exits(seen, start)
    assert history.exits("nobody", float(start)) == 0


def test_a_state_may_come_while_exits_are_counted() -> None:
    history = History(state(float(second), {"hotel-1": 0}) for second in range(100))

    class Arriving(dict[str, ServiceState]):
        """Services that are looked at while one more state arrives from another thread."""

        def __contains__(self, name: object) -> bool:
            history.add(state(200.0, {"hotel-1": 0}))
            return super().__contains__(name)

    newest = state(100.0, {"hotel-1": 2})
    history.add(replace(newest, services=Arriving(newest.services)))
    assert history.exits("hotel", 50.0) == 2
