"""Claims: each field's last value counts, and evidence has to carry them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from telic.errors import StoreFailed, UsageError
from telic.lab.session.claiming import Claiming, checked
from telic.model import Row, Scalar


class Answers:
    """A store that always gives the same rows."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows

    def query(self, sql: str, params: Sequence[Scalar] = (), *, limit: int = 10_000, timeout: float = 5.0) -> list[Row]:
        if "nowhere" in sql:
            raise StoreFailed("no such table")
        return self.rows


def claimed(query: str) -> Claiming:
    claiming = Claiming()
    claiming.claim({"entity": "search->hotel", "evidence": [{"query": query}]}, 1.0)
    return claiming


def test_the_last_value_counts_and_keeps_the_time_at_which_it_was_said_first() -> None:
    claiming = Claiming()
    claiming.claim({"healthy": False, "entity": "hotel"}, 5.0)
    claiming.claim({"entity": "search"}, 7.0)
    claiming.claim({"entity": "search", "healthy": False}, 9.0)
    claims = claiming.claims
    assert (claims.healthy, claims.entity, claims.submitted) == (False, "search", 9.0)
    assert claims.times == {"healthy": 5.0, "entity": 7.0}


def test_a_refused_claim_changes_nothing() -> None:
    claiming = Claiming()
    before = claiming.claims
    with pytest.raises(UsageError):
        claiming.claim({"entity": "hotel", "evidence": [{"says": "trust me"}]}, 5.0)
    with pytest.raises(UsageError):
        claiming.claim({"onset": float("nan")}, 5.0)
    assert claiming.claims == before


@pytest.mark.parametrize(
    ("query", "rows", "holds"),
    [
        ("SELECT service FROM spans", [{"service": "hotel"}], True),
        ("SELECT service FROM spans", [{"service": "user"}], False),
        ("SELECT service FROM spans WHERE service = 'hotel'", [], False),
        ("SELECT 'hotel' AS service", [{"service": "hotel"}], False),
        ("SELECT * FROM nowhere, spans", [{"service": "hotel"}], False),
        ("SELECT service FROM spans WHERE start_ns > ?\n-- params: [1]", [{"service": "hotel"}], True),
        ("SELECT service FROM spans\n-- params: [", [{"service": "hotel"}], False),
        ("SELECT service FROM spans, duckdb_settings()", [{"service": "hotel"}], False),
        ("SELECT service FROM spans\n-- params: 5", [{"service": "hotel"}], False),
        ("SELECT service FROM spans\n-- params: null", [{"service": "hotel"}], False),
        ("SELECT service FROM spans\n-- params: " + "[" * 3_900, [{"service": "hotel"}], False),
        (f"SELECT {'+'.join('1' for _ in range(900))} FROM spans WHERE service = 'hotel'", [], False),
    ],
)
def test_a_query_holds_when_it_finds_rows_of_the_entity_in_telemetry(query: str, rows: list[Row], holds: bool) -> None:
    assert checked(claimed(query).claims, Answers(rows)).evidence[0].holds is holds
