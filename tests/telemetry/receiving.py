"""A receiver process for tests, reached as services and operators reach it."""

from __future__ import annotations

import http.client
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from telic.telemetry.client import TelemetryClient

PROTOBUF = "application/x-protobuf"


class Receiver:
    """One process; `start` may be called again after it ended, on the same folder and port."""

    def __init__(self, folder: Path, *options: str, file_bytes: int = 0) -> None:
        self.folder, self._options, self._file_bytes = folder, options, file_bytes
        self.listening = socket.socket()
        self.listening.bind(("127.0.0.1", 0))
        self.listening.listen(64)
        self.port: int = self.listening.getsockname()[1]
        self.socket = folder / "t.sock"
        self.log = folder / "log"
        self.client = TelemetryClient(self.socket)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True) -> Receiver:
        command = [sys.executable, "-m", "telic.telemetry.receiver", "--state", str(self.folder)]
        command += ["--socket", str(self.socket), "--listen-fd", str(self.listening.fileno()), "--end-with-parent"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([*command, *self._options], pass_fds=[self.listening.fileno()], stderr=log)
        if self._file_bytes:
            resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (self._file_bytes, resource.RLIM_INFINITY))
        while wait and not self.client.ready():
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.02)
        return self

    def post(self, data: bytes, path: str = "/v1/traces", media: str = PROTOBUF, **headers: str) -> tuple[int, bytes]:
        status, body, _ = self.exchange(data, path, {"content-type": media} | headers)
        return status, body

    def exchange(self, data: bytes, path: str, headers: Mapping[str, str]) -> tuple[int, bytes, Mapping[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", path, data, dict(headers))
            response = connection.getresponse()
            return response.status, response.read(), dict(response.getheaders())
        finally:
            connection.close()

    def count(self, table: str = "spans") -> int:
        return int(str(self.client.query(f"SELECT count(*) AS n FROM {table}")[0]["n"]))

    def end(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=20)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.end(signal.SIGKILL)
        self.listening.close()
        self.client.close()


Make = Callable[..., Receiver]
"""Makes a receiver in a folder of its own, with options; the fixture `make` closes it."""


def traces(*names: str, service: str = "search") -> bytes:
    """Return an export with one server span a name."""
    message = ExportTraceServiceRequest()
    of_resource = message.resource_spans.add()
    of_resource.resource.attributes.add(key="service.name").value.string_value = service
    scope, now = of_resource.scope_spans.add(), time.time_ns()
    for index, name in enumerate(names, 1):
        ids = {"trace_id": b"t" * 16, "span_id": index.to_bytes(8, "big")}
        scope.spans.add(name=name, kind=2, start_time_unix_nano=now, end_time_unix_nano=now + 10**6, **ids)
    return message.SerializeToString()
