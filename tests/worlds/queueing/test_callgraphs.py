"""Made-up systems against recorded call graphs."""

import csv
from pathlib import Path

import pytest

pytest.importorskip("numba", reason="needs the extra model")

from telic.settings import Settings
from telic.worlds.queueing import compile, topology

pytestmark = pytest.mark.timeout(900)  # the first of all compiles, which a busy machine takes minutes for

FILE = Settings.read().data / "callgraphs" / "train_ticket_edges_from_traces.csv"
ENTRY = "ts-gateway-service"


@pytest.mark.skipif(not FILE.exists(), reason=f"needs {FILE.name} of the recorded call graphs; set TELIC_DATA")
def test_a_made_up_system_has_the_shape_of_train_ticket() -> None:
    rows = _rows(FILE)
    services = {row["caller"] for row in rows} | {row["callee"] for row in rows}
    calls = sum(int(row["calls"]) for row in rows)
    entering = sum(int(row["calls"]) for row in rows if row["caller"] == ENTRY)
    most = max(sum(row["callee"] == name for row in rows) for name in services)
    made = topology(len(services) - 1, seed=2, depth=5, rate=100.0)
    plan = compile(made.design, made.wiring, made.workload, costs=made.costs)
    assert len(plan.edge_names) / len(plan.services) == pytest.approx(len(rows) / len(services), rel=0.15)
    assert plan.hops == pytest.approx(calls / entering, rel=0.3)
    callees = [each.partition("->")[2] for each in plan.edge_names]
    assert max(map(callees.count, callees)) >= most / 2  # some are asked by many


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as source:
        return list(csv.DictReader(source))
