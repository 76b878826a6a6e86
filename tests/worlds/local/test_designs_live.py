"""A running world moves to another design, comes up with another one, and passes telemetry on."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from telic.errors import StoreFailed, UsageError
from telic.model import Design, Window, dump
from telic.runtime.wiring import EdgePolicy, NodePolicy, Wiring
from telic.worlds.local import launch
from telic.worlds.local.world import LocalWorld

pytestmark = pytest.mark.live
Get = Callable[..., dict[str, object]]
Start = Callable[..., LocalWorld]
Eventually = Callable[..., None]


def changed(design: Design, folder: Path, **fields: object) -> Design:
    """Write a design that differs."""
    made = replace(design, folder=folder, **fields)  # type: ignore[arg-type]
    design.folder.rename(folder)
    (folder / "design.json").write_bytes(dump(made, schema="telic/design/v1"))
    return made


def test_a_world_moves_to_a_design_of_the_same_shape(
    small_design: Design, started: Start, get: Get, tmp_path: Path
) -> None:
    world = started(small_design)
    app = small_design.folder / "services" / "hotel" / "app.py"
    app.write_text(app.read_text().replace("hello {", "welcome {"))
    (small_design.folder / "schema" / "hotel" / "0002_more.sql").write_text(
        "ALTER TABLE hotels ADD COLUMN stars integer;"
    )
    wiring = Wiring(node=NodePolicy(queue=9), edges={"gateway->hotel": EdgePolicy(timeout=0.8)})
    other = changed(small_design, tmp_path / "other", hash="sha256:fedcba987654", wiring=wiring)
    before = time.time()
    world.deploy(other)
    assert get(world) == {"text": "welcome test", "rooms": 10}
    state = world.state()
    assert {name: each.version for name, each in state.services.items()} == {"gateway": "1", "hotel": "2"}
    assert state.services["gateway"].policies["gateway->hotel"] == {
        "timeout": 0.8,
        "retry": None,
        "breaker": None,
        "deadline": True,
    }
    assert world.design_folder() == tmp_path / "other"
    kinds = [(each.kind, each.entity) for each in world.changes(Window(before, time.time() + 1))]
    assert kinds == [("policy", "gateway->hotel"), ("policy", "gateway"), ("policy", "hotel"), ("deploy", "hotel")]


def test_a_design_of_another_shape_needs_a_new_start(
    small_design: Design, started: Start, get: Get, tmp_path: Path
) -> None:
    world = started(small_design)
    hotel = replace(small_design.services[1], stores=("postgres",))
    other = changed(small_design, tmp_path / "other", services=(small_design.services[0], hotel), stores=("postgres",))
    with pytest.raises(UsageError, match="other services, edges or stores") as caught:
        world.deploy(other)
    assert "telic down tiny" in caught.value.hint
    launch.down(world.state_folder)
    again = started(other)
    assert set(again.state().stores) == {"postgres"}
    assert get(again)["rooms"] == 10


def test_a_migration_that_changed_after_it_was_applied_is_refused(small_design: Design, started: Start) -> None:
    world = started(small_design)
    launch.down(world.state_folder)
    path = small_design.folder / "schema" / "hotel" / "0001_initial.sql"
    path.write_text(path.read_text() + "-- later\n")
    with pytest.raises(StoreFailed, match=r"hotel/0001_initial\.sql was applied and has changed") as caught:
        started(small_design)
    assert "--fresh" in caught.value.hint


def test_telemetry_is_kept_and_passed_on_to_a_collector_of_the_host(
    small_design: Design, started: Start, get: Get, eventually: Eventually
) -> None:
    got: list[str] = []

    class Collector(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            got.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector) as collector:
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        world = started(small_design, forward=f"http://127.0.0.1:{collector.server_address[1]}", isolation="namespace")
        get(world)
        eventually(lambda: {"/v1/traces", "/v1/logs", "/v1/metrics"} <= set(got))
        sql = "SELECT DISTINCT event_name AS name FROM logs WHERE event_name <> ''"
        eventually(lambda: {"instance.started", "instance.ready"} <= {row["name"] for row in world.store().query(sql)})
        spans = "SELECT service, peer FROM spans WHERE kind = 'client' ORDER BY service"
        eventually(
            lambda: (
                [tuple(row.values()) for row in world.store().query(spans)]
                == [("gateway", "hotel"), ("hotel", "postgres")]
            )
        )
        collector.shutdown()


def test_services_record_nothing_where_telemetry_is_off(small_design: Design, started: Start, get: Get) -> None:
    world = started(small_design, telemetry="off")
    assert get(world)["rooms"] == 10
    launch.down(world.state_folder)  # whatever was recorded has been flushed
    again = started(small_design)
    assert again.store().query("SELECT count(*) AS n FROM spans")[0]["n"] == 0
