"""The SQL of a hypothesis returns the groups that the language finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.opportunities.language.test_answers import SHOP, patterns, some
from tests.opportunities.language.trees import History, histories, prepared

from telic.opportunities.language import algebra, hypothesis, parse_value, tree
from telic.opportunities.language.sql import sql
from telic.opportunities.language.words import clause
from telic.opportunities.plan.table import Table

arrow: Any = pyarrow
TABLE = Table(relation="happened", group="session", time="at", name="what", user="")


@pytest.fixture(scope="module")
def base() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": "1"}) as connection:
        yield connection


def rows(groups: History, **columns: Sequence[object]) -> Any:
    start = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    events = [(f"s{index}", second, name) for index, group in enumerate(groups) for name, second in group]
    return arrow.table(
        {
            "session": [session for session, _, _ in events],
            "at": [start + timedelta(seconds=second) for _, second, _ in events],
            "what": [name for _, _, name in events],
            **columns,
        }
    )


@settings(max_examples=12, deadline=None)
@given(histories(), patterns(), st.none() | some, st.booleans())
def test_patterns(
    base: duckdb.DuckDBPyConnection,
    groups: History,
    pattern: tree.Pattern,
    ignoring: tree.Selector | None,
    denied: bool,
) -> None:
    has: algebra.Value = tree.Has("session", pattern, ignoring)
    question = algebra.Not(has) if denied else has
    happened = rows(groups)
    base.register("happened", happened)
    found = {each for (each,) in base.execute(sql(question, TABLE)).fetchall()}
    expected = hypothesis(tree.Stated("", question), prepared(groups), strict=False)
    assert found == {f"s{index}" for index, member in enumerate(expected) if member}


SHOP_ROWS = [
    [("buy", 0), ("error", 30), ("paid", 400)],
    [("buy", 0), ("paid", 700)],
    [("look", 0), ("look", 10), ("look", 15)],
    [("error", 0), ("buy", 5), ("retry", 6), ("retry", 9), ("paid", 20)],
    [("look", 50)],
]


@pytest.mark.parametrize(
    "text",
    [
        "session starts with 'error' | 'look'",
        "not session ends with 'paid'",
        "count of 'look' >= 3 or count of any event = 2",
        "duration of session > 5 minutes and session has no 'error'",
        "not (duration of session > 5 minutes and session has no 'error')",
        "time in 'look' > 10s",
        "rate of 'look' | 'retry' >= 0.4",
        "time from 'buy' to 'paid' <= 400s",
        "country = 'DE'",
        "country != 'DE'",
        "not country in ('DE')",
        "country is missing",
        "country is not missing and session has 'buy'[price > 3 or button = 'right']",
        "session has 'buy'[button is missing or not price > 1]",
        "sum of price >= 5",
        "not mean of price over 'buy' > 3",
        "max of price > 3",
        "pages > 1",
        "session has no 'paid' within 10m of 'buy'",
    ],
)
def test_questions(base: duckdb.DuckDBPyConnection, text: str) -> None:
    sizes = [len(each) for each in SHOP_ROWS]
    country = ["DE", "DE", "AT", None, "AT"]
    pages = ["1", "2.5", "10", "1", None]
    button = [{0: "left", 1: "right"}.get(code) for code in SHOP.of_events["button"].codes]
    price = [None if each != each else each for each in SHOP.numbers["price"].tolist()]
    by_group = {"country": country, "pages": pages}
    columns = {
        name: [value for value, size in zip(values, sizes, strict=True) for _ in range(size)]
        for name, values in by_group.items()
    }
    happened = rows(
        [[(name, float(at)) for name, at in each] for each in SHOP_ROWS], **columns, button=button, price=price
    )
    base.register("happened", happened)
    found = {each for (each,) in base.execute(sql(parse_value(text), TABLE)).fetchall()}
    assert found == {f"s{index}" for index, member in enumerate(hypothesis(text, SHOP)) if member}
    assert found


def test_what_sql_does_not_say_is_empty() -> None:
    assert sql(parse_value("rate of 'a' per minute > 0.5"), TABLE) == ""
    assert sql(parse_value("session has 'a' and first of price > 1"), TABLE) == ""


def test_words() -> None:
    def said(text: str) -> str:
        return clause(parse_value(text))

    assert said("query has 'a b' .. 'c' within 10m") == "with a b .. c within 10m"
    assert said("query has no 'a''''b'") == "without 'a''''b'"
    assert said("duration of query > 3s") == "that last more than 3s"
    assert said("query starts with 'a'") == "that start with a"
    assert said("count of any event >= 3") == "with at least 3 events"
    assert said("rate of 'a' >= 0.5") == "of which at least half is a"
    assert said("time from 'a' to 'b' < 1m") == "that take less than 1m from a to b"
