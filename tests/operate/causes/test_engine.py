"""From a folder to a diagnosis: traces, resources, evidence that can be asked for again, the command."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from tests.context.traces.traced import LINES, incident, trace, usual
from tests.operate.causes.flows import shop
from tests.worlds.recorded.folders import HEADER, ONSET, START, Row, write
from typer.testing import CliRunner

from telic.errors import TelicError, UnknownName
from telic.model.signals import Reported
from telic.operate.diagnosis.causes import MECHANISMS, answer, diagnose_recording
from telic.operate.diagnosis.causes.cause import Cause, Reason
from telic.operate.diagnosis.causes.ranking import doubted, rank
from telic.tools.evidence import again
from telic.worlds.recorded import Recording, read

REPORTED = HEADER.replace(", signal: latency.mean, onset: 2026-01-01T01:10:00Z", "")


def traced(folder: Path, now: list[tuple[list[Row], list[Row]]], metrics: list[Row] | None = None) -> Recording:
    tables = incident(usual(40), now)
    return read(
        write(folder / "one", header=REPORTED, spans=tables["spans"], logs=tables["logs"], metrics=metrics or [])
    )


def cpu(share: list[float]) -> list[Row]:
    """CPU of cart's instance, minute by minute."""
    about = json.dumps({"instance": "cart-1"})
    return [
        {"time": START + 60 * minute, "entity": "cart", "name": "cpu_usage(%)", "value": value, "attributes": about}
        for minute, value in enumerate(share)
    ]


def test_a_slow_network_is_blamed_on_the_end_that_is_called(tmp_path: Path) -> None:
    found = diagnose_recording(traced(tmp_path, [trace(100 + each, ONSET + each, network=1.0) for each in range(20)]))
    best = found.hypotheses[0]
    assert (best.entity, best.mechanism, best.instance) == ("cart", "network-delay", "cart-1")
    assert best.path == ("cart", "web")
    assert best.confidence > 0.9


def test_a_place_in_the_code_is_named(tmp_path: Path) -> None:
    now = [trace(100 + each, ONSET + each, lines=LINES[:1]) for each in range(20)]
    best = diagnose_recording(traced(tmp_path, now)).hypotheses[0]
    assert (best.entity, best.mechanism) == ("cart", "exception")
    assert best.signal == "c.CartService#10_c.CartService#20"


def test_a_full_cpu_explains_that_its_service_is_slow(tmp_path: Path) -> None:
    now = [trace(100 + each, ONSET + each, cart=0.1) for each in range(20)]
    found = diagnose_recording(traced(tmp_path, now, metrics=cpu([5.0, 6.0, 4.0] * 20 + [5.0] * 8 + [98.0] * 10)))
    best = found.hypotheses[0]
    assert (best.entity, best.mechanism, best.signal) == ("cart", "cpu-starvation", "cpu_usage(%)")
    assert "explains delay" in best.why


def test_a_cpu_that_was_full_before_the_trouble_is_not_the_cause(tmp_path: Path) -> None:
    now = [trace(100 + each, ONSET + 600 + each, network=1.0) for each in range(20)]
    early = cpu([5.0, 6.0, 4.0] * 20 + [98.0] * 5 + [5.0] * 25)
    assert diagnose_recording(traced(tmp_path, now, metrics=early)).hypotheses[0].mechanism == "network-delay"


def test_healthy_traces_give_no_cause(tmp_path: Path) -> None:
    found = diagnose_recording(traced(tmp_path, [trace(100 + each, ONSET + each) for each in range(20)]))
    assert found.abstained


def test_every_claim_can_be_asked_for_again(tmp_path: Path) -> None:
    now = [trace(100 + each, ONSET + each, cart=0.1, network=0.8, lines=LINES[:1]) for each in range(20)]
    recording = traced(tmp_path, now, metrics=cpu([5.0, 6.0, 4.0] * 20 + [98.0] * 18))
    found = diagnose_recording(recording)
    assert {page for each in found.hypotheses[:1] for page in each.evidence} <= {each.id for each in found.evidence}
    assert found.hypotheses[0].evidence
    for page in found.evidence:
        rows, same = again(page, recording.store())
        assert same, page.query
        assert rows, page.query
        assert not again(replace(page, result_hash="sha256:0"), recording.store())[1]


