from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.live
TELIC = (sys.executable, "-m", "telic.cli")
PATIENCE = 60.0  # for a busy machine [s]
SPAN = {
    "resourceSpans": [
        {
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
            "scopeSpans": [
                {
                    "spans": [
                        {
                            "traceId": "0af7651916cd43dd8448eb211c80319c",
                            "spanId": "b7ad6b7169203331",
                            "name": "checkout",
                            "kind": 2,
                            "startTimeUnixNano": "1800000000000000000",
                            "endTimeUnixNano": "1800000000250000000",
                        }
                    ]
                }
            ],
        }
    ]
}


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def serving(port: int, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [*TELIC, "serve", "--listen", f"127.0.0.1:{port}", "--grpc", "", "--state", str(tmp_path / "kept")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process
        if process.poll() is None:
            process.kill()


def test_what_any_sender_posts_is_kept_and_asked_for_and_ctrl_c_ends_it(
    serving: subprocess.Popen[str], port: int, tmp_path: Path
) -> None:
    _post(f"http://127.0.0.1:{port}/v1/traces", json.dumps(SPAN).encode())
    asked = _query("SELECT service, name, duration_ns FROM spans", tmp_path / "kept", "--json")
    assert json.loads(asked.stdout) == [{"service": "shop", "name": "checkout", "duration_ns": 250_000_000}]
    refused = _query("DELETE FROM spans", tmp_path / "kept")
    assert refused.returncode != 0
    assert "only one SELECT" in refused.stderr + refused.stdout
    serving.send_signal(signal.SIGINT)
    _, said = serving.communicate(timeout=PATIENCE)
    assert serving.returncode == 0
    assert "leaked" not in said


def test_a_question_where_nothing_is_kept_says_how_to_begin(tmp_path: Path) -> None:
    asked = _query("SELECT 1", tmp_path / "nothing")
    assert asked.returncode != 0
    assert "telic serve" in asked.stderr + asked.stdout


def _query(sql: str, state: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [*TELIC, "query", sql, "--state", str(state), *more]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE, check=False, env={**os.environ, "COLUMNS": "200"}
    )


def _post(url: str, body: bytes) -> None:
    """Post as soon as somebody listens."""
    until = time.monotonic() + PATIENCE
    while True:
        request = urllib.request.Request(url, body, {"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
                assert reply.status == 200
                return
        except urllib.error.URLError:
            assert time.monotonic() < until, f"nobody listens at {url}"
            time.sleep(0.1)
