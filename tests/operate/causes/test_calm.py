"""Nothing is wrong: more load, noise, a harmless change; and who fails by its own account makes others fall silent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.context.traces.test_failures import failing, recorded
from tests.operate.causes.flows import shop
from tests.operate.causes.test_support import hum, line, only_logs
from tests.worlds.recorded.folders import HEADER, ONSET, START, Row, points, write

from telic.model import Diagnosis
from telic.operate.diagnosis.causes import diagnose_recording
from telic.operate.diagnosis.causes.engine import look
from telic.operate.diagnosis.causes.flow import flow_causes
from telic.operate.diagnosis.causes.resources import confirmed, resource_causes
from telic.worlds.recorded import Recording, read

REPORTED = HEADER.replace("entity: web, signal: latency.mean, ", "entity: web, ")


def busy(folder: Path, *, load: float, cpu: float, slower: float = 1.0) -> Recording:
    """An hour as ever, then `load` times the requests, a CPU at `cpu` [%] and answers `slower` times as slow."""
    draw = np.random.default_rng(3)
    late = np.arange(90) >= 70
    rows: list[Row] = []
    for name, usual in (("web", 55.0), ("cart", 40.0), ("search", 30.0)):
        level = np.where(late, cpu if name == "web" else usual * load, usual)
        rows += points(name, "cpu_usage", (level * draw.normal(1.0, 0.04, 90)).tolist(), unit="%")
        rows += points(name, "rps", (20.0 * np.where(late, load, 1.0) * draw.normal(1.0, 0.03, 90)).tolist())
        times = 0.05 * np.where(late & (name == "web"), slower, 1.0) * draw.normal(1.0, 0.03, 90)
        rows += points(name, "latency.mean", times.tolist(), unit="s")
    calls = [("web", "cart"), ("web", "search")]
    return read(write(folder / "busy", header=REPORTED, metrics=rows, calls=calls))


def said(found: Diagnosis) -> list[str]:
    return [each.entity for each in found.hypotheses]


def test_who_is_asked_more_and_is_as_quick_harms_nobody(tmp_path: Path) -> None:
    found = diagnose_recording(busy(tmp_path, load=1.4, cpu=77.0))
    assert found.abstained
    assert found.next


def test_a_full_cpu_counts_for_more_where_its_work_suffers_or_nobody_asks_for_it(tmp_path: Path) -> None:
    nats = []
    for number, (load, slower) in enumerate(((1.5, 1.0), (1.0, 1.0), (1.0, 4.0))):
        seen = look(busy(tmp_path / str(number), load=load, cpu=97.0, slower=slower))
        causes = confirmed(resource_causes(seen), flow_causes(seen), seen)
        nats.append(next(each.nats for each in causes if each.entity == "web"))
    assert nats[0] < 0.5 * nats[1] < nats[1] < nats[2]


@pytest.mark.parametrize("seed", [39, 48])
def test_noise_is_no_cause(tmp_path: Path, seed: int) -> None:
    found = shop(tmp_path, seed=seed, signal="")
    assert said(diagnose_recording(found)) == []


def test_a_change_that_nothing_follows_is_not_blamed(tmp_path: Path) -> None:
    change = {"time": "2026-01-01T01:09:00Z", "kind": "deploy", "entity": "cart", "id": "c1", "summary": "cart: texts"}
    logs = sorted(hum(), key=lambda each: float(str(each["time"])))
    folder = write(tmp_path / "one", header=REPORTED, logs=logs, calls=[("web", "cart")], changes=[change])
    assert said(diagnose_recording(read(folder))) == []


def test_the_count_of_durations_is_no_duration_and_duration_is_no_ratio(tmp_path: Path) -> None:
    rows: list[Row] = []
    late = [each >= 72 for each in range(90)]
    for name, factor in (("web", 1.0), ("cart", 1.0), ("search", 1.0)):
        rows += points(name, "duration_count", [100.0 * factor * (1.5 if each else 1.0) for each in late], unit="1/s")
    calls = [("web", "cart"), ("web", "search")]
    assert said(diagnose_recording(read(write(tmp_path / "more", header=REPORTED, metrics=rows, calls=calls)))) == []
    failed = [8.0 if each else 0.0 for each in late]
    more = rows + points("web", "duration_errors", failed) + points("cart", "duration_errors", failed)
    found = diagnose_recording(read(write(tmp_path / "fails", header=REPORTED, metrics=more, calls=calls)))
    assert said(found)[0] == "cart"


@pytest.mark.parametrize(
    ("says", "culprit"),
    [("caught KeyError: 'currency', skipped", "cart"), ("upstream: connection refused", "ledger")],
)
def test_who_tells_itself_why_it_fails_makes_its_callee_silent(tmp_path: Path, says: str, culprit: str) -> None:
    errors = [line(ONSET + 5.0 * each, "cart", says, "ERROR") for each in range(200)]
    logs = [each for each in errors if float(str(each["time"])) < START + 5400.0]
    found = diagnose_recording(only_logs(tmp_path, [*hum({"ledger": ONSET}), *logs]))
    assert said(found)[0] == culprit


def test_who_stops_before_it_asks_fails_by_itself(tmp_path: Path) -> None:
    found = diagnose_recording(recorded(tmp_path, [failing(each, "a", without="bcd") for each in range(40)]))
    assert said(found)[0] == "web"
