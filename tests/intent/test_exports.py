"""OpenSLO documents and burn-rate rules: what they say, that they are deterministic, that their queries count right."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from telic.apps import find
from telic.intent import burn_rules, burn_yaml, documents, openslo, read, read_text
from telic.intent.openslo import queries

HOTEL = read(find("hotel"))
LATENCY, SUCCESS = HOTEL.objectives


def test_each_objective_is_an_sli_and_an_slo_that_refers_to_it() -> None:
    found = list(YAML(typ="safe", pure=True).load_all(openslo(HOTEL)))
    assert [(each["kind"], each["metadata"]["name"]) for each in found] == [
        ("SLI", "hotel-o1-sli"),
        ("SLO", "hotel-o1"),
        ("SLI", "hotel-o2-sli"),
        ("SLO", "hotel-o2"),
    ]
    assert found == documents(HOTEL)
    slo = found[1]
    assert slo["apiVersion"] == "openslo/v1"
    assert slo["metadata"]["annotations"] == {
        "telic.dev/id": "O1",
        "telic.dev/intent": HOTEL.hash,
        "telic.dev/workload": "W2",
        "telic.dev/test-window": "10s",
    }
    assert slo["spec"]["service"] == "gateway"
    assert slo["spec"]["indicatorRef"] == "hotel-o1-sli"
    assert slo["spec"]["timeWindow"] == [{"duration": "28d", "isRolling": True}]
    assert slo["spec"]["budgetingMethod"] == "Occurrences"
    assert slo["spec"]["objectives"] == [{"displayName": "O1", "target": 0.99}]


def test_documents_keep_the_limits_of_the_specification() -> None:
    """Names follow RFC 1123, durations are whole and not below a minute, descriptions have at most 1050 characters."""
    rooms = (Path(__file__).parent / "rooms.yaml").read_text()
    long = read_text(
        rooms.replace("system: rooms", "system: my_rooms").replace("text: People", "text: " + "People " * 300)
    )
    short = replace(long, objectives=(replace(long.objectives[0], window=90.0, test_window=1.0),))
    for intent in (HOTEL, long, short):
        for each in documents(intent):
            metadata, spec = each["metadata"], each["spec"]
            assert isinstance(metadata, dict)
            assert isinstance(spec, dict)
            assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,61}[a-z0-9]", metadata["name"])
            assert len(spec["description"]) <= 1050
            for window in spec.get("timeWindow", []):
                assert re.fullmatch(r"[1-9][0-9]*[mhd]", window["duration"])


def test_equal_intents_give_equal_text() -> None:
    again = read(find("hotel"))
    assert openslo(again) == openslo(HOTEL)
    assert burn_yaml(again, tests=True) == burn_yaml(HOTEL, tests=True)


SPANS = [  # name, http status, business error, duration [ms], service, kind: good, good and fast
    (("search_hotels", 200, "", 20, "gateway", "server"), True, True),
    (("search_hotels", 200, "", 150, "gateway", "server"), True, False),
    (("reserve", 422, "sold_out", 20, "gateway", "server"), True, True),
    (("reserve", 422, "not_found", 20, "gateway", "server"), False, False),
    (("get_user", 422, "not_found", 20, "gateway", "server"), True, True),
    (("login_user", 422, "not_authorised", 20, "gateway", "server"), False, False),
    (("reserve", 400, "", 20, "gateway", "server"), True, True),
    (("reserve", 429, "", 1, "gateway", "server"), False, False),
    (("reserve", 500, "", 20, "gateway", "server"), False, False),
    (("reserve", 503, "", 20, "gateway", "server"), False, False),
    (("reserve", 504, "", 1000, "gateway", "server"), False, False),
]
ELSEWHERE = [("reserve", 500, "", 20, "booking", "server"), ("reserve", 500, "", 20, "gateway", "client")]


def test_the_queries_count_good_requests_as_the_intent_says() -> None:
    database = duckdb.connect()
    database.execute(
        "CREATE TABLE spans(name TEXT, http_status INTEGER, attributes TEXT, duration_ns BIGINT,"
        " service TEXT, kind TEXT, start_ns BIGINT)"
    )
    for name, status, error, milliseconds, service, kind in [row for row, _, _ in SPANS] + ELSEWHERE:
        attributes = f'{{"telic.business_error": "{error}"}}' if error else "{}"
        row = [name, status, attributes, milliseconds * 1_000_000, service, kind, 5]
        database.execute("INSERT INTO spans VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def count(query: str) -> int:
        (value,) = database.execute(query, [0, 10]).fetchall()[0]
        return int(value)

    good, total = queries(HOTEL, SUCCESS)
    assert (count(good), count(total)) == (sum(right for _, right, _ in SPANS), len(SPANS))
    fast, total = queries(HOTEL, LATENCY)
    assert (count(fast), count(total)) == (sum(in_time for _, _, in_time in SPANS), len(SPANS))


def test_a_bad_error_of_one_part_counts_under_the_names_that_users_meet() -> None:
    user = replace(HOTEL.operation("F7"), errors={"sold_out": "bad"})
    mixed = replace(HOTEL, operations=(*HOTEL.operations[:-1], user))
    names = "'create_user', 'get_user', 'update_user', 'delete_user', 'login_user'"
    assert f"(name IN ({names}) AND json_extract_string" in queries(mixed, SUCCESS)[0]


def test_an_intent_without_business_errors_has_queries_too() -> None:
    plain = replace(HOTEL, operations=tuple(replace(each, errors={}) for each in HOTEL.operations))
    assert "NOT (false)" in queries(plain, SUCCESS)[0]


def test_burn_rules_of_thirty_days_are_those_of_the_workbook() -> None:
    """Windows and burn rates of table 5-8: 1 h at 14.4, 6 h at 6, 3 d at 1."""
    rules = burn_rules(replace(LATENCY, window=30 * 86400.0))
    assert [(each.severity, each.budget, each.long, each.short, each.burn_rate) for each in rules] == [
        ("page", 0.02, 3600.0, 300.0, 14.4),
        ("page", 0.05, 6 * 3600.0, 1800.0, 6.0),
        ("ticket", 0.10, 3 * 86400.0, 6 * 3600.0, 1.0),
    ]


@given(st.floats(60, 10**8), st.floats(0.5, 0.9999))
def test_a_rule_fires_when_its_share_of_the_budget_is_spent(window: float, target: float) -> None:
    for rule in burn_rules(replace(LATENCY, window=window, target=target)):
        spent = rule.burn_rate * rule.long / window
        assert spent == pytest.approx(rule.budget, rel=1e-3, abs=1e-4)
        assert rule.bad_share == pytest.approx(rule.burn_rate * (1 - target), abs=1e-6)


def test_rules_of_tests_keep_their_burn_rates_and_look_at_the_test_window() -> None:
    long, short = burn_rules(LATENCY), burn_rules(LATENCY, tests=True)
    assert [each.burn_rate for each in short] == [each.burn_rate for each in long]
    assert [(each.long, each.short) for each in short] == [(10.0, 1.0), (60.0, 5.0), (720.0, 60.0)]


def test_both_windows_must_burn() -> None:
    rule = burn_rules(SUCCESS)[0]
    assert rule.fires(bad_long=0.02, bad_short=0.02)
    assert not rule.fires(bad_long=0.02, bad_short=0.0)  # over already
    assert not rule.fires(bad_long=0.001, bad_short=0.5)  # too short to matter


def test_rules_as_yaml() -> None:
    (document,) = YAML(typ="safe", pure=True).load_all(burn_yaml(HOTEL, tests=True))
    assert (document["burn_rules"], document["system"], document["intent"]) == ("v1", "hotel", HOTEL.hash)
    assert document["rules"][0] == {
        "objective": "O1",
        "severity": "page",
        "budget": 0.02,
        "long": "10s",
        "short": "1s",
        "burn_rate": 14.4,
        "bad_share": 0.144,
    }
    assert len(document["rules"]) == 6
