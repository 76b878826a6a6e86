"""What the model's telemetry says is what the model did, in the words of operators' queries."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

pytest.importorskip("numba", reason="needs the extra model")

from tests.worlds.queueing.systems import probe, wired

from telic.model import Row, Window
from telic.model.topology import Scalar
from telic.telemetry.database import Database
from telic.telemetry.queries import edges, gauges, service_operations
from telic.telemetry.queries.saturation import saturation
from telic.worlds.queueing import Result, Trigger, simulate, telemetry
from telic.worlds.queueing.telemetry import START

pytestmark = pytest.mark.timeout(900)  # the first of all compiles, which a busy machine takes minutes for


class Tables:
    """A store over a database of this process."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def query(self, sql: str, params: Sequence[Scalar] = (), *, limit: int = 10_000, timeout: float = 5.0) -> list[Row]:
        cursor = self.database.cursor().execute(sql, list(params))
        names = [each[0] for each in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchmany(limit)]


@pytest.fixture(scope="module")
def result() -> Result:
    trigger = Trigger("capacity", 5, 3, 0.25, "rate")
    return simulate(probe(wired()), seconds=12, seed=3, triggers=[trigger], sampled=1.0)


@pytest.fixture(scope="module")
def store(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tables]:
    folder: Path = tmp_path_factory.mktemp("telemetry")
    database = Database(folder)
    database.append(telemetry(result))
    yield Tables(database)
    database.close()


WHOLE = Window(START, START + 30)


def test_every_sampled_request_has_one_root_and_every_span_its_parent(store: Tables, result: Result) -> None:
    (roots,) = store.query("SELECT count(*) AS n FROM spans WHERE parent_span_id = '' AND service = 'gateway'")
    (traces,) = store.query("SELECT count(DISTINCT trace_id) AS n FROM spans")
    orphans = store.query(
        "SELECT count(*) AS n FROM spans AS s WHERE parent_span_id <> '' AND NOT EXISTS (FROM spans AS p "
        "WHERE p.span_id = s.parent_span_id AND p.trace_id = s.trace_id) AND start_ns < ?",
        [int((START + 5) * 1e9)],
    )
    assert roots["n"] == traces["n"] == int(result.sent.sum())
    assert orphans == [{"n": 0}]
    assert result.spans_lost == 0


def test_calls_and_retries_are_those_that_were_counted(store: Tables, result: Result) -> None:
    found = {each.name: each for each in edges(store, WHOLE)}
    rate = found["search->rate"]
    assert rate.calls == result.count_over("search->rate", "attempts").sum()
    assert rate.by_type["timeout"] == result.count_over("search->rate", "timeouts").sum()
    assert rate.resends == result.count_over("search->rate", "retries").sum()
    calm = next(each for each in edges(store, Window(START + 1, START + 4)) if each.name == "search->rate")
    assert calm.errors == 0
    assert calm.server_p50 == pytest.approx(0.02, abs=0.005)
    assert calm.gap_p50 == pytest.approx(0.0004, abs=1e-6)


def test_operations_show_the_trigger(store: Tables) -> None:
    steps = [each for each in service_operations(store, WHOLE) if (each.service, each.operation) == ("rate", "get")]
    assert steps[2].slow == 0
    assert steps[8].slow > 0.9 * steps[8].count


def test_gauges_show_the_queue(store: Tables, result: Result) -> None:
    points = [each for each in gauges(store, "telic.admission.queued", WHOLE) if each.service == "rate"]
    assert [each.value for each in points] == list(result.gauges.queued[:, result.plan.node("rate")])
    full = [each for each in saturation(store, WHOLE) if each.service == "rate"]
    assert full[8].queued > 50


def test_the_same_seed_gives_the_same_rows(result: Result) -> None:
    trigger = Trigger("capacity", 5, 3, 0.25, "rate")
    again = simulate(probe(wired()), seconds=12, seed=3, triggers=[trigger], sampled=1.0)
    other = simulate(probe(wired()), seconds=12, seed=4, triggers=[trigger], sampled=1.0)
    assert telemetry(again)["spans"].equals(telemetry(result)["spans"])
    assert not telemetry(other)["spans"].equals(telemetry(result)["spans"])


def test_without_room_spans_are_lost_and_counted() -> None:
    found = simulate(probe(wired()), seconds=3, seed=3, sampled=1.0, spans=100)
    assert len(found.spans) == 100
    assert found.spans_lost > 0
