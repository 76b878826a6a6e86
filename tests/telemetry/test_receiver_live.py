"""The receiver as a process: it survives what happens to processes, and loses nothing that it acknowledged."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.telemetry.receiving import PROTOBUF, Make, traces

from telic.errors import UsageError

pytestmark = pytest.mark.live


def until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, f"waited 20 s for {what}"
        time.sleep(0.05)


def test_what_curl_would_send(make: Make) -> None:
    receiver = make().start()
    span = {
        **{"traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "EEE19B7EC3C1B174", "name": "search", "kind": 2},
        **{"startTimeUnixNano": "1544712660000000000", "endTimeUnixNano": 1544712661000000000},
        "attributes": [{"key": "n", "value": {"intValue": "5"}}],
    }
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span, span | {"spanId": ""}]}]}]}).encode()
    status, answer = receiver.post(gzip.compress(body), media="application/json", **{"content-encoding": "gzip"})
    assert status == 200
    assert json.loads(answer)["partialSuccess"]["rejectedSpans"] == "1"
    (row,) = receiver.client.query("SELECT * FROM spans")
    assert (row["trace_id"], row["span_id"]) == ("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174")
    assert (row["duration_ns"], row["attributes"]) == (10**9, '{"n":5}')


def test_garbage_is_refused_and_the_next_is_taken(make: Make) -> None:
    receiver = make().start()
    for data, media, extra in (
        (os.urandom(100), PROTOBUF, {"content-encoding": "gzip"}),
        (b"\x0a\xff", PROTOBUF, {}),
        (b"{", "application/json", {}),
    ):
        assert receiver.post(data, media=media, **extra)[0] == 400
    assert receiver.post(b"x", media="text/plain")[0] == 415
    assert receiver.post(traces("search")) == (200, b"")
    assert receiver.client.status().rejected == 3


def test_what_was_acknowledged_survives_kill(make: Make) -> None:
    receiver = make("--interval", "0.05").start()
    acknowledged: list[str] = []
    stopped = threading.Event()

    def send(sender: int) -> None:
        for index in range(10_000):
            name = f"{sender}-{index}"
            try:
                if receiver.post(traces(name))[0] == 200:
                    acknowledged.append(name)
            except OSError:
                return
            if stopped.is_set():
                return

    for _ in range(3):
        senders = [threading.Thread(target=send, args=(len(acknowledged) * 10 + index,)) for index in range(4)]
        for each in senders:
            each.start()
        before = len(acknowledged)
        until(lambda before=before: len(acknowledged) > before + 10, "acknowledgements")  # type: ignore[misc]
        receiver.end(signal.SIGKILL)
        stopped.set()
        receiver.listening.setblocking(False)  # connections that nobody accepted end, so that senders do not wait
        while True:
            try:
                receiver.listening.accept()[0].close()
            except BlockingIOError:
                break
        for each in senders:
            each.join()
        stopped.clear()
        receiver.start()
        held = {str(each["name"]) for each in receiver.client.query("SELECT name FROM spans", limit=100_000)}
        assert set(acknowledged) <= held


def test_the_end_commits_answers_and_is_quick(make: Make) -> None:
    receiver = make("--interval", "2.0").start()
    answers = [receiver.post(traces("search"))[0]]  # after it, the next commit takes its time

    def send() -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):  # who came too late is not answered
            answers.append(receiver.post(traces("search"))[0])

    senders = [threading.Thread(target=send) for _ in range(8)]
    for each in senders:
        each.start()
    until(lambda: receiver.client.status().queued_bytes > 0, "a request that waits")
    began = time.monotonic()
    assert receiver.end() == 0
    assert time.monotonic() - began < 5
    receiver.listening.close()
    for each in senders:
        each.join()
    receiver = make().start()
    assert receiver.count() == answers.count(200) > 1


def test_a_full_queue_answers_429(make: Make) -> None:
    receiver = make("--interval", "1.0", "--queue-bytes", "3000").start()
    data = traces("x" * 1200)
    receiver.post(data)
    answers: list[tuple[int, Any]] = []

    def send() -> None:
        status, _, headers = receiver.exchange(data, "/v1/traces", {"content-type": PROTOBUF})
        answers.append((status, headers.get("retry-after")))

    senders = [threading.Thread(target=send) for _ in range(6)]
    for each in senders:
        each.start()
    for each in senders:
        each.join()
    assert sorted(answers, key=str) == [(200, None)] * 2 + [(429, "1")] * 4
    assert receiver.count() == 3


def test_a_long_query_does_not_hold_up_anything(make: Make) -> None:
    receiver = make().start()
    failures: list[Exception] = []

    def forever() -> None:
        try:
            receiver.client.query("SELECT count(*) FROM range(1000000000000)", timeout=2.0)
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    long = threading.Thread(target=forever)
    long.start()
    while long.is_alive():
        assert receiver.post(traces("search"))[0] == 200
        receiver.client.live(0)
    assert "longer than 2 s" in str(failures[0])
    assert receiver.count() >= 3


def test_only_selects_are_answered(make: Make) -> None:
    receiver = make().start()
    for sql in ("DELETE FROM spans", "SELECT * FROM read_text('/etc/hostname')", "SELECT 1; SELECT 2"):
        with pytest.raises(UsageError):
            receiver.client.query(sql)


def test_a_corrupt_file_is_set_aside_at_the_start(make: Make) -> None:
    receiver = make().start()
    receiver.post(traces("search"))
    receiver.end()
    path = receiver.folder / "telemetry" / "telemetry.duckdb"
    path.write_bytes(os.urandom(20_000))
    receiver.start()
    assert receiver.count() == 0
    assert receiver.post(traces("search"))[0] == 200
    assert list(path.parent.glob("telemetry.duckdb.unreadable-*"))
    assert "set aside" in receiver.log.read_text()


def test_without_space_senders_wait_and_nothing_is_lost(make: Make) -> None:
    receiver = make("--interval", "0.01", file_bytes=600_000).start()
    taken = 0
    for _ in range(200):
        many = traces(*(f"search {os.urandom(20).hex()}" for _ in range(100)))
        status, _ = receiver.post(many)
        if status != 200:
            break
        taken += 100
    assert status == 503
    assert taken > 0
    assert receiver.post(many)[0] == 503
    assert receiver.count() >= taken
    receiver.end(signal.SIGKILL)
    assert not list((receiver.folder / "telemetry").glob("*.unreadable-*"))
    receiver._file_bytes = 0
    receiver.start()
    assert receiver.count() >= taken
    assert receiver.post(traces("search"))[0] == 200


def test_a_second_receiver_is_refused(make: Make) -> None:
    first = make().start()
    second = make().start(wait=False)
    assert second.process is not None
    assert second.process.wait(timeout=20) == 3
    assert "another receiver owns" in first.log.read_text()
    assert first.post(traces("search"))[0] == 200


def test_a_port_in_use_is_named(make: Make) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        receiver = make("--listen", f"127.0.0.1:{other.getsockname()[1]}").start(wait=False)
        assert receiver.process is not None
        assert receiver.process.wait(timeout=20) == 3
    assert "belongs to another process" in receiver.log.read_text()


def test_a_copy_goes_to_another_endpoint(make: Make) -> None:
    other = make(name="other").start()
    receiver = make("--forward", f"http://127.0.0.1:{other.port}").start()
    assert receiver.post(gzip.compress(traces("search")), **{"content-encoding": "gzip"})[0] == 200
    until(lambda: other.count() == 1, "the copy")
    until(lambda: receiver.client.status().forwarded == 1, "the count of copies")
    other.end()
    other.listening.close()
    for _ in range(3):
        assert receiver.post(traces("search"))[0] == 200
    until(lambda: receiver.client.status().dropped > 0, "the count of copies that were dropped")


def test_old_telemetry_makes_room(make: Make) -> None:
    receiver = make("--bytes", "1000000").start()
    for _ in range(12):
        receiver.post(traces(*(os.urandom(30).hex() for _ in range(2000))))
    until(lambda: receiver.client.status().spans == 24_000, "all rows")
    assert receiver.count() == 24_000  # one minute always stays
    assert "Traceback" not in receiver.log.read_text()


def test_the_receiver_ends_with_its_parent(tmp_path: Path) -> None:
    code = f"""
