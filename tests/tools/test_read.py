"""Read tools answer within bounds, with evidence that can be asked again, and give no secret away."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tools.small_world import SmallWorld

from telic.errors import InvalidRecord, UsageError
from telic.model import LinkState, Row, Scalar, Store, StoreState, Window
from telic.model.redaction import HIDDEN, redact, redact_value
from telic.tools import evidence
from telic.tools.evidence import Notebook, again, digest
from telic.tools.read import MOST_ROWS, Reader, tools


class Duck:
    """A store of log records in memory."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute(
            "CREATE TABLE logs (time_ns BIGINT, service VARCHAR, version VARCHAR, severity VARCHAR, severity_number INT"
            ", body VARCHAR, event_name VARCHAR, exception_type VARCHAR, trace_id VARCHAR)"
        )

    def log(self, time: float, body: str) -> None:
        values = [round(time * 1e9), "hotel", "1", "ERROR", 17, body, "", "", "t"]
        self.connection.execute("INSERT INTO logs VALUES (?,?,?,?,?,?,?,?,?)", values)

    def query(self, sql: str, params: Sequence[Scalar] = (), *, limit: int = 10_000, timeout: float = 5.0) -> list[Row]:
        found = self.connection.execute(sql, list(params))
        names = [each[0] for each in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchmany(limit)]


class Watched(SmallWorld):
    """The small world with log records."""

    def __init__(self) -> None:
        super().__init__()
        self.duck = Duck()

    def store(self) -> Store:
        return self.duck


def test_logs_are_redacted_bounded_and_can_be_asked_again() -> None:
    world = Watched()
    for number in range(300):
        world.duck.log(number / 100, f"login of ann@example.org with password=hunter{number} failed")
    answer = Reader(world).get_logs(0.0, 10.0, service="hotel", contains="LOGIN", limit=1000)
    assert len(answer.rows) <= MOST_ROWS
    assert "narrow the window" in answer.note
    text = json.dumps([*answer.rows, answer.evidence.result])
    assert "hunter" not in text
    assert "ann@" not in text
    assert answer.evidence.window == Window(0.0, 10.0)


def test_a_report_can_ask_a_query_again_and_sees_when_the_answer_changed() -> None:
    duck = Duck()
    duck.log(1.0, "one")
    notebook = Notebook(duck)
    notebook.about("errors", Window(0.0, 2.0)).query(
        "SELECT count(*) AS n FROM logs WHERE time_ns < ?", (2_000_000_000,)
    )
    (page,) = notebook.pages
    assert again(page, duck) == ([{"n": 1}], True)
    duck.log(1.5, "late")
    assert again(page, duck) == ([{"n": 2}], False)