def test_what_came_later_is_not_known_at_a_time(tmp_path: Path) -> None:
    now = [trace(100 + each, ONSET + each, lines=LINES[:1]) for each in range(20)]
    recording = traced(tmp_path, now)
    assert diagnose_recording(recording, at=ONSET - 60.0).abstained
    assert not diagnose_recording(recording, at=ONSET + 60.0).abstained


def test_an_empty_recording_says_what_is_missing(tmp_path: Path) -> None:
    found = diagnose_recording(read(write(tmp_path / "one")))
    assert found.abstained
    assert "no spans were recorded" in found.missing
    assert found.next


def test_without_a_baseline_the_time_before_the_symptom_is_one(tmp_path: Path) -> None:
    header = "\n".join(line for line in HEADER.splitlines() if not line.startswith("baseline"))
    header = header.replace("T01:00:00Z", "T00:00:00Z")
    tables = incident(usual(60), [trace(100 + each, ONSET + each, network=1.0) for each in range(20)])
    recording = read(write(tmp_path / "one", header=header, spans=tables["spans"], logs=tables["logs"]))
    assert diagnose_recording(recording).hypotheses[0].mechanism == "network-delay"


def test_confidences_are_shares_of_one() -> None:
    causes = [Cause(name, "delay", "x", (Reason("size", nats, "x"),)) for name, nats in (("a", 9.0), ("b", 8.0))]
    ranked = rank(causes)
    assert [each.cause.entity for each in ranked] == ["a", "b"]
    assert ranked[0].confidence > ranked[1].confidence
    assert sum(each.confidence for each in ranked) < 1.0
    assert rank([]) == []


def test_who_complains_is_doubted_where_nobody_knows_whom_it_calls() -> None:
    causes = [Cause(name, "delay", "x", (Reason("size", nats, "x"),)) for name, nats in (("a", 9.0), ("b", 2.0))]
    assert doubted(causes, "a", {"a": ["b"]}) == frozenset()
    assert doubted(causes, "a", {}) == {"a"}
    assert doubted(causes, "", {}) == {"a", "b"}
    plain, unsure = rank(causes), rank(causes, doubted=doubted(causes, "a", {}))
    assert [each.cause.entity for each in unsure] == ["a", "b"]
    assert plain[0].confidence > 0.99
    assert 0.49 < unsure[0].confidence < 0.5
    other = rank(causes, doubted=doubted(causes, "b", {}))
    assert other[0].confidence > 0.99, "somebody else than who complains deviates"


@pytest.mark.parametrize(
    ("mechanism", "reason", "sure"),
    [
        ("errors", "size", False),
        ("errors", "messages", True),
        ("delay", "change", True),
        ("errors", "complaints", False),
        ("cpu-starvation", "size", True),
    ],
)
def test_what_an_entity_says_and_does_itself_is_its_own(mechanism: str, reason: str, sure: bool) -> None:
    cause = Cause("a", mechanism, "x", (Reason("size", 9.0, "x"), Reason(reason, 9.0, "x")))
    (found,) = rank([cause], doubted={"a"})
    assert (found.confidence > 0.99) is sure


def test_without_a_call_graph_the_next_step_is_one(tmp_path: Path) -> None:
    recording = shop(tmp_path, latency={"web": 0.3})
    known = diagnose_recording(recording)
    (recording.folder / "topology.json").unlink()
    unknown = diagnose_recording(read(recording.folder))
    assert known.hypotheses[0].confidence > 0.9
    assert not any("whom" in each for each in known.next)
    assert unknown.hypotheses[0].confidence < 0.6
    assert any("say whom" in each for each in unknown.next)


def test_mechanisms_are_described() -> None:
    assert all(MECHANISMS.values())


