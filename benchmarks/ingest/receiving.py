"""A receiver process, and senders that keep it busy over real sockets."""

from __future__ import annotations

import gzip
import http.client
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from telic.telemetry.client import TelemetryClient

TIDIED = 6.0  # by then a receiver has measured its store [s]
READY = 600.0  # compiling on a busy machine included [s]
SENDERS = 4
_BEGAN = time.monotonic()
Running = tuple[int, TelemetryClient]
"""Port and client of a receiver."""


@contextmanager
def receiver(*options: str, compiled: bool = False) -> Iterator[Running]:
    """Run a receiver on a folder of its own; give its port and a client when it is ready."""
    with tempfile.TemporaryDirectory(prefix="telic-ingest-") as folder, socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        path = Path(folder) / "telemetry.sock"
        command = [sys.executable, "-m", "telic.telemetry.receiver", "--state", folder, "--socket", str(path)]
        command += ["--listen-fd", str(listening.fileno()), "--end-with-parent", *options]
        command += ["--fast"] if compiled else []
        process = subprocess.Popen(command, pass_fds=[listening.fileno()], stderr=subprocess.DEVNULL)
        client = TelemetryClient(path, timeout=60.0)
        try:
            until = time.monotonic() + READY
            while not client.ready() or (compiled and not client.status().compiled):
                if process.poll() is not None or time.monotonic() > until:
                    raise SystemExit("the receiver did not start")
                time.sleep(0.05)
            yield listening.getsockname()[1], client
        finally:
            process.terminate()
            process.wait()


def progress(said: str) -> None:
    """Say what was done, and when [s since this benchmark began]."""
    print(f"{time.monotonic() - _BEGAN:6.1f} s  {said}", file=sys.stderr, flush=True)


def measured_bytes(client: TelemetryClient) -> int:
    """Return how large the store is [bytes], as the receiver measures it after this call."""
    before, ends = client.status().bytes, time.monotonic() + TIDIED
    while client.status().bytes == before and time.monotonic() < ends:
        time.sleep(0.1)
    return client.status().bytes


def send(port: int, path: str, bodies: Sequence[bytes], *, zipped: bool = False, senders: int = SENDERS) -> float:
    """Post bodies as fast as they are taken, each until it is acknowledged; return how long it took [s]."""
    if zipped:
        bodies = [gzip.compress(each, 1) for each in bodies]
    headers = {"Content-Type": "application/x-protobuf"} | ({"Content-Encoding": "gzip"} if zipped else {})
    failures: list[BaseException] = []

    def run(share: Sequence[bytes]) -> None:
        try:
            _post_all(port, path, share, headers)
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=run, args=(bodies[index::senders],)) for index in range(senders)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise SystemExit(f"a sender failed: {failures[0]}")
    return time.monotonic() - began


def _post_all(port: int, path: str, bodies: Sequence[bytes], headers: dict[str, str]) -> None:
    """Keep some requests of one connection under way, as an exporter with several workers does."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for body in bodies:
        while True:
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            said = response.read()
            if response.status == 200:
                break
            if response.status not in (429, 503):
                raise SystemExit(f"{response.status}: {said[:200]!r}")
            time.sleep(0.1)
    connection.close()
