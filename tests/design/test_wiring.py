"""``wiring.yaml``: what is written is what is read, and every mistake has its place."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telic.design import parse_wiring, write_wiring
from telic.errors import InvalidDesign
from telic.model import Design
from telic.runtime.wiring import BreakerPolicy, CachePolicy, EdgePolicy, NodePolicy, RetryPolicy, Wiring

seconds = st.integers(1, 100_000).map(lambda number: number / 1000)
shares = st.integers(0, 1000).map(lambda number: number / 1000)
retries = st.builds(
    RetryPolicy, st.integers(0, 5), shares, st.integers(0, 500).map(lambda each: each / 10), seconds, st.booleans()
)
breakers = st.builds(BreakerPolicy, seconds, st.integers(0, 99), shares, seconds)
caches = st.builds(CachePolicy, seconds, shares, st.sampled_from(["fail", "stale"]))
edges = st.builds(EdgePolicy, seconds, st.none() | retries, st.none() | breakers, st.booleans())
nodes = st.builds(
    NodePolicy,
    st.integers(-1, 500),
    st.sampled_from(["fifo", "lifo"]),
    st.sampled_from(["none", "aimd"]),
    st.booleans(),
    st.none() | caches,
    st.booleans(),
    st.integers(0, 5000).map(lambda number: number / 1000),
    shares,
)
names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
edge_names = st.tuples(names, names).map("->".join)
wirings = st.builds(
    Wiring, edges, nodes, st.dictionaries(edge_names, edges, max_size=4), st.dictionaries(names, nodes, max_size=4)
)


@settings(deadline=None)
@given(wirings)
def test_what_is_written_is_what_is_read(wiring: Wiring) -> None:
    assert parse_wiring(write_wiring(wiring, about="Any wiring.")) == wiring


def test_what_is_not_named_has_the_default() -> None:
    default = "wiring: v1\ndefault: {edge: {timeout: 2s, retry: {max: 3}}}\n"
    text = f"{default}edges:\n  a->b: {{deadline: false}}\n  a->c: {{retry: none}}\n"
    wiring = parse_wiring(text)
    assert wiring.of_edge("a->b") == EdgePolicy(2.0, RetryPolicy(max=3), deadline=False)
    assert wiring.of_edge("a->c") == EdgePolicy(2.0)
    assert wiring.of_edge("x->y") == wiring.edge


def test_an_unbounded_queue_can_be_written_in_words() -> None:
    assert parse_wiring("wiring: v1\nnodes: {a: {queue: unbounded}}\n").of_node("a").queue == -1


@pytest.mark.parametrize(
    ("line", "place", "message"),
    [
        ("edges: {a->b: {timeot: 1s}}", "2:16", "unknown key 'timeot': did you mean timeout?"),
        ("edges: {a->b: {timeout: 1}}", "2:25", "timeout: '1' is not a duration"),
        ("edges: {a->b: {timeout: 0s}}", "2:25", "timeout: '0s' is no time at all"),
        ("edges: {a->b: {retry: {max: many}}}", "2:29", "max: 'many' is not a whole number"),
        ("edges: {a->b: {retry: {budget: -1}}}", "2:32", "budget: '-1' is below 0"),
        ("edges: {a->b: [timeout]}", "2:15", "a mapping is expected, not a list"),
        ("nodes: {a: {order: random}}", "2:20", "order: 'random' is not known here"),
        ("nodes: {a: {dedupe: yes}}", "2:21", "dedupe: 'yes' is neither true nor false"),
        ("nodes: {a: {shed: 2}}", "2:19", "shed: '2' is above 1"),
        ("nodes: {a: {queue: 1}, a: {queue: 2}}", "2:24", "'a' is written twice"),
        ("node: {}", "2:1", "unknown key 'node': did you mean nodes?"),
        ("edges: {a->b: {timeout: {s: 1}}}", "2:25", "timeout is one value, not a mapping"),
        ("edges: {a->b: *x}", "2:15", "alias"),
        ("edges: {a->b: {", "2:16", "not YAML"),
    ],
)
def test_mistakes_are_named_with_their_place(line: str, place: str, message: str) -> None:
    with pytest.raises(InvalidDesign) as found:
        parse_wiring(f"wiring: v1\n{line}\n", file="my/wiring.yaml")
    where, _, says = str(found.value).partition(": ")
    assert where.startswith(f"my/wiring.yaml:{place}") or message == "not YAML"
    assert says.startswith(message) or message in says


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(InvalidDesign) as found:
        parse_wiring("edges: {a->b: {timeot: 1s}}\nnodes: {a: {queue: x}}\n")
    assert len(str(found.value).splitlines()) == 3  # the version is missing, too


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidDesign):
        assert isinstance(parse_wiring(f"wiring: v1\nnodes:\n  a: {text}\n"), Wiring)


def test_names_have_to_be_in_the_design(hotel: Design) -> None:
    edges = frozenset("->".join(each) for each in hotel.edges)
    text = "wiring: v1\nedges: {gateway->serch: {}}\n"
    with pytest.raises(InvalidDesign, match="did you mean gateway->search"):
        parse_wiring(text, edges=edges)


def test_the_default_wiring_is_what_the_brief_of_a_100_ms_system_asks_for(hotel: Design) -> None:
    wiring = hotel.wiring
    for caller, callee in hotel.edges:
        policy = wiring.of_edge(f"{caller}->{callee}")
        assert policy.deadline
        if caller == "gateway":
            assert policy.timeout == 1.0
            assert policy.retry == RetryPolicy(max=1, budget=0.1)
        else:
            assert policy.timeout == (0.5 if callee in hotel.stores else 0.6)
            assert policy.retry is None
    assert wiring.of_node("review").cache == CachePolicy(ttl=10.0, jitter=0.2)
    assert [each.name for each in hotel.services if wiring.of_node(each.name).cache] == ["review"]
    assert wiring.of_node("hotel").queue == 33  # 4 slots of 12 ms serve 33 in 0.1 s
