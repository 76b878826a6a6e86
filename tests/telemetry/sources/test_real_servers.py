"""Against the servers themselves, where they are installed: the replays of the other tests say what these say."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.telemetry.receiving import Receiver
from tests.telemetry.sources.cases import T0, WINDOW
from tests.telemetry.sources.replays import prometheus as replayed
from tests.telemetry.sources.replays import recorded
from tests.telemetry.sources.serving import serving

from telic.errors import SourceFailed
from telic.model import Window
from telic.telemetry.sources import Limit, Question, Source, source

pytestmark = pytest.mark.live
Start = Callable[..., None]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def needed(*names: str) -> str:
    for name in names:
        if found := shutil.which(name):
            return found
    pytest.skip(f"{names[0]} is not installed (Debian: apt-get install prometheus prometheus-alertmanager)")


@pytest.fixture(scope="module")
def start() -> Iterator[Start]:
    running: list[subprocess.Popen[bytes]] = []

    def one(command: list[str], url: str, log: Path) -> None:
        with log.open("wb") as out:
            running.append(subprocess.Popen(command, stdout=out, stderr=out))
        ends = time.monotonic() + 60
        while True:
            assert running[-1].poll() is None, log.read_text()
            assert time.monotonic() < ends, log.read_text()
            try:
                with urllib.request.urlopen(url, timeout=2) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.05)

    yield one
    for each in running:
        each.kill()
        each.wait()


def openmetrics() -> str:
    """The recorded series as text that promtool makes blocks from."""
    by_name: dict[str, list[str]] = {}
    for series in recorded("prometheus")["series"]:
        labels = ",".join(f'{key}="{value}"' for key, value in series["metric"].items() if key != "__name__")
        name = series["metric"]["__name__"]
        by_name.setdefault(name, []).extend(f"{name}{{{labels}}} {value} {at}" for at, value in series["values"])
    return "".join(f"# TYPE {name} unknown\n" + "\n".join(lines) + "\n" for name, lines in by_name.items()) + "# EOF\n"


@pytest.fixture(scope="module")
def prometheus(start: Start, tmp_path_factory: pytest.TempPathFactory) -> str:
    server, tool = needed("prometheus"), needed("promtool")
    folder, port = tmp_path_factory.mktemp("prometheus"), free_port()
    (folder / "series").write_text(openmetrics())
    made = subprocess.run(
        [tool, "tsdb", "create-blocks-from", "openmetrics", str(folder / "series"), str(folder / "data")],
        capture_output=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    (folder / "config.yml").write_text("{}")
    url = f"http://127.0.0.1:{port}"
    command = [server, f"--config.file={folder}/config.yml", f"--storage.tsdb.path={folder}/data"]
    start([*command, "--storage.tsdb.retention.time=100y", f"--web.listen-address={url[7:]}"], f"{url}/-/ready",
          folder / "log")  # fmt: skip
    return url


@pytest.mark.parametrize("signal", ["metrics", "alerts", "edges"])
@pytest.mark.parametrize("entities", [(), ("orders",), ("cart", "gateway")])
@pytest.mark.parametrize("rows", [100_000, 200])
def test_prometheus_says_what_its_replay_says(
    prometheus: str, signal: str, entities: tuple[str, ...], rows: int
) -> None:
    question = Question(signal, WINDOW, entities=entities, limit=Limit(rows=rows))  # type: ignore[arg-type]

    def untyped(request):  # type: ignore[no-untyped-def]  # blocks hold no metadata
        from tests.telemetry.sources.serving import reply

        return reply({"status": "success", "data": {}}) if request.path.endswith("metadata") else replayed(request)

    with serving(untyped) as served:
        expected = source.create("prometheus", url=served.url).fetch(question)
    answer = source.create("prometheus", url=prometheus).fetch(question)
    keys = [(name, "ascending") for name in answer.table.schema.names]
    assert answer.table.sort_by(keys).equals(expected.table.sort_by(keys))
    assert answer.cut == expected.cut


def test_prometheus_refuses_what_is_no_query_and_says_why(prometheus: str) -> None:
    asked = source.create("prometheus", url=prometheus)
    with pytest.raises(SourceFailed, match="parse error: unclosed left parenthesis") as caught:
        asked.fetch(Question("metrics", WINDOW, query="nonsense("))
    assert caught.value.hint


def test_another_path_of_a_server_is_told_apart(prometheus: str) -> None:
    with pytest.raises(SourceFailed, match="404") as caught:
        source.create("prometheus", url=f"{prometheus}/prefix").fetch(Question("metrics", WINDOW))
    assert "path prefix" in caught.value.hint


@pytest.mark.parametrize("name", ["loki", "jaeger", "tempo", "elasticsearch", "kubernetes", "alertmanager"])
def test_the_wrong_kind_of_server_is_told_apart(prometheus: str, name: str) -> None:
    asked: Source = source.create(name, url=prometheus)
    with pytest.raises(SourceFailed) as caught:
        asked.fetch(Question(asked.offers[0], WINDOW))
    assert caught.value.hint


def test_victoriametrics_speaks_the_same_api(start: Start, tmp_path: Path) -> None:
    server = needed("victoria-metrics")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [server, f"-storageDataPath={tmp_path}/data", f"-httpListenAddr=127.0.0.1:{port}"]
    start([*command, "-retentionPeriod=100y", "-search.latencyOffset=0s"], f"{url}/health", tmp_path / "log")
    lines = "".join(
        json.dumps({"metric": each["metric"], "values": [float(v) for _, v in each["values"]],
                    "timestamps": [int(at * 1000) for at, _ in each["values"]]}) + "\n"
        for each in recorded("prometheus")["series"]
    )  # fmt: skip
    urllib.request.urlopen(f"{url}/api/v1/import", lines.encode(), timeout=5).close()
    urllib.request.urlopen(f"{url}/internal/force_flush", timeout=5).close()
    answer = source.create("prometheus", url=url).fetch(Question("metrics", WINDOW))
    names = set(answer.table["name"].to_pylist())
    assert names == {
        *("http_requests_total", "http_request_duration_seconds", "process_resident_memory_bytes"),
        "traces_service_graph_request_total",
    }


def test_alertmanager_tells_what_fires_and_sends_it_to_the_receiver(start: Start, tmp_path: Path) -> None:
    server = needed("prometheus-alertmanager", "alertmanager")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    receiver = Receiver(tmp_path).start()
    try:
        hook = f"http://127.0.0.1:{receiver.port}/v1/alerts"
        (tmp_path / "am.yml").write_text(
            "route: {receiver: telic, group_wait: 0s, group_interval: 1s}\n"
            f"receivers: [{{name: telic, webhook_configs: [{{url: '{hook}'}}]}}]\n"
        )
        command = [server, f"--config.file={tmp_path}/am.yml", f"--storage.path={tmp_path}/am"]
        start([*command, f"--web.listen-address={url[7:]}", "--cluster.listen-address="], f"{url}/-/ready",
              tmp_path / "am.log")  # fmt: skip
        begun = int(time.time()) - 60
        labels = {"alertname": "HighErrors", "service": "orders", "severity": "page"}
        alert = {"labels": labels, "annotations": {"summary": "5 % fail"}, "startsAt": rfc(begun)}
        request = urllib.request.Request(
            f"{url}/api/v2/alerts", json.dumps([alert]).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=5).close()
        asked = source.create("alertmanager", url=url)
        window = Window(begun - 60, begun + 600)
        (found,) = asked.fetch(Question("alerts", window)).table.to_pylist()
        assert (found["name"], found["entity"], found["text"]) == ("HighErrors", "orders", "5 % fail")
        assert found["time_ns"] == begun * 10**9
        ends = time.monotonic() + 60
        while not receiver.count("logs"):
            assert time.monotonic() < ends, "the webhook did not arrive"
            time.sleep(0.05)
        (row,) = receiver.client.query(  # an answer that came late makes it send again
            "SELECT DISTINCT service, event_name, body, time_ns, severity FROM logs"
        )
        assert row == {
            **{"service": "orders", "event_name": "alert.firing", "body": "HighErrors: 5 % fail"},
            **{"time_ns": begun * 10**9, "severity": "WARN"},
        }
    finally:
        receiver.close()


def rfc(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def test_the_recording_begins_before_its_window() -> None:
    assert recorded("prometheus")["series"][0]["values"][0][0] >= T0 - 300
