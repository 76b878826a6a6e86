"""The event graph of a recorded incident: against the time before it, and what was changed before it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from tests.operate.causes.test_support import hum, line
from tests.worlds.recorded.folders import HEADER, ONSET, START, points, write
from typer.testing import CliRunner

from telic.cli import context
from telic.context.graph import changed_before, compare_earlier, event_graph, reported_at
from telic.context.logs.sources import SourceIndex
from telic.model.signals import Reported
from telic.operate.diagnosis.causes import look
from telic.worlds.recorded import Recording, read
from telic.worlds.recorded.times import text

CALLS = [("web", "cart"), ("cart", "ledger"), ("mail", "search")]
BURST = (1.0, 1.1, 0.9)


def change(minutes: float, id_: str, entity: str, diff: str) -> dict[str, object]:
    """A change so many minutes before the symptom's onset."""
    return {
        "time": text(ONSET - 60 * minutes),
        "kind": "config",
        "entity": entity,
        "id": id_,
        "summary": f"{id_} of {entity}",
        "diff": diff,
    }


@pytest.fixture
def incident(tmp_path: Path) -> Recording:
    """Queues of web grow at the onset; mail's had their burst before; an alert has fired all the time."""
    calm = [BURST[each % 3] for each in range(90)]
    web = [*calm[:70], *(90.0 + each for each in range(20))]
    mail = [*calm[:40], *(80.0 for _ in range(15)), *calm[55:]]
    alerts = [
        {"time": text(time), "name": name, "entity": "web", "text": name, "severity": "page"}
        for time, name in ((START + 1200, "DiskFull"), (ONSET + 60, "DiskFull"), (ONSET + 60, "CheckoutSlow"))
    ]
    changes = [
        change(200, "old", "cart", "pool.size: 20 -> 5"),
        change(2, "far", "search", "pool.size: 20 -> 5"),
        change(3, "near", "cart", "pool.size: 20 -> 5"),
        change(-5, "late", "cart", "pool.size: 20 -> 5"),
    ]
    metrics = [*points("web", "queue.waiting", web), *points("mail", "queue.waiting", mail)]
    return read(write(tmp_path / "one", metrics=metrics, alerts=alerts, changes=changes, calls=CALLS))


def test_what_is_new_and_what_is_gone_since_all_was_well(incident: Recording) -> None:
    seen = look(incident)
    found = compare_earlier(seen, event_graph(seen))
    appeared = {(each.entity, each.what) for each in found.appeared}
    assert {("web", "queue.waiting"), ("web", "CheckoutSlow")} <= appeared
    assert ("web", "DiskFull") not in appeared
    assert ("mail", "queue.waiting") in {(each.entity, each.what) for each in found.vanished}


def test_what_changed_before_is_ranked_by_place_and_age(incident: Recording) -> None:
    seen = look(incident)
    assert reported_at(seen) == ONSET
    assert [each.candidate.change.id for each in changed_before(seen, event_graph(seen))] == ["near", "far", "old"]
    early = look(incident, at=ONSET - 150)
    assert [each.candidate.change.id for each in changed_before(early, event_graph(early))] == ["near", "old"]
    other = look(incident, symptom=Reported("search"))
    assert changed_before(other, event_graph(other))[0].candidate.change.id == "far"


def test_a_change_of_the_file_that_prints_the_trouble_comes_first(tmp_path: Path) -> None:
    waits = [
        line(ONSET + each, "cart", f"no connection from pool within {800 + each} ms", "ERROR") for each in range(60)
    ]
    diff = "--- a/{0}\n+++ b/{0}\n@@ -1,3 +1,3 @@\n import logging\n-limit = 20\n+limit = 5\n"
    changes = [change(4, each, "cart", diff.format(f"cart/{each}.py")) for each in ("pool", "cache")]
    code = tmp_path / "code" / "cart"
    code.mkdir(parents=True)
    (code / "pool.py").write_text(
        'import logging\nlimit = 5\nlogging.error("no connection from pool within %d ms", limit)\n'
    )
    seen = look(read(write(tmp_path / "one", logs=[*hum(), *waits], changes=changes, calls=CALLS)))
    known, found = (
        [each.weight for each in sorted(changed_before(seen, graph), key=lambda each: each.candidate.change.id)]
        for graph in (event_graph(seen), event_graph(seen, SourceIndex(tmp_path / "code")))
    )
    assert known[0] == known[1]
    assert found[1] > found[0]
    first = changed_before(seen, event_graph(seen, SourceIndex(tmp_path / "code")))[0]
    assert first.candidate.change.id == "pool"
    assert first.why.endswith("touches the function that messages name or come from")


def test_the_command_tells_both(incident: Recording) -> None:
    app = typer.Typer()
    context.register(app)
    told = CliRunner().invoke(app, [str(incident.folder), "--at", "2026-01-01T01:20:00Z", "--compare"]).output
    assert "changed before 01:10:00, nearest and latest first\n  near near of cart: 3 min before" in told
    assert "compared with 00:30:00 to 01:00:00, when all was well\n  new: 01:10:00 web anomaly" in told
    assert "gone: 00:40:00 mail anomaly" in told
    plain = CliRunner().invoke(app, [str(incident.folder), "--json"]).output
    assert [each["id"] for each in json.loads(plain)["changed"]] == ["near", "far", "old"]
    assert "compared" not in json.loads(plain)


def test_where_nothing_differs_it_says_so(tmp_path: Path) -> None:
    calm = points("web", "queue.waiting", [BURST[each % 3] for each in range(90)])
    header = HEADER.replace("symptom: {entity: web, signal: latency.mean, onset: 2026-01-01T01:10:00Z}\n", "")
    folder = write(tmp_path / "one", header=header, metrics=calm, calls=CALLS)
    app = typer.Typer()
    context.register(app)
    told = CliRunner().invoke(app, [str(folder), "--compare"]).output
    assert "when all was well: nothing differs" in told
    assert "changed before" not in told
