"""The template miner: what it promises whatever the lines are."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telic.context.logs import Limits, Miner
from telic.errors import InvalidRecord

ARROW: Any = pyarrow
some = settings(max_examples=30, deadline=None)

WORDS = st.sampled_from(
    ["open", "for", "user", "to", "failed", "block", "port", "eth0", "a=b", "[x]", "status:", "(id)"]
)
VALUES = st.one_of(
    st.integers(-(10**6), 10**9).map(str),
    st.ip_addresses(v=4).map(str),
    st.uuids().map(str),
    st.floats(0, 1e6, allow_nan=False).map(lambda each: f"{each:.3f}"),
    st.sampled_from(["/var/log/a.log", "https://a.example/x?y=1", "0xdeadbeef", "alice", "bob", "true", "3 ms"]),
)
LINES = st.lists(st.one_of(WORDS, VALUES), min_size=1, max_size=8).map(" ".join)
ANYTHING = st.text(st.characters(codec="utf-8"), max_size=60)


def texts(miner: Miner) -> list[tuple[str, int]]:
    return sorted((each.text, each.count) for each in miner.templates())


def mined(lines: list[str]) -> Miner:
    miner = Miner()
    miner.add_many(lines)
    return miner


@some
@given(st.lists(LINES, max_size=40), st.lists(LINES, max_size=40))
def test_two_miners_joined_are_one_that_saw_all(left: list[str], right: list[str]) -> None:
    one, other = mined(left), mined(right)
    assert texts(one.merge(other)) == texts(other.merge(one)) == texts(mined([*left, *right]))


@some
@given(st.lists(LINES, min_size=1, max_size=40), st.randoms())
def test_the_order_of_lines_does_not_matter(lines: list[str], random: object) -> None:
    shuffled = list(lines)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one_by_one = Miner()
    for each in shuffled:
        one_by_one.add(each)
    assert texts(one_by_one) == texts(mined(lines))


@some
@given(st.lists(st.one_of(LINES, ANYTHING), max_size=40))
def test_every_line_is_counted_once_under_a_template_that_is_held(lines: list[str]) -> None:
    miner = mined(lines)
    ids = miner.resolve(miner.add_many(lines))
    held = {each.id: each.count for each in miner.templates()}
    assert sum(held.values()) == miner.lines == 2 * len(lines)
    assert set(ids.tolist()) == set(held)
    assert all(held[each] == 2 * (ids == each).sum() for each in held)


@some
@given(st.lists(LINES, min_size=1, max_size=30))
def test_a_line_mined_is_matched_to_its_template_and_not_learned(lines: list[str]) -> None:
    miner = mined(lines)
    before = texts(miner)
    assert [miner.match(each) for each in lines] == miner.add_many(lines).tolist()
    assert miner.match("never seen, this one") is None
    assert [text for text, _ in texts(miner)] == [text for text, _ in before]


@some
@given(st.lists(LINES, min_size=1, max_size=30))
def test_mining_a_templates_own_text_gives_the_template(lines: list[str]) -> None:
    for each in mined(lines).templates():
        again = mined([each.text])
        assert [found.text for found in again.templates()] == [each.text]


@some
@given(st.lists(st.sampled_from(["starting", "went", "well;", "failed", "(again)", "user", "name"]), min_size=1))
def test_a_line_without_values_is_its_own_template(words: list[str]) -> None:
    line = " ".join(words)
    assert texts(mined([line] * 3)) == [(line, 3)]


@some
@given(st.lists(st.one_of(LINES, ANYTHING), max_size=30), st.lists(LINES, max_size=10))
def test_a_miner_that_was_saved_goes_on_as_if_it_had_not_been(lines: list[str], more: list[str]) -> None:
    miner = mined(lines)
    with tempfile.TemporaryDirectory() as folder:
        miner.save(Path(folder) / "miner")
        again = Miner.load(Path(folder) / "miner")
    assert again.templates() == miner.templates()
    assert again.add_many(more).tolist() == miner.add_many(more).tolist()
    assert (again.lines, again.cleaned, again.dropped) == (miner.lines, miner.cleaned, miner.dropped)


@pytest.mark.parametrize("content", [b"", b"\x00", b"not a miner", b"\x81\xa7version\x01"])
def test_a_file_that_holds_no_miner_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "miner"
    path.write_bytes(content)
    with pytest.raises(InvalidRecord, match="cannot be read"):
        Miner.load(path)


def test_a_file_of_another_version_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "miner"
    mined(["a b"]).save(path)
    path.write_bytes(path.read_bytes().replace(b"\xa7version\x01", b"\xa7version\x09"))
    with pytest.raises(InvalidRecord, match="version 9"):
        Miner.load(path)


def test_ids_stay_when_templates_are_refined() -> None:
    miner = Miner()
    first = miner.add("session opened for user alice")
    other = miner.add("disk full")
    ids = [miner.add(f"session opened for user {name}") for name in ("bob", "eve", "mallory", "trent")]
    assert set(miner.resolve([first, *ids]).tolist()) == {int(miner.resolve([first])[0])}
    assert miner.resolve([other]).tolist() == [other]
    assert ("session opened for user <*>", 5) in texts(miner)


def test_words_that_name_states_stay_and_names_become_values() -> None:
    lines = [f"task_{n} moved from {a} to {b}" for n in range(9) for a, b in (("NEW", "READY"), ("READY", "DONE"))]
    lines += [f"login of {name} refused" for name in ("alice", "bob", "carol", "dave", "eve")]
    assert [text for text, _ in texts(mined(lines))] == [
        "<*> moved from NEW to READY",
        "<*> moved from READY to DONE",
        "login of <*> refused",
    ]


def test_words_that_vary_together_make_templates() -> None:
    services = ["Cart#add", "Order#place", "Stock#take", "Mail#send", "Price#find"]
    who = ("alice", "bob", "carol", "dave", "eve")
    lines = [f"INFO {each}{n} trace {n} [{each}] went well for {who[n]}" for each in services for n in range(5)]
    assert len(mined(lines).templates()) == len(services)


def test_lists_of_any_length_are_one_template() -> None:
    lines = [f"ask node-{n} to delete " + " ".join(f"blk_{n + k}" for k in range(n)) for n in range(3, 9)]
    lines += [f"bought [{', '.join(['tea', 'milk', 'figs', 'rye'][:n])}] today" for n in (1, 2, 3, 4)]
    assert len(mined(lines).templates()) == 2


def test_arrow_columns_and_bytes_are_lines_too() -> None:
    lines = ["a 1", "a 2", "b"]
    expected = mined(lines).add_many(lines).tolist()
    for given_ in (ARROW.array(lines), ARROW.chunked_array([lines[:1], lines[1:]]), [each.encode() for each in lines]):
        miner = Miner()
        assert miner.add_many(given_).tolist() == expected
    assert np.array_equal(Miner().add_many([]), [])
    assert mined(ARROW.array(["x", None])).lines == 2


def test_kinds_of_values_are_told() -> None:
    lines = [
        f"{n} {n}.5 10.0.0.{n}:80 took {n} ms read {n} KB from /a/{n} ok={str(n % 2 == 0).lower()}"
        for n in range(10, 19)
    ]
    kinds = [str(each) for each in mined(lines).templates()[0].kinds]
    assert kinds == ["integer", "float", "address", "integer", "duration", "size", "path", "boolean"]


def test_values_of_a_line_are_read_back() -> None:
    miner = mined([f"user u{n} paid {n}.50 at /shop/{n}" for n in range(20)])
    identity, values = miner.values("user u7 paid 7.50 at /shop/7") or (-1, [])
    assert identity == miner.match("user u7 paid 7.50 at /shop/7")
    assert [(str(each.kind), each.text) for each in values] == [("word", "u7"), ("float", "7.50"), ("path", "/shop/7")]


def test_odd_lines_are_mined_and_counted() -> None:
    miner = Miner(Limits(line=1000))
    ids = miner.add_many(
        [
            "x" * 10_000_000,
            b"caf\xff 1",
            "red \x1b[31malert\x1b[0m\x07 2",
            "first line 3\n  at a\n  at b",
            "",
            "\ud800 4",
        ]
    )
    assert len(ids) == 6
    assert (miner.cleaned.truncated, miner.cleaned.unprintable, miner.cleaned.multiline) == (1, 3, 1)
    held = [each.text for each in miner.templates()]
    assert "first line <*>" in held
    assert "red alert\ufffd <*>" in held
    assert max(map(len, held)) <= 1000


def test_a_miner_that_is_full_counts_what_it_no_longer_tells_apart() -> None:
    names = [f"{a}{b}{c}" for a in "abcdefghij" for b in "klmnopqrst" for c in "uvwxyzabcd"]
    miner = Miner(Limits(patterns=200))
    for at in range(0, 1000, 100):
        miner.add_many([f"{name} {name[::-1]} {name[1:]}!" for name in names[at : at + 100]])
    assert miner.lines == 1000
    assert sum(each.count for each in miner.templates()) == 1000
    assert miner.patterns <= 300
    assert miner.dropped > 0
    assert any(each.text == "<*>" and each.count >= miner.dropped for each in miner.templates())


def test_values_without_end_are_folded_into_their_template() -> None:
    names = [f"{a}{b}{c}" for a in "abcdefghij" for b in "klmnopqrst" for c in "uvwxyzabcd"]
    miner = Miner(Limits(of_template=64))
    for at in range(0, 1000, 50):
        miner.add_many([f"login of {name} refused" for name in names[at : at + 50]])
    assert texts(miner) == [("login of <*> refused", 1000)]
    assert miner.patterns < 200
    assert miner.match("login of somebody refused") == miner.templates()[0].id
