"""The protocol of NATS: whatever is written is read again, in whichever pieces it comes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telic.runtime.stores.nats import Message, Protocol, publication, with_headers

WORDS = st.text("abcdefgh._", min_size=1, max_size=12)
BODIES = st.binary(max_size=60)
HEADERS = st.dictionaries(WORDS, WORDS, max_size=3)


def delivered(subject: str, number: int, reply: str, body: bytes, headers: dict[str, str]) -> bytes:
    """Return a message as a server writes it."""
    words = " ".join(each for each in (subject, str(number), reply) if each)
    if not headers:
        return f"MSG {words} {len(body)}\r\n".encode() + body + b"\r\n"
    head = with_headers(headers)
    return f"HMSG {words} {len(head)} {len(head) + len(body)}\r\n".encode() + head + body + b"\r\n"


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.tuples(WORDS, st.integers(1, 99), st.sampled_from(["", "back"]), BODIES, HEADERS), max_size=4))
def test_messages_are_read_in_pieces_of_any_size(sent: list[tuple[str, int, str, bytes, dict[str, str]]]) -> None:
    data = b"+OK\r\n" + b"".join(delivered(*each) for each in sent) + b"PING\r\n"
    for size in (1, 7, len(data)):
        reader = Protocol()
        pieces = [data[start : start + size] for start in range(0, len(data), size)]
        events = [each for piece in pieces for each in reader.feed(piece)]
        assert events == [b"+OK", *(Message(s, n, r, b, h) for s, n, r, b, h in sent), b"PING"]


@settings(deadline=None)
@given(BODIES, HEADERS)
def test_a_publication_announces_its_sizes(body: bytes, headers: dict[str, str]) -> None:
    line, _, rest = publication("orders", "inbox.1", body, headers).partition(b"\r\n")
    words = line.split()
    assert words[:3] == [b"HPUB" if headers else b"PUB", b"orders", b"inbox.1"]
    assert rest == (with_headers(headers) if headers else b"") + body + b"\r\n"
    assert int(words[-1]) == len(rest) - 2


def test_a_status_has_no_body() -> None:
    block = b"NATS/1.0 408 Request Timeout\r\n\r\n"
    data = b"HMSG inbox 3 %d %d\r\n%b\r\n" % (len(block), len(block), block)
    assert list(Protocol().feed(data)) == [Message("inbox", 3, "", b"", {}, 408)]


@pytest.mark.parametrize("line", [b"MSG a\r\n", b"MSG a 1 x\r\n", b"HMSG a 1 9 4\r\n", b"MSG a 1 99999999999\r\n"])
def test_what_is_no_message_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"message|invalid"):
        list(Protocol().feed(line))
