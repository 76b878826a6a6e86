"""The event graph: grown node by node, compared, cut to what matters, told and drawn."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import permutations

import pytest

from telic.context.graph import EventGraph, Node, compare, mentions, picture, relevant, words
from telic.context.graph.graph import REACH

CALLS = {"web": ["cart"], "cart": ["store"], "mail": ["relay"]}
STORE = Node("anomaly", "store", "latency", 100.0, 160.0, "store: latency 1 -> 9 s", 20.0)
CART = Node("anomaly", "cart", "latency", 110.0, 170.0, "cart: latency 1 -> 9 s", 15.0)
WEB = Node("symptom", "web", "latency", 120.0, says="reported: latency", surprise=3.0)
DEPLOY = Node("change", "store", "c1", 90.0, says="deploy store 1.2")
MAIL = Node("anomaly", "mail", "queue", 105.0, 160.0, "mail: queue 1 -> 90", 40.0)


def grown(*nodes: Node) -> EventGraph:
    graph = EventGraph(CALLS, {"cart": ["node-1"], "mail": ["node-1"]})
    graph.extend(nodes)
    return graph


def links(graph: EventGraph) -> set[tuple[str, str, str]]:
    nodes = graph.nodes
    return {(nodes[each.before].entity, nodes[each.after].entity, each.kind) for each in graph.edges}


def test_edges_follow_from_entity_call_resource_and_order() -> None:
    assert links(grown(DEPLOY, STORE, CART, WEB, MAIL)) == {
        ("store", "store", "same entity"),
        ("store", "cart", "call"),
        ("store", "cart", "precedes"),
        ("cart", "web", "call"),
        ("cart", "web", "precedes"),
        ("mail", "cart", "shares"),
        ("mail", "cart", "precedes"),
    }


@pytest.mark.parametrize("order", list(permutations((DEPLOY, STORE, CART)))[:6])
def test_the_order_of_arrival_does_not_matter(order: tuple[Node, ...]) -> None:
    assert links(grown(*order)) == links(grown(DEPLOY, STORE, CART))


def test_the_same_thing_seen_again_lasts_longer() -> None:
    again = Node("anomaly", "store", "latency", 150.0, 300.0, surprise=30.0)
    graph = grown(STORE, again)
    assert len(graph) == 1
    assert (graph.nodes[0].time, graph.nodes[0].end, graph.nodes[0].surprise) == (100.0, 300.0, 30.0)


def test_what_is_far_apart_is_not_connected() -> None:
    late = Node("anomaly", "cart", "errors", 100.0 + REACH + 1.0)
    assert grown(STORE, late).edges == []


def test_what_also_happens_when_all_is_well_is_no_news() -> None:
    found = compare(grown(MAIL, DEPLOY), grown(MAIL, STORE, CART))
    assert [each.entity for each in found.appeared] == ["store", "cart"]
    assert [each.entity for each in found.vanished] == ["store"]
    assert found.stronger == ()
    louder = Node("anomaly", "mail", "queue", 105.0, surprise=50.0)
    assert compare(grown(MAIL), grown(louder)).stronger == (louder,)


def test_what_matters_is_near_the_symptom_and_surprising() -> None:
    graph = relevant(grown(DEPLOY, STORE, CART, WEB, MAIL), "web", most=3)
    assert {each.entity for each in graph.nodes} == {"store", "cart", "mail"}
    assert all(each.before < len(graph) and each.after < len(graph) for each in graph.edges)
    assert graph.of("store") == [graph.find(STORE)]


def test_words_are_in_order_and_name_what_came_before() -> None:
    lines = words(grown(CART, STORE, DEPLOY))
    assert [line.split()[1] for line in lines] == ["store", "store", "cart"]
    assert "10 s after store: latency" in lines[2]


def test_documents_that_mention_an_entity_are_found() -> None:
    files = {"docs/a.md": b"intro\nrestart store first\n", "docs/b.bin": b"\0store"}
    assert mentions(grown(STORE), list(files), files.__getitem__) == ["docs/a.md:2 store: restart store first"]


def test_the_picture_is_well_formed_whatever_things_are_called() -> None:
    odd = Node("log pattern", "<script>&", 'say "<*>"', 130.0, says="</svg><script>alert(1)</script>")
    drawn = picture(grown(STORE, CART, WEB, odd), "a & b")
    root = ET.fromstring(drawn)
    assert len([each for each in root.iter() if each.tag.endswith("circle")]) > 4
    assert not [each for each in root.iter() if each.tag.endswith("script")]
    ET.fromstring(picture(EventGraph()))
