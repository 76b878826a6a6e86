"""RESP2: replies are the same whatever way their bytes are cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telic.runtime.stores.resp import Protocol, Reply, ServerSaid, command

STREAM = b"+OK\r\n$5\r\na\r\nbc\r\n$-1\r\n:42\r\n-ERR no\r\n$0\r\n\r\n"


@given(st.lists(st.integers(1, len(STREAM) - 1), max_size=8))
def test_the_way_the_bytes_are_cut_does_not_matter(cuts: list[int]) -> None:
    parser = Protocol()
    replies: list[Reply | ServerSaid] = []
    edges = [0, *sorted(set(cuts)), len(STREAM)]
    for start, end in itertools.pairwise(edges):
        replies += parser.feed(STREAM[start:end])
    *plain, empty = [each for each in replies if not isinstance(each, ServerSaid)]
    assert plain == [b"OK", b"a\r\nbc", None, 42]
    assert empty == b""
    assert [each.code for each in replies if isinstance(each, ServerSaid)] == ["ERR"]


@given(st.lists(st.binary(), min_size=1))
def test_a_command_holds_its_parts(parts: list[bytes]) -> None:
    encoded = command(*parts)
    assert encoded.startswith(b"*%d\r\n" % len(parts))
    for each in parts:
        assert b"$%d\r\n%b\r\n" % (len(each), each) in encoded


def test_what_is_not_resp_is_refused() -> None:
    with pytest.raises(ValueError, match="RESP2"):
        list(Protocol().feed(b"HTTP/1.1 200 OK\r\n"))
