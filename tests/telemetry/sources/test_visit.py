"""Requests: bounded whatever a server does, one connection for all of them, nothing secret shown."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.telemetry.sources.serving import Reply, Request, Served, reply, serving

from telic.errors import SourceFailed, UsageError
from telic.telemetry.sources import Limit
from telic.telemetry.sources.card import Exhausted
from telic.telemetry.sources.place import Place
from telic.telemetry.sources.secrets import forms, hide, one_line
from telic.telemetry.sources.times import guess_ns, ns_of, rfc3339
from telic.telemetry.sources.visit import URL_MAX, Visit


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(lambda request: reply({"asked": request.path})) as running:
        yield running


def visit(url: str, **limits: Any) -> Visit:
    return Visit(Place.of("loki", url), Limit(**limits))


def test_requests_of_one_answer_share_a_connection(served: Served) -> None:
    ports = []
    plain = served.handler

    def noting(request: Request) -> Reply:
        ports.append(request.headers["Host"])
        return plain(request)

    served.handler = noting
    with visit(served.url) as asking:
        asking.get("/a", [], dict[str, str])
        kept = asking._connection
        asking.get("/b", [], dict[str, str])
        assert asking._connection is kept
    assert len(ports) == 2


def test_a_kept_connection_that_ended_is_opened_again(served: Served) -> None:
    with visit(served.url) as asking:
        asking.get("/a", [], dict[str, str])
        assert asking._socket is not None
        asking._socket.shutdown(socket.SHUT_RDWR)
        assert asking.get("/b", [], dict[str, str]) == {"asked": "/b"}


def test_a_query_too_long_for_an_address_is_posted(served: Served) -> None:
    with visit(served.url) as asking:
        asking.get("/q", [("query", "x" * (URL_MAX + 1))], dict[str, str])
    assert served.requests[-1].method == "POST"
    assert len(served.requests[-1].one("query")) == URL_MAX + 1


def test_a_server_that_drips_is_cut_off_in_time() -> None:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(1)
    done = threading.Event()

    def drip() -> None:
        connection, _ = listening.accept()
        connection.recv(4096)
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not done.wait(0.005):
                connection.sendall(b" ")
        except OSError:
            return
        finally:
            connection.close()

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    try:
        with (
            visit(f"http://127.0.0.1:{listening.getsockname()[1]}", seconds=0.1) as asking,
            pytest.raises(Exhausted, match=r"did not answer within 0\.1 s"),
        ):
            asking.get("/", [], dict[str, str])
    finally:
        done.set()
        thread.join(5)
        listening.close()


def test_bytes_of_all_answers_count_together(served: Served) -> None:
    served.handler = lambda _: reply({"a": "x" * 100})
    with visit(served.url, bytes=250) as asking:
        asking.get("/", [], dict[str, str])
        asking.get("/", [], dict[str, str])
        with pytest.raises(Exhausted, match="more than 250 bytes") as caught:
            asking.get("/", [], dict[str, str])
    assert caught.value.hint


def test_a_small_body_that_unpacks_to_a_large_one_is_cut_off(served: Served) -> None:
    served.handler = lambda _: reply(["x" * 1_000_000])
    with visit(served.url, bytes=10_000) as asking, pytest.raises(Exhausted, match="10000 bytes"):
        asking.get("/", [], list[str])
    assert asking.bytes <= 10_000


def test_https_is_checked_and_its_failure_typed(served: Served) -> None:
    with visit(served.url.replace("http:", "https:")) as asking, pytest.raises(SourceFailed, match="https://"):
        asking.get("/", [], dict[str, str])


def test_what_was_asked_can_be_read_but_no_secret(served: Served) -> None:
    place = Place.of("loki", served.url.replace("//", "//ann:hunter22@") + "/base?token=abc", {"X-Key": "longsecret"})
    with Visit(place, Limit()) as asking:
        asking.get("/q", [("query", '{app="cart"} |= "longsecret"')], dict[str, str])
    (query,) = asking.queries
    assert query == f'GET {served.url}/base/q?token=[redacted]&query={{app="cart"}} |= "[redacted]"'


@given(st.text(min_size=4).filter(lambda text: text.strip() == text), st.text(), st.text())
def test_a_known_secret_is_never_shown(secret: str, before: str, after: str) -> None:
    shown = hide(f"{before}{secret}{after}", forms([secret]))
    assert secret not in shown.replace("[redacted]", "") or secret in "[redacted]"


@given(st.text())
def test_untrusted_text_becomes_one_short_printable_line(text: str) -> None:
    line = one_line(text)
    assert line.isprintable()
    assert len(line) <= 303


@given(st.integers(0, 4_000_000_000 * 10**6))
def test_times_survive_text(micros: int) -> None:
    assert ns_of(rfc3339(micros / 1e6)) == pytest.approx(micros * 1000, abs=1000)


@given(st.one_of(st.text(), st.floats(), st.integers(), st.none(), st.booleans(), st.lists(st.none())))
def test_what_is_no_time_is_a_value_error(value: object) -> None:
    try:
        assert isinstance(guess_ns(value), int)
    except ValueError:
        return


@pytest.mark.parametrize("url", ["", "x", "http://", "ftp://a", "http://a:b:c", "http://a:99999", "//a", "http:/a"])
def test_what_is_no_address_is_a_usage_error(url: str) -> None:
    with pytest.raises(UsageError, match="loki") as caught:
        Place.of("loki", url)
    assert "loki=http://" in caught.value.hint


def test_a_header_that_would_break_the_request_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot be sent"):
        Place.of("loki", "http://a", {"X": "a\r\nY: b"})
