"""Every source passes the same checks: what it offers comes in the store's columns, bounded; failures are typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.telemetry.sources.cases import CASES, SERVED, WINDOW, make
from tests.telemetry.sources.replays import REPLAYS
from tests.telemetry.sources.serving import Reply, Request, Served, reply, serving

from telic.errors import SourceFailed, UsageError
from telic.model import Window
from telic.telemetry.sources import SCHEMAS, SIGNALS, Limit, Question, Source, cards, source
from telic.telemetry.sources.card import ENTITY, TIME

PAIRS = [
    (name, signal)
    for name in CASES
    for signal in (("changes",) if name == "http" else source.factory(name).offers)  # type: ignore[attr-defined]
]
TOKEN = "s3cr3t-t0ken"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sources")


@pytest.fixture
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    name = str(request.node.callspec.params["name"])
    with serving(REPLAYS.get(name, lambda _: reply({}, 404))) as running:
        yield running


def test_every_source_has_a_case_and_a_card() -> None:
    assert set(CASES) == set(source)
    for card in cards():
        assert len(str(card["card"])) > 100
        assert card["example"]
        assert card["offers"]
        assert set(card["offers"]) <= set(SIGNALS)  # type: ignore[call-overload]


@pytest.mark.parametrize(("name", "signal"), PAIRS)
def test_what_is_offered_comes_in_the_columns_of_the_store(
    name: str, signal: str, served: Served, folder: Path
) -> None:
    asked = make(name, served.url, folder)
    answer = asked.fetch(Question(signal, WINDOW))  # type: ignore[arg-type]
    assert answer.table.schema == SCHEMAS[signal]
    assert answer.table.num_rows > 0
    assert answer.queries
    if signal in TIME:
        times = answer.table[TIME[signal]].to_pylist()
        assert times == sorted(times)
        assert WINDOW.start * 1e9 <= times[0] <= times[-1] < WINDOW.end * 1e9
    again = make(name, served.url, folder).fetch(Question(signal, WINDOW))  # type: ignore[arg-type]
    assert again.table.equals(answer.table)


@pytest.mark.parametrize(("name", "signal"), PAIRS)
def test_entities_narrow_the_answer(name: str, signal: str, served: Served, folder: Path) -> None:
    asked = make(name, served.url, folder)
    whole = asked.fetch(Question(signal, WINDOW))  # type: ignore[arg-type]
    answer = asked.fetch(Question(signal, WINDOW, entities=("orders",)))  # type: ignore[arg-type]
    if signal in ENTITY:
        assert set(answer.table[ENTITY[signal]].to_pylist()) <= {"orders"}
        expected = whole.table[ENTITY[signal]].to_pylist().count("orders")
        assert answer.table.num_rows >= min(1, expected)
    if "entities" in asked.pushes and signal != "edges":
        assert any("orders" in each for each in answer.queries), "the filter did not reach the server"


@pytest.mark.parametrize(("name", "signal"), PAIRS)
def test_a_limit_of_rows_holds_and_is_said(name: str, signal: str, served: Served, folder: Path) -> None:
    asked = make(name, served.url, folder)
    whole = asked.fetch(Question(signal, WINDOW)).table.num_rows  # type: ignore[arg-type]
    answer = asked.fetch(Question(signal, WINDOW, limit=Limit(rows=1)))  # type: ignore[arg-type]
    assert answer.table.num_rows <= 1
    assert answer.cut or whole <= 1


@pytest.mark.parametrize(("name", "signal"), PAIRS)
def test_an_empty_window_is_an_empty_answer(name: str, signal: str, served: Served, folder: Path) -> None:
    before = Window(WINDOW.start - 80_000, WINDOW.start - 79_000)
    answer = make(name, served.url, folder).fetch(Question(signal, before))  # type: ignore[arg-type]
    assert answer.table.schema == SCHEMAS[signal]
    if signal in TIME:
        assert answer.table.num_rows == 0


@pytest.mark.parametrize("name", CASES)
def test_a_signal_that_is_not_offered_is_a_usage_error(name: str, served: Served, folder: Path) -> None:
    asked = make(name, served.url, folder)
    for signal in set(SIGNALS) - set(asked.offers):
        with pytest.raises(UsageError, match=signal) as caught:
            asked.fetch(Question(signal, WINDOW))
        assert caught.value.hint


@pytest.mark.parametrize(("name", "signal"), [each for each in PAIRS if each[0] not in ("git", "files")])
def test_too_many_bytes_are_cut_off_or_refused(name: str, signal: str, served: Served, folder: Path) -> None:
    small = Question(signal, WINDOW, limit=Limit(bytes=150))  # type: ignore[arg-type]
    said, size = [], 0
    try:
        answer = make(name, served.url, folder).fetch(small)
        said, size = list(answer.cut), answer.bytes
    except SourceFailed as error:
        said.append(str(error))
    assert any("150 bytes" in each for each in said) or 0 < size <= 150


def broken(served: Served) -> dict[str, Reply]:
    text = f"<html>Authorization: Bearer {TOKEN}"
    return {
        "401": reply({"error": f"bad token {TOKEN}"}, 401),
        "403": reply({"kind": "Status", "message": "forbidden"}, 403),
        "404": Reply(b"404 page not found", 404),
        "429": reply({"message": "too many outstanding requests"}, 429),
        "500": Reply(b"\xff\x00\x1b[31m boom", 500),
        "503": Reply(b"", 503),
        "redirect": Reply(b"", 302, {"Location": f"{served.url}/login?token={TOKEN}"}),
        "a page": Reply(text.encode()),
        "no JSON": Reply(b"{"),
        "other JSON": reply({"hello": "world"}),
        "another shape": reply({"status": "success", "data": 3}),
        "null": reply(None),
        "cut short": Reply(b'{"status": "success", "data": [', length=1000),
        "not gzip": Reply(b"plain", headers={"Content-Encoding": "gzip"}),
        "half gzip": Reply(bytes.fromhex("1f8b08000000000000ff"), headers={"Content-Encoding": "gzip"}),
        "deep": Reply(b"[" * 100_000),
        "no text": Reply(b'{"status": "\xff\xfe"}'),
        "lone surrogate": Reply(b'{"status": "success", "data": ["\\ud800"]}'),
    }


KINDS = [
    *("401", "403", "404", "429", "500", "503", "redirect", "a page", "no JSON", "other JSON", "another shape", "null"),
    *("cut short", "not gzip", "half gzip", "deep", "no text", "lone surrogate"),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SERVED)
def test_a_broken_server_gives_a_typed_error_without_secrets(
    name: str, kind: str, served: Served, folder: Path
) -> None:
    answers = broken(served)
    assert set(answers) == set(KINDS)
    served.handler = lambda _: answers[kind]
    params = dict(source.examples[name])
    url = f"{served.url.replace('//', f'//ann:{TOKEN}@')}/api/deploys?apikey={TOKEN}"
    asked: Source = source.create(name, **{**params, "url": url, "headers": {"Authorization": f"Bearer {TOKEN}"}})
    with pytest.raises(SourceFailed) as caught:
        asked.fetch(Question(asked.offers[0], WINDOW))
    error = caught.value
    assert served.url in str(error)
    assert error.hint
    shown = f"{error} {error.hint} {error.context} {asked.where} {asked!r}"
    assert TOKEN not in shown
    assert re.fullmatch(r"[^\x00-\x1f\x7f]*", str(error))


@pytest.mark.parametrize("name", SERVED)
def test_a_server_that_is_down_says_where_and_what_to_do(name: str, served: Served, folder: Path) -> None:
    served.close()
    asked = make(name, served.url, folder)
    with pytest.raises(SourceFailed, match="refused") as caught:
        asked.fetch(Question(asked.offers[0], WINDOW))
    assert served.url in str(caught.value)
    assert "running" in caught.value.hint


@pytest.mark.parametrize("name", SERVED)
def test_a_server_that_never_answers_costs_no_more_than_its_time(name: str, served: Served, folder: Path) -> None:
    def hang(_: Request) -> Reply:
        served.hang.wait(20)
        return reply({})

    served.handler = hang
    asked = make(name, served.url, folder)
    with pytest.raises(SourceFailed, match=r"did not answer within 0\.05 s"):
        asked.fetch(Question(asked.offers[0], WINDOW, limit=Limit(seconds=0.05)))


@pytest.mark.parametrize("name", SERVED)
def test_headers_and_parameters_of_the_address_are_sent(name: str, served: Served, folder: Path) -> None:
    path = "/api/deploys" if name == "http" else ""
    url = served.url.replace("//", "//ann:hunter22@") + path + "?tenant=7"
    asked = source.create(name, **{**source.examples[name], "url": url, "headers": {"X-Scope-OrgID": "shop"}})
    asked.fetch(Question("changes" if name == "http" else asked.offers[0], WINDOW))
    assert served.requests
    for each in served.requests:
        assert each.headers["Authorization"] == "Basic YW5uOmh1bnRlcjIy"
        assert each.headers["X-Scope-OrgID"] == "shop"
        assert each.one("tenant") == "7"
    assert "hunter22" not in asked.where


@pytest.mark.parametrize("name", ["git", "files"])
def test_a_folder_that_is_not_there_is_a_typed_error(name: str, served: Served, tmp_path: Path) -> None:
    asked = source.create(name, url=str(tmp_path / "nowhere"))
    with pytest.raises(SourceFailed, match="nowhere") as caught:
        asked.fetch(Question(asked.offers[0], WINDOW))
    assert caught.value.hint
