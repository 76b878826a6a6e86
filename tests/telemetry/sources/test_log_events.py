"""What log events mean: alerts that a webhook sent, and changes that whoever made them tells of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.telemetry.local_store import T0 as KEPT
from tests.telemetry.local_store import log
from tests.telemetry.sources.cases import T0, WINDOW
from tests.telemetry.sources.replays import recorded
from tests.telemetry.stored_rows import notification
from tests.telemetry.stored_server import answering

from telic.model import Window
from telic.telemetry.columns import TableRow
from telic.telemetry.otlp import body as otlp
from telic.telemetry.otlp.decoder import READERS
from telic.telemetry.sources import Limit, Question, Signal, gather, source, write
from telic.telemetry.sources.alertmanager import export_of
from telic.worlds.recorded import read

SHIFT = T0 - KEPT  # what `at` of a row is from [s]


def asked(folder: Path, signal: Signal, *rows: TableRow, window: Window = WINDOW, **more: Any) -> list[dict[str, Any]]:
    answering(folder, {"logs": rows})
    question = Question(signal, window, **more)
    return list(source.create("telic", url=str(folder)).fetch(question).table.to_pylist())


def posted(notification: Any) -> list[TableRow]:
    """Return what the receiver keeps of a webhook."""
    message = otlp.parse("logs", export_of(json.dumps(notification).encode()), otlp.PROTOBUF)
    return list(READERS["logs"](message, 7).rows())


def event(name: str, at: float, body: str, attributes: Mapping[str, object], service: str = "cart") -> TableRow:
    return log(service, body, at=SHIFT + at, event_name=name, attributes=attributes)


def times(rows: list[dict[str, Any]]) -> list[tuple[str, float, float]]:
    """Return name, beginning and end, from T0; an end that is not known as -1 [s]."""
    return [
        (row["name"], row["time_ns"] / 1e9 - T0, row["end_ns"] / 1e9 - T0 if row["end_ns"] else -1.0) for row in rows
    ]


def test_a_webhook_becomes_alerts_of_the_recording(tmp_path: Path) -> None:
    firing = recorded("alertmanager-webhook")
    resolved = json.loads(json.dumps(firing))
    resolved["alerts"] = [resolved["alerts"][0] | {"status": "resolved", "endsAt": "2026-11-21T09:50:00Z"}]
    answering(tmp_path / "store", {"logs": posted(firing) + posted(firing) + posted(resolved)})
    asking = source.create("telic", url=str(tmp_path / "store"))
    gathered = gather([asking], WINDOW, baseline=WINDOW.before(1800))
    found = gathered.tables["alerts"].to_pylist()
    assert times(found) == [("HighErrors", 600, -1), ("Slow", 900.5, 1200)]
    first = found[0]
    assert (first["entity"], first["severity"], first["text"]) == ("orders", "page", "5 % of orders fail")
    assert json.loads(first["attributes"])["annotation.summary"] == "5 % of orders fail"
    recording = read(write(gathered, tmp_path / "incident"))
    assert [each.name for each in recording.alerts] == ["HighErrors", "Slow"]
    assert not any("alerts" in each for each in recording.missing)


def test_an_alert_of_before_the_window_belongs_to_it_while_it_fires(tmp_path: Path) -> None:
    began = notification("Slow", SHIFT - 3600)
    ended = notification("Slow", SHIFT + 60, began="2026-11-21T08:30:00Z")
    long_over = notification("Down", SHIFT - 7200), notification("Down", SHIFT - 60, began="2026-11-21T07:30:00Z")
    assert times(asked(tmp_path / "a", "alerts", began, ended, *long_over)) == [("Slow", -3600, 60)]
    assert times(asked(tmp_path / "b", "alerts", ended)) == [("Slow", -3600, 60)], "the end says when it began"
    assert times(asked(tmp_path / "c", "alerts", began)) == [("Slow", -3600, -1)]
    assert asked(tmp_path / "d", "alerts", notification("Slow", SHIFT - 90_000)) == []


def test_each_time_that_an_alert_fires_is_one_row(tmp_path: Path) -> None:
    ended: dict[str, Any] = {"event_name": "alert.resolved", "attributes": {"fingerprint": "slow"}}
    rows = [
        notification("Slow", SHIFT + 60),
        notification("Slow", SHIFT + 60, value="of a repetition"),
        log("orders", "Slow: it is so", at=SHIFT + 120, **ended),
        notification("Slow", SHIFT + 600),
        notification("Slow", SHIFT + 900),
        notification("Slow", SHIFT + 660, service="cart", fingerprint="other"),
    ]
    found = asked(tmp_path / "a", "alerts", *rows)
    assert times(found) == [("Slow", 60, 120), ("Slow", 600, 900), ("Slow", 660, -1), ("Slow", 900, -1)]
    assert [each["entity"] for each in asked(tmp_path / "b", "alerts", *rows, entities=("cart",))] == ["cart"]


def test_alerts_are_bounded_and_say_so(tmp_path: Path) -> None:
    answering(tmp_path, {"logs": [notification(f"A{n}", SHIFT + n) for n in range(20)]})
    answer = source.create("telic", url=str(tmp_path)).fetch(Question("alerts", WINDOW, limit=Limit(rows=4)))
    assert answer.table.num_rows == 4
    assert any("8 notifications were read" in each for each in answer.cut)


def test_events_that_are_changes(tmp_path: Path) -> None:
    deploy = {
        **{"vcs.ref.head.revision": "4f2a91c", "deployment.id": "1208", "user.name": "ann"},
        **{"diff": "POOL_SIZE: 20 -> 5", "before": "1.4"},
    }
    flag = {"feature_flag.key": "new-cart", "feature_flag.result.variant": "on"}
    pipeline = {"cicd.pipeline.task.type": "deploy", "cicd.pipeline.run.id": "97", "cicd.pipeline.name": "ship cart"}
    found = asked(
        tmp_path,
        "changes",
        event("deploy", 60, "cart 1.5", deploy),
        event("flag", 120, "new cart for all", flag),
        event("config", 180, "smaller pool", {}),
        event("migration", 240, "", {}),
        event("scale", 300, "", {}),
        event("pipeline.task.finished", 360, "", pipeline),
        event("rollout.done", 420, "", {"deployment.status": "failed", "deployment.name": "cart"}),
    )
    assert [(each["kind"], each["id"], each["summary"]) for each in found[:3]] == [
        ("deploy", "4f2a91c", "cart 1.5"),
        ("flag", "new-cart", "new cart for all"),
        ("config", f"config-cart-{(T0 + 180) * 10**9}", "smaller pool"),
    ]
    assert (found[0]["author"], found[0]["diff"], found[0]["entity"]) == ("ann", "POOL_SIZE: 20 -> 5", "cart")
    assert [(each["kind"], each["summary"]) for each in found[3:]] == [
        *(("migration", ""), ("scale", ""), ("deploy", "ship cart"), ("deploy", "cart")),
    ]
    gathered = gather([source.create("telic", url=str(tmp_path))], WINDOW)
    first = read(write(gathered, tmp_path / "incident")).changes()[0]
    assert (first.kind, first.before, first.after, first.diff) == ("deploy", "1.4", "1", "POOL_SIZE: 20 -> 5")
    assert not any(each.startswith("no changes") for each in gathered.missing)


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("", {"deployment.status": "succeeded"}),
        ("order.placed", {"deployment.id": "1208", "deployment.name": "orders"}),
        ("order.placed", {"resource": {"deployment.status": "succeeded", "deployment.environment.name": "production"}}),
        ("order.placed", {"note": '"deployment.status":"succeeded"'}),
        ("feature_flag.evaluation", {"feature_flag.key": "new-cart"}),
        ("pipeline", {"cicd.pipeline.task.type": "build"}),
    ],
)
def test_what_only_mentions_a_change_is_none(tmp_path: Path, name: str, attributes: dict[str, object]) -> None:
    assert asked(tmp_path, "changes", event(name, 60, "placed", attributes)) == []


def test_an_attribute_called_time_does_not_replace_the_time(tmp_path: Path) -> None:
    answering(tmp_path, {"logs": [event("deploy", 60, "cart 1.5", {"time": "yesterday", "entity": "db"})]})
    gathered = gather([source.create("telic", url=str(tmp_path))], WINDOW)
    (found,) = read(write(gathered, tmp_path / "incident")).changes()
    assert (found.time, found.entity) == (T0 + 60, "cart")