import sys, time
sys.path.insert(0, {str(Path.cwd())!r})
from pathlib import Path
from tests.telemetry.receiving import Receiver
receiver = Receiver(Path({str(tmp_path)!r})).start()
print(receiver.process.pid, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie", "its end")


def test_others_may_send_and_not_ask_where_that_was_allowed(make: Make) -> None:
    receiver = make("--listen", "0.0.0.0:0", "--allow-remote").start()
    until(lambda: "ready:" in receiver.log.read_text(), "the receiver")
    (port,) = re.findall(r"0\.0\.0\.0:(\d+)", receiver.log.read_text())
    headers = {"content-type": PROTOBUF}
    for path, body, wanted in (("/v1/traces", traces("find"), 200), ("/query", b'{"sql": "SELECT 1"}', 404)):
        connection = http.client.HTTPConnection(
            "127.0.0.2", int(port), timeout=20
        )  # not where others listen by default
        connection.request("POST", path, body, headers)
        assert connection.getresponse().status == wanted
        connection.close()
    assert receiver.count() == 1


def test_questions_are_taken_at_a_port_of_the_loopback_device_where_one_is_named(make: Make) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    receiver = make("--ask", f"127.0.0.1:{port}").start()
    assert receiver.post(traces("near"))[0] == 200
    answers = {}
    for at in (port, receiver.port):
        connection = http.client.HTTPConnection("127.0.0.1", at, timeout=10)
        connection.request("POST", "/query", json.dumps({"sql": "SELECT count(*) AS n FROM spans", "params": []}))
        answers[at] = connection.getresponse().status
        connection.close()
    assert answers == {port: 200, receiver.port: 404}
    refused = make("--ask", "0.0.0.0:1", name="open").start(wait=False)
    assert refused.process is not None
    assert refused.process.wait(20) == UsageError.exit_code
