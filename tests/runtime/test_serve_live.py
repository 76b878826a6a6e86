"""One real service process, forked from a preloaded parent: ready, followed, drained, ended, and never silent."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.live

APP = """
import asyncio
import msgspec
from opentelemetry import trace
from telic.runtime import Application, BusinessError, Operation, RequestContext, Runtime

TRACER = trace.get_tracer("kitchen")

class Ask(msgspec.Struct):
    text: str
    seconds: float = 0.0

class Told(msgspec.Struct):
    text: str

class Echo:
    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def __call__(self, ask: Ask, context: RequestContext) -> Told:
        if ask.text == "boom":
            raise ZeroDivisionError("boom")
        self.runtime.log.info("asked")
        with TRACER.start_as_current_span("cook", attributes={"minutes": 3}):
            await asyncio.sleep(ask.seconds)
        return Told(f"{ask.text} {self.runtime.settings.get('greeting', '')}")

def build(runtime: Runtime) -> Application:
    return Application("echo", (Operation("echo", Ask, Told, Echo(runtime)),))
"""
FORK = """
import ctypes, os, signal, sys, threading
die_with_parent = lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL)
die_with_parent()
from pathlib import Path
from telic.runtime import serve
serve.preload()
assert threading.active_count() == 1
child = os.fork()
if child == 0:
    die_with_parent()
    os._exit(serve.run("echo", "echo-1", Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
print(child, flush=True)
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status))
"""


class Service:
    """The process and how to talk with it."""

    def __init__(self, folder: Path, receiver: Any) -> None:
        self.folder, self.receiver = folder, receiver
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        code = folder / "services" / "echo"
        code.mkdir(parents=True)
        (code / "__init__.py").touch()
        (code / "app.py").write_text(APP)
        (folder / "openapi").mkdir()
        (folder / "openapi" / "echo.json").write_text('{"openapi": "3.1.0"}')
        self.config = folder / "current.json"
        self.push()
        self.process: subprocess.Popen[str] | None = None
        self.pid = 0

    def push(self, text: str = "", **changes: Any) -> None:
        known = {
            "schema": "telic/config/v1",
            "system": "test",
            "service": "echo",
            "version": "7",
            "revision": 1,
            "telemetry": {"endpoint": self.receiver.endpoint, "interval": 0.05},
        }
        fresh = self.config.with_suffix(".new")
        fresh.write_text(text or json.dumps({**known, **changes}))
        os.replace(fresh, self.config)

    def start(self) -> Service:
        command = [sys.executable, "-c", FORK, str(self.folder), str(self.config), str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.pid = int(self.process.stdout.readline())
        return self

    def ready(self) -> Service:
        self.until(lambda: self.ask("GET", "/-/ready")[0] == 200)
        return self

    def until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                if holds():
                    return
            time.sleep(0.02)
        raise AssertionError("it did not come to that")

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            reply = connection.getresponse()
            return reply.status, json.loads(reply.read())
        finally:
            connection.close()

    def ended(self) -> tuple[int, str]:
        assert self.process is not None
        _, said = self.process.communicate(timeout=20)
        return self.process.returncode, said

    def stop(self) -> tuple[int, str]:
        os.kill(self.pid, signal.SIGTERM)
        return self.ended()

    def logs(self) -> list[Any]:
        return [
            record
            for request in self.receiver.logs
            for resource in request.resource_logs
            for scope in resource.scope_logs
            for record in scope.log_records
        ]


@pytest.fixture
def service(tmp_path: Path, receiver: Any) -> Iterator[Service]:
    found = Service(tmp_path, receiver)
    yield found
    if found.process is not None and found.process.poll() is None:
        os.kill(found.pid, signal.SIGKILL)
        found.ended()


def test_it_serves_and_tells_everything_before_it_ends(service: Service, receiver: Any) -> None:
    service.start().ready()
    assert service.ask("GET", "/-/ready")[1] == {"service": "echo", "version": "7", "revision": 1, "instance": "echo-1"}
    assert service.ask("GET", "/-/openapi.json") == (200, {"openapi": "3.1.0"})
    for _ in range(50):
        assert service.ask("POST", "/echo", {"text": "hi"}) == (200, {"text": "hi "})
    assert service.ask("POST", "/echo", {"text": "boom"})[0] == 500
    code, _ = service.stop()
    assert code == 0
    spans = receiver.spans()
    assert [each.name for each in spans].count("echo") == 51
    cooked = {each.parent_span_id: each.trace_id for each in spans if each.name == "cook"}
    served = {each.span_id: each.trace_id for each in spans if each.name == "echo" and not each.events}
    assert cooked == served
    resource = {
        each.key: each.value.string_value or each.value.int_value
        for each in receiver.traces[0].resource_spans[0].resource.attributes
    }
    assert resource == {
        "service.namespace": "test",
        "service.name": "echo",
        "service.version": "7",
        "service.instance.id": "echo-1",
        "telic.config.revision": 1,
    }
    (failure,) = [each for each in service.logs() if each.severity_text == "ERROR"]
    assert failure.trace_id in {each.trace_id for each in spans if each.events}
    names = {
        metric.name
        for request in receiver.metrics
        for resource_metrics in request.resource_metrics
        for scope in resource_metrics.scope_metrics
        for metric in scope.metrics
    }
    assert names >= {
        "http.server.request.duration",
        "process.cpu.time",
        "process.memory.usage",
        "telic.event_loop.lag",
        "telic.admission.active",
        "telic.admission.queued",
    }


def test_a_config_change_is_applied_live(service: Service, receiver: Any) -> None:
    service.start().ready()
    service.push(revision=2, settings={"greeting": "there"})
    service.until(lambda: service.ask("GET", "/-/ready")[1]["revision"] == 2)
    assert service.ask("POST", "/echo", {"text": "hi"}) == (200, {"text": "hi there"})
    service.push(revision=3, telemetry={"endpoint": receiver.endpoint, "enabled": False})
    service.until(lambda: service.ask("GET", "/-/ready")[1]["revision"] == 3)
    before = len(receiver.spans())
    service.ask("POST", "/echo", {"text": "hi"})
    assert service.stop()[0] == 0
    assert len(receiver.spans()) == before


def test_a_config_that_cannot_be_applied_ends_it_with_a_word(service: Service) -> None:
    service.start().ready()
    service.push(text="{")
    code, said = service.ended()
    assert code == 1
    assert "InvalidConfig" in said
    assert [each.severity_text for each in service.logs()][-1] == "ERROR"


@pytest.mark.parametrize(
    ("harm", "word"),
    [
        (lambda service: service.push(text="{"), "InvalidConfig"),
        (lambda service: service.push(service="other"), "is for other"),
        (lambda service: (service.folder / "services/echo/app.py").write_text("1 / 0"), "ZeroDivisionError"),
        (
            lambda service: (service.folder / "services/echo/app.py").write_text("from x import y"),
            "ModuleNotFoundError",
        ),
    ],
)
def test_what_cannot_start_says_why(service: Service, harm: Callable[[Service], object], word: str) -> None:
    harm(service)
    code, said = service.start().ended()
    assert code == 1
    assert word in said


def test_a_crash_at_start_reaches_the_telemetry(service: Service) -> None:
    (service.folder / "services/echo/app.py").write_text("1 / 0")
    assert service.start().ended()[0] == 1
    (record,) = service.logs()
    facts = {each.key: each.value.string_value for each in record.attributes}
    assert facts["exception.type"] == "ZeroDivisionError"


def test_a_port_in_use_is_told(service: Service) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", service.port))
        other.listen()
        code, said = service.start().ended()
    assert code == 1
    assert "PortInUse" in said


def test_what_is_in_flight_is_finished_and_nothing_new_is_accepted(service: Service) -> None:
    service.start().ready()
    replies: list[tuple[int, Any]] = []
    asking = threading.Thread(
        target=lambda: replies.append(service.ask("POST", "/echo", {"text": "slow", "seconds": 0.8}))
    )
    asking.start()
    time.sleep(0.3)
    os.kill(service.pid, signal.SIGTERM)
    time.sleep(0.2)
    with pytest.raises(ConnectionRefusedError):
        service.ask("GET", "/-/ready")
    asking.join()
    assert replies == [(200, {"text": "slow "})]
    assert service.ended()[0] == 0
