"""What is particular to one source: how its words become columns, and what it is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from tests.telemetry.sources.cases import T0, WINDOW, files, make, repository
from tests.telemetry.sources.replays import REPLAYS, recorded
from tests.telemetry.sources.serving import Served, serving

from telic.errors import SourceFailed, UsageError
from telic.model import Window
from telic.telemetry.sources import Limit, Question, jaeger, source
from telic.telemetry.sources.alertmanager import export_of
from telic.telemetry.sources.jaeger_answers import Span, Trace


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(REPLAYS["loki"]) as running:
        yield running


def table(name: str, signal: str, served: Served, folder: Path = Path("/nowhere"), **more: Any) -> list[dict[str, Any]]:
    served.handler = REPLAYS.get(name, served.handler)
    question = Question(signal, WINDOW, **more)  # type: ignore[arg-type]
    found: list[dict[str, Any]] = make(name, served.url, folder).fetch(question).table.to_pylist()
    return found


def test_loki_reads_levels_and_ids_from_labels_metadata_or_the_line(served: Served) -> None:
    found = table("loki", "logs", served)
    assert len(found) == 80
    failed = [each for each in found if each["body"].startswith("payment")]
    assert {(each["severity"], each["severity_number"]) for each in failed} == {("ERROR", 17)}
    assert failed[0]["trace_id"] == f"{1:032x}"
    assert failed[0]["span_id"] == f"{1:016x}"
    assert {each["severity"] for each in found if "pool" in each["body"]} == {"WARN"}
    assert json.loads(found[0]["attributes"])["namespace"] == "shop"


def test_loki_looks_for_text_at_the_server(served: Served) -> None:
    found = table("loki", "logs", served, contains='"nothing')
    assert found == []
    found = table("loki", "logs", served, contains="payment failed", entities=("orders",))
    assert len(found) == 20
    assert served.requests[-1].one("query") == '{app=~"orders"} |= "payment failed"'


def test_a_storm_in_one_part_of_the_window_does_not_hide_the_others(served: Served) -> None:
    found = table("loki", "logs", served, limit=Limit(rows=24))
    assert len(found) <= 24
    assert found[0]["time_ns"] < (T0 + 150) * 10**9
    assert found[-1]["time_ns"] >= (T0 + 1650) * 10**9


def test_jaeger_spans_keep_parents_failures_and_what_happened_in_them(served: Served) -> None:
    found = table("jaeger", "spans", served)
    assert len(found) == 36
    assert len({(each["trace_id"], each["span_id"]) for each in found}) == 36
    last = found[-3:]
    assert [each["service"] for each in last] == ["gateway", "orders", "orders"]
    assert last[1]["parent_span_id"] == last[0]["span_id"]
    assert [each["status"] for each in last] == ["error", "error", "unset"]
    assert (last[0]["http_status"], last[0]["version"], last[0]["instance"]) == (500, "7", "gateway-1")
    assert last[1]["status_message"] == "no stock"
    (event,) = json.loads(last[1]["attributes"])["events"]
    assert event["attributes"] == {"exception.type": "StockError"}
    assert (last[2]["kind"], last[2]["peer"], last[2]["duration_ns"]) == ("client", "postgres", 20_000_000)


def test_a_trace_that_many_services_share_is_made_into_rows_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def row_of(span: Span, origin: jaeger.Origin) -> dict[str, object]:
        made.append(span.spanID)
        return {}

    monkeypatch.setattr(jaeger, "row_of", row_of)
    known, spans = jaeger._Known(), [Span("t", str(number), T0, 1) for number in range(3)]
    assert len(list(known.add(Trace(spans[:2])))) == 2
    assert list(known.add(Trace(spans[:2]))) == []
    assert len(list(known.add(Trace(spans)))) == 1, "it grew meanwhile"
    assert made == ["0", "1", "2"]


def test_tempo_ids_in_base64_are_the_same_as_in_hex(served: Served) -> None:
    tempo, jaeger = table("tempo", "spans", served), table("jaeger", "spans", served)
    known = {(each["trace_id"], each["span_id"]): each for each in jaeger}
    assert len(tempo) == 24
    for each in tempo:
        other = known[each["trace_id"], each["span_id"]]
        same = ("service", "name", "kind", "status", "start_ns", "duration_ns", "parent_span_id", "http_status")
        assert [each[name] for name in same] == [other[name] for name in same]


def test_a_trace_of_tempo_that_is_gone_is_said(served: Served) -> None:
    def without_one(request: Any) -> Any:
        return REPLAYS["tempo"](request if not request.path.endswith("/3") else type(request)("GET", "/x", (), {}))

    served.handler = without_one
    answer = source.create("tempo", url=served.url).fetch(Question("spans", WINDOW))
    assert answer.table.num_rows == 22
    assert answer.cut == ("spans: trace 3 is gone",)


def test_elasticsearch_says_how_many_documents_it_left_out(served: Served) -> None:
    served.handler = REPLAYS["elasticsearch"]
    asked = source.create("elasticsearch", url=served.url)
    whole = asked.fetch(Question("logs", WINDOW))
    assert whole.table.num_rows == 50
    assert whole.cut == ()
    answer = asked.fetch(Question("logs", WINDOW, limit=Limit(rows=24)))
    assert any("more documents match" in each for each in answer.cut)
    row = asked.fetch(Question("logs", WINDOW, contains="timeout after 3 ms")).table.to_pylist()[0]
    assert (row["service"], row["severity"], row["exception_type"]) == ("orders", "ERROR", "TimeoutError")
    assert row["trace_id"] == f"{4:032x}"
    assert "message" not in json.loads(row["attributes"])


def test_alertmanager_alerts_name_their_service(served: Served) -> None:
    found = table("alertmanager", "alerts", served)
    assert [(each["name"], each["entity"], each["severity"]) for each in found] == [
        *(("HighErrors", "orders", "page"), ("Slow", "cart", "warning")),
    ]
    assert found[0]["text"] == "5 % of orders fail"


def exported(notification: Any) -> list[Any]:
    export = ExportLogsServiceRequest.FromString(export_of(json.dumps(notification).encode()))
    return [
        (each.resource.attributes[0].value.string_value, each.scope_logs[0].log_records[0])
        for each in export.resource_logs
    ]


def test_a_webhook_becomes_events_in_the_log() -> None:
    notification = recorded("alertmanager-webhook")
    found = exported(notification)
    assert [(service, each.event_name, each.body.string_value) for service, each in found] == [
        ("cart", "alert.firing", "Slow"),
        ("orders", "alert.firing", "HighErrors: 5 % of orders fail"),
    ]
    assert found[1][1].time_unix_nano == (T0 + 600) * 10**9
    resolved = json.loads(json.dumps(notification))
    resolved["alerts"][0] |= {"status": "resolved", "endsAt": "2026-11-21T09:50:00Z"}
    first = exported(resolved)[0][1]
    assert (first.event_name, first.time_unix_nano) == ("alert.resolved", (T0 + 1200) * 10**9)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"version":"3","alerts":[]}', b'{"version":"4"}', b"\xff"])
def test_another_webhook_is_refused(body: bytes) -> None:
    with pytest.raises(UsageError, match="not a notification") as caught:
        export_of(body)
    assert caught.value.hint


def test_kubernetes_knows_whose_pod_it_was_and_where(served: Served) -> None:
    events = table("kubernetes", "events", served)
    assert [(each["entity"], each["reason"]) for each in events] == [
        *(("cart", "Pulled"), ("orders", "ScalingReplicaSet"), ("orders", "Unhealthy")),
    ]
    entities = {each["name"]: each for each in table("kubernetes", "entities", served)}
    assert entities["orders-6b7c8d9f5d-x2x4z"]["of"] == "orders"
    assert (entities["orders"]["kind"], entities["node-2"]["kind"]) == ("service", "node")
    edges = table("kubernetes", "edges", served)
    assert ("cart-0", "node-2", "runs_on") in [(each["caller"], each["callee"], each["kind"]) for each in edges]


def test_a_rollout_shows_what_changed_but_no_secret(served: Served) -> None:
    (found,) = table("kubernetes", "changes", served)
    assert (found["kind"], found["entity"], found["id"]) == ("deploy", "orders", "shop/orders@5")
    assert "shop/orders:1.4 -> shop/orders:1.5" in found["diff"]
    assert "POOL_SIZE.value: 20 -> 5" in found["diff"]
    assert "hunter2" not in str(found)


def test_a_kubeconfig_gives_server_and_token(served: Served, tmp_path: Path) -> None:
    served.handler = REPLAYS["kubernetes"]
    config = tmp_path / "config"
    text = f"""
