"""What speaks for an entity where neither traces nor metrics of requests do."""

from __future__ import annotations

import json
from pathlib import Path

from tests.worlds.recorded.folders import ONSET, START, Row, points, write

from telic.operate.diagnosis.causes import diagnose_recording
from telic.operate.diagnosis.causes.engine import look
from telic.operate.diagnosis.causes.silence import silence_support
from telic.worlds.recorded import Recording, read

CALLS = [("web", "cart"), ("cart", "ledger"), ("web", "search")]
NAMES = ("web", "cart", "ledger", "search")


def line(time: float, entity: str, body: str, severity: str = "INFO") -> Row:
    return {"time": time, "entity": entity, "severity": severity, "body": body}


def hum(until: dict[str, float] | None = None) -> list[Row]:
    """Everybody says something every 5 s, up to a time if one is given."""
    ends = until or {}
    return [
        line(START + 5 * each, name, f"handled request {each}")
        for each in range(1080)
        for name in NAMES
        if START + 5 * each < ends.get(name, START + 5400.0)
    ]


def only_logs(folder: Path, logs: list[Row]) -> Recording:
    return read(write(folder / "one", logs=sorted(logs, key=lambda each: float(str(each["time"]))), calls=CALLS))


def test_who_is_complained_of_comes_before_who_complains(tmp_path: Path) -> None:
    logs = [line(ONSET + each, "cart", f"call to ledger timed out after {each} ms", "ERROR") for each in range(60)]
    logs += [line(ONSET + 0.1 + each, "web", "GET /pay answered 500", "ERROR") for each in range(60)]
    assert diagnose_recording(only_logs(tmp_path, [*hum(), *logs])).hypotheses[0].entity == "ledger"


def test_own_errors_come_before_those_that_follow(tmp_path: Path) -> None:
    logs = [line(ONSET + each, "cart", f"IllegalStateException: no price for {each}", "ERROR") for each in range(60)]
    logs += [line(ONSET + 0.1 + each, "web", "upstream cart returned 500", "WARN") for each in range(60)]
    best = diagnose_recording(only_logs(tmp_path, [*hum(), *logs])).hypotheses[0]
    assert (best.entity, best.mechanism) == ("cart", "exception")


def test_silence_is_heard_and_who_is_only_not_called_is_not_blamed(tmp_path: Path) -> None:
    found = diagnose_recording(only_logs(tmp_path, hum({"cart": ONSET, "ledger": ONSET})))
    assert (found.hypotheses[0].entity, found.hypotheses[0].mechanism) == ("cart", "crash")


def test_who_goes_on_to_send_metrics_lives_and_may_only_have_nothing_to_do(tmp_path: Path) -> None:
    logs = sorted(hum({"cart": ONSET}), key=lambda each: float(str(each["time"])))
    metrics = points("cart", "container_memory", [100.0] * 90)
    gone, alive = (
        next(each.reason for each in silence_support(look(read(folder))) if each.entity == "cart")
        for folder in (
            write(tmp_path / "gone", logs=logs, calls=CALLS),
            write(tmp_path / "alive", logs=logs, metrics=metrics, calls=CALLS),
        )
    )
    assert gone.says == alive.says
    assert 0 < alive.nats <= gone.nats / 2


def test_nothing_is_said_of_an_ordinary_hum(tmp_path: Path) -> None:
    assert diagnose_recording(only_logs(tmp_path, hum())).abstained


def test_an_event_of_the_orchestrator_speaks_for_its_entity(tmp_path: Path) -> None:
    folder = write(tmp_path / "one", metrics=points("web", "requests.sum", [100.0] * 90), calls=CALLS)
    event = {"time": "2026-01-01T01:11:00Z", "kind": "Warning", "entity": "cart", "reason": "OOMKilled", "text": ""}
    (folder / "events.jsonl").write_text(json.dumps(event) + "\n")
    best = diagnose_recording(read(folder)).hypotheses[0]
    assert (best.entity, best.mechanism) == ("cart", "memory-pressure")


def test_a_pause_of_seconds_of_who_says_much_is_no_silence(tmp_path: Path) -> None:
    logs = [line(START + each, "cart", "tick") for each in range(5400) if not 4300 <= each < 4312]
    assert diagnose_recording(only_logs(tmp_path, [*hum({"cart": START}), *logs])).abstained