def test_a_page_is_written_out_when_it_is_read_first(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[object] = []

    def noted(result: object) -> str:
        written.append(result)
        return digest(result)

    monkeypatch.setattr(evidence, "digest", noted)
    duck = Duck()
    first, second = Notebook(duck, "A"), Notebook(duck, "B")
    for each in (first, second):
        each.query("SELECT 1 AS n")
        each.query("SELECT 2 AS n")
    second.adopt(first.since(1))
    second.adopt(first.since(1))
    assert (second.size, second.last) == (3, "A2")
    assert not written
    for _ in range(2):
        assert [each.id for each in second.quote(["A2", "B1"])] == ["B1", "A2"]
        assert len(written) == 2
    assert [each.result for each in first.pages] == ['[{"n": 1}]', '[{"n": 2}]']
    assert len(written) == 3


def test_rows_that_would_be_cut_off_change_nothing() -> None:
    for width in (1, 90, 96, 97, 98, 200, 3990, 4000, 5000):
        notebook = Notebook(Duck())
        rows = [{"text": "x" * width}] * 45
        notebook.observe("rows", "rows()", Window(0.0, 1.0), rows)
        whole = json.dumps(rows[: evidence.MOST_ROWS])
        (page,) = notebook.pages
        assert page.result.partition(" … ")[0] == whole[: evidence.MOST_TEXT]


def test_an_observation_of_the_world_is_no_query() -> None:
    notebook = Notebook(Duck())
    notebook.observe("state", "state()", Window(0.0, 1.0), {"hotel": "ready"})
    with pytest.raises(InvalidRecord, match="is no query"):
        again(notebook.pages[0], Duck())


def test_config_hides_secrets_and_unknown_services_get_a_hint() -> None:
    reader = Reader(SmallWorld())
    values = {row["key"]: row["value"] for row in reader.get_config("gateway").rows}
    assert values == {"upstream.hotel.port": 20999, "log.level": "INFO", "token.secret": HIDDEN}
    with pytest.raises(UsageError) as caught:
        reader.get_config("gatway")
    assert "gateway" in caught.value.hint


def test_the_other_observations_answer() -> None:
    reader = Reader(SmallWorld())
    assert {row["service"] for row in reader.get_services().rows} == {"gateway", "hotel"}
    assert {"caller": "gateway", "callee": "hotel", "kind": "calls"} in reader.get_topology().rows
    assert reader.get_changes(0.0, 1.0).rows == []
    assert [(row["file"], row["written"]) for row in reader.get_secrets().rows] == [
        ("/s/hotel", 1.0),
        ("/s/hotel-2", 5.0),
    ]


def test_certificates_are_shown_with_the_days_that_they_have_left() -> None:
    world = SmallWorld()
    known = replace(world.state(), time=0.0, certificates={"hotel": 43_200.0})
    world.state = lambda: known  # type: ignore[method-assign]
    assert Reader(world).get_certificates().rows == [{"service": "hotel", "valid_until": 43_200.0, "days_left": 0.5}]


def test_everybody_sees_the_state_that_the_operator_sees() -> None:
    world = SmallWorld()
    whole, gateway = world.state(), world.state().services["gateway"]
    idle = replace(gateway, instances=(), replicas=0, policies={"gateway->hotel": {"timeout": 0.6}})
    store = StoreState("postgres", replace(gateway.instances[0], phase="backoff"), ("hotel: SELECT ON hotel.hotels",))
    links = {"gateway->hotel": LinkState("gateway->hotel", "other", {"a": 1, "b": 2})}
    known = replace(whole, services={**whole.services, "gateway": idle}, stores={"postgres": store}, links=links)
    world.state = lambda: known  # type: ignore[method-assign]
    reader = Reader(world)
    (none,) = (each for each in reader.get_services().rows if each["service"] == "gateway")
    assert (none["replicas"], "phase" in none) == (0, False)
    (row,) = reader.get_stores().rows
    assert (row["store"], row["phase"], row["missing_grants"]) == ("postgres", "backoff", list(store.missing_grants))
    assert reader.get_links().rows == [{"edge": "gateway->hotel", "path": "other"}]
    assert reader.get_policies("gateway").rows == [{"of": "gateway->hotel", "timeout": 0.6}]
    with pytest.raises(UsageError, match="no service 'gatway'"):
        reader.get_policies("gatway")


def test_every_tool_documents_itself() -> None:
    assert {"get_logs", "get_traces", "get_metrics", "query"} <= set(tools())
    assert all(each.__doc__ for each in tools().values())


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("authorization: Bearer s3cr3t-value", "s3cr3t-value"),
        ("postgresql://booking:pa55@127.0.0.1/hotel", "pa55"),
        ('{"api_key": "k-123456"}', "k-123456"),
        ("token=eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.abc", "eyJhbGci"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "MIIE"),
    ],
)
def test_secrets_of_many_looks_are_hidden(text: str, secret: str) -> None:
    assert secret not in redact(text)


def test_ordinary_words_stay() -> None:
    text = "search_hotels 503 connection_refused 127.0.0.1:20999 4bf92f3577b34da6a3ce929d0e0e4736"
    assert redact(text) == text
    assert redact_value({"store.postgres.password_file": "secrets/booking"}) == {
        "store.postgres.password_file": "secrets/booking"
    }


@given(st.text(max_size=200))
def test_redaction_is_idempotent(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@given(
    st.lists(st.dictionaries(st.text(max_size=3), st.integers() | st.floats(allow_nan=False), max_size=3), max_size=5)
)
def test_the_hash_of_a_result_ignores_the_order_of_rows(rows: list[dict[str, float]]) -> None:
    assert digest(rows) == digest(rows[::-1])
