"""How trouble comes from where it is to where users enter."""

from __future__ import annotations

from telic.lab.actors.oracle import path
from telic.model.topology import Edge, Topology

SOCIAL = Topology(
    "social",
    (),
    (
        Edge("gateway", "compose"),
        Edge("gateway", "home"),
        Edge("compose", "nats"),
        Edge("fanout", "nats"),
        Edge("fanout", "home"),
    ),
)


def test_trouble_goes_up_to_callers() -> None:
    assert path(SOCIAL, "compose") == ["compose", "gateway"]


def test_who_takes_work_from_a_queue_is_felt_in_what_it_tells_others() -> None:
    assert path(SOCIAL, "fanout") == ["fanout", "home", "gateway"]


def test_no_way_is_no_way() -> None:
    assert path(SOCIAL, "mars") == ["mars"]