def test_the_answer_has_the_shape_of_the_format(tmp_path: Path) -> None:
    recording = shop(tmp_path, latency={"cart": 0.3})
    found = answer(recording.name, diagnose_recording(recording))
    assert list(found)[:3] == ["incident", "abstained", "missing"]
    hypotheses, evidence = found["hypotheses"], found["evidence"]
    assert isinstance(hypotheses, list)
    assert isinstance(evidence, list)
    expected = {
        "rank",
        "entity",
        "instance",
        "mechanism",
        "signal",
        "onset",
        "change",
        "path",
        "confidence",
        "evidence",
    }
    assert expected <= set(hypotheses[0])
    assert {"id", "query", "window", "result_hash", "says"} <= set(evidence[0])
    assert hypotheses[0]["onset"].startswith("2026-01-01T01:12")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Return a function that runs a command."""
    import typer

    from telic.cli import context, diagnose

    app = typer.Typer()
    for module in (diagnose, context):
        module.register(app)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *args: CliRunner().invoke(app, [str(each) for each in args])


def test_the_command_prints_the_cause_and_json(tmp_path: Path, run) -> None:  # type: ignore[no-untyped-def]
    folder = shop(tmp_path, latency={"cart": 0.3}).folder
    shown = run("diagnose", folder)
    assert shown.exit_code == 0
    assert "1. cart" in shown.output
    found = json.loads(run("diagnose", folder, "--json").output)
    assert found["hypotheses"][0]["entity"] == "cart"
    other = json.loads(run("diagnose", folder, "--json", "--symptom", "search:availability.mean").output)
    assert other["abstained"]


def test_the_command_refuses_what_it_does_not_know(tmp_path: Path, run) -> None:  # type: ignore[no-untyped-def]
    folder = shop(tmp_path).folder
    wrong = run("diagnose", folder, "--symptom", "crat")
    assert isinstance(wrong.exception, UnknownName)
    assert "cart" in wrong.exception.hint
    for metric, hint in (("latency.maen", "latency.mean"), ("nosuch", "known: availability.mean")):
        wrong = run("diagnose", folder, "--symptom", f"search:{metric}")
        assert isinstance(wrong.exception, UnknownName)
        assert hint in wrong.exception.hint
    (folder / "metrics.parquet").unlink()
    assert "--symptom search" in run("diagnose", folder, "--symptom", "search:latency.mean").exception.hint
    for args in (
        ("diagnose", tmp_path / "nowhere"),
        ("diagnose", folder, "--at", "soon"),
        ("diagnose", folder, "--window", "abc"),
        ("context", folder, "--baseline", "10m"),
        ("diagnose", folder, "--report", tmp_path / "cause.txt"),
        ("context", tmp_path),
    ):
        assert isinstance(run(*args).exception, TelicError)


def test_without_a_symptom_nothing_is_said_of_it(tmp_path: Path) -> None:
    folder = shop(tmp_path, latency={"cart": 0.3}).folder
    (folder / "topology.json").unlink()
    header = (folder / "incident.yaml").read_text()
    (folder / "incident.yaml").write_text("\n".join(each for each in header.splitlines() if "symptom" not in each))
    why = [line for each in diagnose_recording(read(folder)).hypotheses for line in each.why.split("; ")]
    assert any(line.startswith("cart: latency.mean") for line in why)
    assert not any("is itself" in line or "is seen at" in line for line in why)


def test_the_context_is_told_and_drawn(tmp_path: Path, run) -> None:  # type: ignore[no-untyped-def]
    folder = shop(tmp_path, latency={"cart": 0.3}).folder
    (folder / "docs").mkdir()
    (folder / "docs" / "cart.md").write_text("# Guide\nif cart is slow, look at store\n")
    drawing = tmp_path / "graph.svg"
    shown = run("context", folder, "--svg", drawing)
    assert shown.exit_code == 0
    assert "cart anomaly: cart: latency.mean" in shown.output
    assert "docs/cart.md:2" in shown.output
    assert drawing.read_text().startswith("<svg")


DATA = Path(os.environ.get("TELIC_DATA") or Path(__file__).parents[4] / "shared" / "data") / "incidents"


@pytest.mark.parametrize("name", ["nezha_trainticket", "petshop", "petshop_temporal", "rootcausebench"])
def test_recorded_incidents_are_diagnosed(name: str) -> None:
    if not (DATA / name).is_dir():
        pytest.skip(f"no recorded incidents under {DATA}; set TELIC_DATA")
    folder = min((DATA / name).iterdir())
    truth = json.loads((folder / "truth.json").read_text())["root_causes"]
    found = diagnose_recording(read(folder), symptom=Reported())
    assert [found.hypotheses[0].entity] == [truth[0]["entity"]]