current-context: here
contexts: [{{name: here, context: {{cluster: c, user: u}}}}]
clusters: [{{name: c, cluster: {{server: "{served.url}"}}}}]
users: [{{name: u, user: {{token: t0p-s3cret}}}}]
"""
    config.write_text(text)
    asked = source.create("kubernetes", url=str(config))
    assert asked.fetch(Question("events", WINDOW)).table.num_rows == 3
    assert served.requests[-1].headers["Authorization"] == "Bearer t0p-s3cret"
    config.write_text(text.replace("token: t0p-s3cret", "exec: {command: login}"))
    with pytest.raises(UsageError, match="logs in with a program") as caught:
        source.create("kubernetes", url=str(config))
    assert "kubectl proxy" in caught.value.hint


def test_git_commits_have_diffs_files_and_a_service(tmp_path: Path) -> None:
    asked = source.create("git", url=str(repository(tmp_path)))
    found = asked.fetch(Question("changes", WINDOW)).table.to_pylist()
    assert [(each["entity"], each["summary"]) for each in found] == [
        *(("cart", "cart: keep items"), ("orders", "orders: smaller pool"), ("", "say what it is")),
    ]
    assert "-limit = 20\n+limit = 5" in found[1]["diff"]
    assert json.loads(found[1]["attributes"])["files"] == ["services/orders/app.py"]
    assert found[1]["author"] == "Ann"
    with pytest.raises(SourceFailed, match="nowhere"):
        source.create("git", url=str(tmp_path / "repository"), branch="nowhere").fetch(Question("changes", WINDOW))
    with pytest.raises(UsageError, match="no branch"):
        source.create("git", url=".", branch="--output=/tmp/x")


def test_files_are_told_apart_by_what_they_hold(tmp_path: Path) -> None:
    asked = source.create("files", url=str(files(tmp_path)))
    assert asked.fetch(Question("metrics", WINDOW)).table.num_rows == 60
    logs = asked.fetch(Question("logs", WINDOW))
    assert logs.table.num_rows == 20
    assert logs.cut == ("app.jsonl: 1 lines are no JSON and were left out",)
    first = logs.table.to_pylist()[0]
    assert (first["service"], first["severity"], json.loads(first["attributes"])) == ("orders", "ERROR", {"user": 0})
    (span,) = asked.fetch(Question("spans", WINDOW)).table.to_pylist()
    assert (span["service"], span["status"], span["duration_ns"]) == ("orders", "error", 10**9)


def test_a_wide_table_is_one_metric_a_column(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(f"time,cart_cpu,cart_mem,orders_cpu\n{T0},1,2,\n{T0 + 1},3,4,5\n")
    asked = source.create("files", url=str(tmp_path), separator="_")
    found = asked.fetch(Question("metrics", WINDOW)).table.to_pylist()
    assert [(each["service"], each["name"], each["value"]) for each in found] == [
        ("cart", "cpu", 1.0),
        ("cart", "mem", 2.0),
        ("cart", "cpu", 3.0),
        ("cart", "mem", 4.0),
        ("orders", "cpu", 5.0),
    ]


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", b"time,value\nx", b'a,"b\n1,2', b"PAR1", b"\x00" * 50])
@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl", ".json", ".tsv"])
def test_a_file_that_cannot_be_read_does_not_hide_the_others(data: bytes, suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"a{suffix}").write_bytes(data)
    (tmp_path / "metrics.csv").write_text(f"time,name,value,service\n{T0},x,1,cart\n")
    answer = source.create("files", url=str(tmp_path)).fetch(Question("metrics", WINDOW))
    assert answer.table.num_rows == 1


def test_what_is_left_out_of_a_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("when,who,what\n1,2,3\n")
    (tmp_path / "b.json").write_text('{"spans": [')
    (tmp_path / "c.json").write_text('[{"time": 1, "value": 2}]')
    (tmp_path / "d.jsonl").write_text('{"x": 1}\n{"y": 1}\n' * 3)
    for own in ("topology.json", "sources.json"):
        (tmp_path / own).write_text("{}")
    cut = source.create("files", url=str(tmp_path)).fetch(Question("metrics", WINDOW)).cut
    assert [each[:6].rstrip(":") for each in cut] == ["a.csv", "b.json", "c.json", "d.json"]
    assert "left out: when, who, what (name the file" in cut[0]
    assert "is no JSON" in cut[1]
    assert "is no OTLP-JSON" in cut[2]
    assert "left out: x (" in cut[3]


def test_a_recorded_incident_can_be_read_back_as_a_source(tmp_path: Path, served: Served) -> None:
    from telic.telemetry import sources

    served.handler = REPLAYS["jaeger"]
    gathered = sources.gather([source.create("jaeger", url=served.url)], WINDOW)
    sources.write(gathered, tmp_path / "incident")
    again = source.create("files", url=str(tmp_path / "incident")).fetch(Question("spans", WINDOW)).table
    for name in ("trace_id", "span_id", "service", "name", "start_ns", "duration_ns", "status", "kind"):
        assert again[name].to_pylist() == gathered.tables["spans"][name].to_pylist(), name


def test_a_dozen_lines_of_yaml_are_a_source(served: Served, tmp_path: Path) -> None:
    from telic.telemetry.sources import read

    served.handler = REPLAYS["http"]
    (tmp_path / "deploys.yaml").write_text(f"""\
url: {served.url}/api/deploys
signal: changes
params: {{from: "{{start_iso}}", until: "{{end_iso}}", service: "{{entities}}"}}
headers: {{Authorization: "Bearer ${{DEPLOYS_TOKEN}}"}}
rows: data.items
next: {{path: data.cursor, param: cursor}}
columns:
  time_ns: created_at
  entity: service.name
  kind: =deploy
  id: id
  summary: title
  author: user.login
""")
    (asked,) = read(f"http={tmp_path}/deploys.yaml", {"DEPLOYS_TOKEN": "abc-token"})
    answer = asked.fetch(Question("changes", WINDOW))
    assert [each["id"] for each in answer.table.to_pylist()] == [f"d{i}" for i in range(6)]
    assert json.loads(answer.table.to_pylist()[0]["attributes"]) == {"tags": ["prod"]}
    assert len(answer.queries) == 3
    assert served.requests[0].headers["Authorization"] == "Bearer abc-token"
    narrow = asked.fetch(Question("changes", Window(T0, T0 + 700), entities=("orders",)))
    assert [each["id"] for each in narrow.table.to_pylist()] == ["d1"]
    assert served.requests[-1].one("service") == "orders"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"signal": "changs"}, "no signal 'changs'"),
        ({"columns": {"entity": "a"}}, "no column time_ns"),
        ({"columns": {"time_ns": "a", "servce": "b"}}, "no column 'servce'"),
        ({"params": {"a": "{begin}"}}, "{begin} means nothing"),
        ({"url": "ftp://x"}, "no http or https URL"),
    ],
)
def test_a_description_that_makes_no_sense_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message.replace("{", r"\{")) as caught:
        source.create("http", **{**source.examples["http"], **change})
    assert caught.value.hint
